"""Demonstrations: worked examples shown to the model before the product.

`prompt: {demonstrations: shots.jsonl}` names a JSONL file with one demonstration a line:

    {"text": {"title": "Levi's 501 jeans, men"}, "answer": {"gender": "male", "brand": "Levi's",
    "color": null}}

`text` holds columns and their texts, as the products have them, or one text alone. `answer` holds
attributes of the config and their values: a listed value, as it is listed, for a closed one; a
text, number or list of texts (joined by ` | `) for an open one; null or "n/a" where the text does
not tell. Of a demonstration only the attributes asked of a product are shown, and one that answers
none of them is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...configs.errors import ConfigError
from ...configs.settings import ABSENT_LABEL
from ...configs.suggestions import did_you_mean
from ..reading.vocabulary import BETWEEN
from .attribute_parts import AskedAttribute

_HINT: Final = 'A line is {"text": {"title": "..."}, "answer": {"attribute": "value"}}.'


@dataclass(frozen=True, slots=True)
class Demonstration:
    """One worked example.

    Attributes:
        fields: (column name, text) pairs.
        answer: Attribute name -> value as it is shown; n/a for null.
    """

    fields: tuple[tuple[str, str], ...]
    answer: Mapping[str, str]


def read_demonstrations(
    path: Path, attributes: Sequence[AskedAttribute]
) -> tuple[Demonstration, ...]:
    """Read a demonstrations file.

    Args:
        path: JSONL; empty lines are skipped.
        attributes: All attributes of the config.

    Raises:
        ConfigError: With file and line, for what is not a demonstration of these attributes.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{path}: the demonstrations cannot be read: {error}",
            hint="See prompt: demonstrations.",
        ) from error
    by_name = {attribute.name: attribute for attribute in attributes}
    found = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                found.append(_demonstration(json.loads(line), by_name))
            except (ValueError, RecursionError) as error:
                raise ConfigError(f"{path}:{number}: {error}", hint=_HINT) from error
    return tuple(found)


def _demonstration(line: Any, attributes: Mapping[str, AskedAttribute]) -> Demonstration:
    """Check one line; ValueError says what is wrong with it."""
    if not isinstance(line, dict) or not {"text", "answer"} <= set(line):
        raise ValueError("expected an object with the keys text and answer")
    for name in set(line) - {"text", "answer"}:
        raise ValueError(f"unknown key {name!r}")
    text = {"text": line["text"]} if isinstance(line["text"], str) else line["text"]
    if (
        not isinstance(text, dict)
        or not text
        or not all(isinstance(value, str) for value in text.values())
    ):
        raise ValueError("text: expected a text, or columns and their texts")
    if not isinstance(line["answer"], dict) or not line["answer"]:
        raise ValueError("answer: expected attributes and their values")
    answer = {name: _shown(name, value, attributes) for name, value in line["answer"].items()}
    return Demonstration(tuple(text.items()), answer)


def _shown(name: str, value: Any, attributes: Mapping[str, AskedAttribute]) -> str:
    """The value as a model would have to answer it."""
    if name not in attributes:
        question = did_you_mean(name, attributes)
        problem = f"answer: unknown attribute {name!r}"
        raise ValueError(f"{problem}; {question}" if question else problem)
    attribute = attributes[name]
    if value is None:
        return ABSENT_LABEL
    if attribute.values:
        if value not in attribute.allowed:
            raise ValueError(
                f"answer: {name}: {value!r} is not one of {', '.join(attribute.allowed)}"
            )
        return str(value)
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        return BETWEEN.join(sorted(value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(
            f"answer: {name}: expected a text, a number, a list of texts or null, found {value!r}"
        )
    return str(value)
