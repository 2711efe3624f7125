"""Demonstrations: worked examples shown to the model before the product.

`prompt: {demonstrations: shots.jsonl}` names a JSONL file with one demonstration a line:

    {"text": {"title": "Levi's 501 jeans, men"}, "answer": {"gender": "male", "brand": "Levi's",
    "color": null}}

`text` holds columns and their texts, as the products have them, or one text alone; `product_id`,
which may stand beside it, says whose they are, so that its labels do not count as gold. `answer`
holds attributes of the config and their values: a listed value, as it is listed, for a closed one;
a text, number or list of texts (joined by ` | `) for an open one; null or "n/a" where the text does
not tell. Of a demonstration only the attributes asked of a product are shown, and one that answers
none of them is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ...configs.errors import ConfigError
from ...configs.settings import ABSENT_LABEL
from ...configs.suggestions import did_you_mean
from ..reading.vocabulary import LIST_SEPARATOR
from .attribute_parts import AttributePart

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


def read_demonstrations(path: Path, parts: Sequence[AttributePart]) -> tuple[Demonstration, ...]:
    """Read a demonstrations file.

    Args:
        path: JSONL; empty lines are skipped.
        parts: All attributes of the config.

    Raises:
        ConfigError: With file and line, for what is not a demonstration of these attributes.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path}: the demonstrations cannot be read: {error}"
        raise ConfigError(message, hint="See prompt: demonstrations.") from error
    part_by_name = {part.name: part for part in parts}
    demonstrations = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            content = json.loads(line)
            demonstrations.append(_demonstration(content, part_by_name))
        except (ValueError, RecursionError) as error:
            raise ConfigError(f"{path}:{number}: {error}", hint=_HINT) from error
    return tuple(demonstrations)


def demonstrated_products(path: Path) -> frozenset[str]:
    """Ids of the products that a demonstrations file shows, as far as it names them.

    Args:
        path: A file that `read_demonstrations` has read.
    """
    products = set()
    for line in path.read_text(encoding="utf-8-sig").split("\n"):
        if line.strip():
            products.add(json.loads(line).get("product_id"))
    return frozenset(product for product in products if isinstance(product, str))


def _demonstration(line: Any, part_by_name: Mapping[str, AttributePart]) -> Demonstration:
    """Check one line; ValueError says what is wrong with it."""
    if not isinstance(line, dict) or not {"text", "answer"} <= set(line):
        raise ValueError("expected an object with the keys text and answer")
    for name in set(line) - {"text", "answer", "product_id"}:
        raise ValueError(f"unknown key {name!r}")
    text = line["text"]
    fields = {"text": text} if isinstance(text, str) else text
    if not isinstance(fields, dict) or not fields or not _are_texts(fields.values()):
        raise ValueError("text: expected a text, or columns and their texts")
    answer = line["answer"]
    if not isinstance(answer, dict) or not answer:
        raise ValueError("answer: expected attributes and their values")
    answer_texts = {}
    for name, value in answer.items():
        answer_texts[name] = _answer_text(name, value, part_by_name)
    return Demonstration(tuple(fields.items()), answer_texts)


def _answer_text(name: str, value: Any, part_by_name: Mapping[str, AttributePart]) -> str:
    """The value as a model would have to answer it."""
    if name not in part_by_name:
        question = did_you_mean(name, part_by_name)
        problem = f"answer: unknown attribute {name!r}"
        raise ValueError(f"{problem}; {question}" if question else problem)
    part = part_by_name[name]
    if value is None:
        return ABSENT_LABEL
    if part.values:
        if value not in part.allowed_values:
            choices = ", ".join(part.allowed_values)
            raise ValueError(f"answer: {name}: {value!r} is not one of {choices}")
        return str(value)
    if isinstance(value, list) and value and _are_texts(value):
        return LIST_SEPARATOR.join(sorted(value))
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        expectation = "expected a text, a number, a list of texts or null"
        raise ValueError(f"answer: {name}: {expectation}, found {value!r}")
    return str(value)


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
