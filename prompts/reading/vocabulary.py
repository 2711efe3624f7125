"""The vocabulary of one attribute: what a model may say about it, and what is counted for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from ...configs.characters import replace_lone_surrogates
from ...configs.normalization import bare_form, lookup_form, lookup_forms, name_key, normal_form
from ...configs.settings import Attribute
from .absence import is_absent
from .json_objects import CUT
from .numbers import read_quantity, twelve_digits
from .units import Units
from .vote import Vote

READER_VERSION: Final = 1
"""Goes up with every change that reads an answer differently; cached answers are then read again."""

BETWEEN: Final = " | "
"""Joins the parts of a list that votes as one value."""

ANSWER_KEYS: Final = (
    "value",
    "answer",
    "finalanswer",
    "result",
    "choice",
    "option",
    "label",
    "output",
    "response",
    "prediction",
)
"""What models call an answer (`name_key`) where they do not name the attribute, the likeliest first."""

_MOST_REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 200


class Vocabulary:
    """Reads what was said about one attribute.

    Closed attributes are matched with the listed values and then with their synonyms, each exactly,
    then normalised, then without quotes and punctuation around it. What is listed always wins over
    an n/a reading, so that a real value `None` stays one; for open attributes, an example does the
    same.

    Args:
        attribute: As configured.

    Attributes:
        attribute: The attribute's name.
        digest: Changes when the same words would be read differently.
        closed: Whether only listed values are allowed.

    Raises:
        ConfigError: A unit is not known or cannot be converted.
    """

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute.name
        self.closed = attribute.closed
        self._number = attribute.open and attribute.type == "number"
        self._units = Units(attribute) if self._number else None
        self._listed = _listed(attribute) if self.closed else ({}, {}, {})
        self._phrases: re.Pattern[str] | None = None
        # "" is what the bare form of a value of punctuation alone would be; it guards nothing.
        self._guarded = frozenset(
            bare_form(lookup_form(example)) for example in attribute.examples
        ) - {""}
        self._remembered: dict[str, Vote] = {}
        self.digest = _digest(attribute, self._guarded)

    def read(self, said: object) -> Vote:
        """Read one value of an answer.

        Args:
            said: What the JSON of the answer holds for this attribute: a text, number, boolean,
                None, a list (votes as one value), or an object with the key `value`.
        """
        if isinstance(said, str):
            vote = self._remembered.get(said)
            return self._remember(said) if vote is None else vote
        if said is None:
            return Vote(self.attribute, "absent", spelling="null")
        if isinstance(said, list | tuple):
            return self._read_list(said)
        if isinstance(said, dict):
            return self._read_object(said)
        if isinstance(said, int | float):
            return self.read(str(said).lower() if isinstance(said, bool) else str(said))
        return self.unreadable()

    def mentions(self, sentence: str) -> dict[str, str]:
        """The listed phrases that a sentence uses, and the canonical values they stand for; empty where open.

        Args:
            sentence: As `lookup_form` leaves it. Whole words count, the longest phrase first;
                a part of a hyphenated word (`wool-free`) and single letters do not.
        """
        phrases = self._listed[1]
        if self._phrases is None:
            longest_first = sorted(
                (form for form in phrases if len(form) > 1), key=len, reverse=True
            )
            # (?!) matches nothing: the pattern of no phrases.
            anything = "|".join(map(re.escape, longest_first)) or "(?!)"
            self._phrases = re.compile(rf"(?<![\w-])(?:{anything})(?![\w-])")
        return {found: phrases[found] for found in self._phrases.findall(sentence)}

    def unreadable(self, spelling: str | None = None) -> Vote:
        """The vote of an answer that speaks of the attribute and cannot be understood."""
        return Vote(self.attribute, "unreadable", spelling=spelling)

    def _remember(self, text: str) -> Vote:
        """Read a text; models say few different ones, so that most are read once."""
        vote = self._read_text(replace_lone_surrogates(text.strip()))
        if len(text) <= _LONGEST_REMEMBERED:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[text] = vote
        return vote

    def _read_text(self, text: str) -> Vote:
        if self.closed:
            return self._read_listed(text)
        folded = bare_form(lookup_form(text))
        if folded not in self._guarded and is_absent(folded, listed=self._number):
            return Vote(self.attribute, "absent", spelling=text)
        if self._units is not None:
            return self._read_number(text, self._units)
        if BETWEEN in text:
            return replace(self._read_list(text.split(BETWEEN)), spelling=text)
        return Vote(self.attribute, "value", normal_form(text), text)

    def _read_listed(self, text: str) -> Vote:
        said = lookup_forms(text)
        for form, listed in zip(said, self._listed, strict=True):
            if form in listed:
                return Vote(self.attribute, "value", listed[form], text)
        if is_absent(said[-1], listed=True):
            return Vote(self.attribute, "absent", spelling=text)
        return Vote(self.attribute, "off_list", spelling=text)

    def _read_number(self, text: str, units: Units) -> Vote:
        quantity = read_quantity(text)
        if quantity is None:
            return self.unreadable(text)
        number = units.convert(quantity.number, quantity.unit)
        if number is None:
            return Vote(self.attribute, "off_list", spelling=text)
        return Vote(self.attribute, "value", twelve_digits(number), text)

    def _read_object(self, said: Mapping[Any, object]) -> Vote:
        """Read `{"value": "male", "confidence": 0.9}`; a further object or list of objects in it is not understood."""
        answers = called_answer(said)
        parts = [
            part for value in answers for part in (value if isinstance(value, list) else [value])
        ]
        if not answers or any(isinstance(part, list | dict) for part in parts):
            return self.unreadable()
        return self.read(answers[0])

    def _read_list(self, said: Iterable[object]) -> Vote:
        """Read a list as one value: its parts, each read, sorted and joined; n/a among values says nothing."""
        votes = [
            self.unreadable() if part == CUT or isinstance(part, list | tuple) else self.read(part)
            for part in said
        ]
        if not votes:
            return Vote(self.attribute, "absent", spelling="[]")
        if any(vote.state == "unreadable" for vote in votes):
            return self.unreadable()
        told = [vote for vote in votes if vote.state != "absent"]
        if not told:
            return votes[0]
        unique = {vote.value or vote.spelling or "": vote for vote in reversed(told)}
        parts = [unique[part] for part in sorted(unique)]
        if len(parts) == 1:
            return parts[0]
        spelling = BETWEEN.join(part.spelling or "" for part in parts)
        if self.closed or any(part.state == "off_list" for part in parts):
            return Vote(self.attribute, "off_list", spelling=spelling)
        return Vote(
            self.attribute, "value", BETWEEN.join(part.value or "" for part in parts), spelling
        )


def called_answer(said: Mapping[Any, object]) -> list[object]:
    """What an object holds under the likeliest of `ANSWER_KEYS`: one value, or none."""
    by_key = {name_key(str(name)): value for name, value in said.items()}
    return [by_key[name] for name in ANSWER_KEYS if name in by_key][:1]


def _listed(attribute: Attribute) -> tuple[Mapping[str, str], ...]:
    """For each of the `forms`, the most faithful first: that form of all values and synonyms -> the canonical value.

    Within a form a value comes before a synonym, and what would stand for two values (`us` and
    `US`, folded) stands for neither.
    """
    canonical = [(value, value) for value in attribute.values]
    synonyms = [(said, value) for value, others in attribute.values.items() for said in others]
    tables = []
    for rank in range(len(lookup_forms(""))):
        listed: dict[str, str] = {}
        for pairs in (canonical, synonyms):
            meant: dict[str, set[str]] = {}
            for said, value in pairs:
                meant.setdefault(lookup_forms(said.strip())[rank], set()).add(value)
            for form, values in meant.items():
                if form and len(values) == 1:
                    listed.setdefault(form, next(iter(values)))
        tables.append(listed)
    return tuple(tables)


def _digest(attribute: Attribute, guarded: Iterable[str]) -> str:
    guards = sorted(form for form in guarded if is_absent(form, listed=True))
    what = [
        READER_VERSION,
        attribute.name,
        attribute.open,
        [[value, sorted(synonyms)] for value, synonyms in sorted(attribute.values.items())]
        if attribute.closed
        else [],
        [attribute.type, attribute.unit, sorted(attribute.accept_units)] if attribute.open else [],
        guards if attribute.open else [],
    ]
    return hashlib.sha256(json.dumps(what, ensure_ascii=True).encode()).hexdigest()
