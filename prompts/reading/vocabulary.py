"""The vocabulary of one attribute: what a model may say about it, and what is counted for it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ...configs.characters import replace_lone_surrogates
from ...configs.languages import DecimalSign
from ...configs.normalization import bare_form, lookup_form, value_form
from ...configs.settings import Attribute
from .absence import is_absent
from .echoes import Echoes
from .json_objects import TRUNCATION_MARK, JsonNumber
from .listed_values import ListedValues
from .number_values import NumberValues
from .quantity_objects import is_number, is_probability, read_value_object, text_and_number
from .vote import Vote

READER_VERSION: Final = 2
"""Goes up when an answer is read differently; cached answers are then read again."""

LIST_SEPARATOR: Final = " | "
"""Joins the parts of a list that votes as one value."""

_MOST_MEMOS: Final = 4096
_LONGEST_MEMO: Final = 200


class Vocabulary:
    """Reads what an answer gives as the value of one attribute.

    Closed attributes are matched with the listed values and then with their synonyms, each exactly,
    then normalised, then without quotes and punctuation around it. What is listed always wins over
    an n/a reading, so that a real value `None` stays one; for open attributes, an example does the
    same.

    Args:
        attribute: As configured.
        decimal_sign: The sign before decimals in the catalog's language, for an attribute that
            does not name its own.

    Attributes:
        attribute: The attribute's name.
        digest: Changes when the same words would be read differently.
        closed: Whether only listed values are allowed.
        numeric: Whether only numbers are.

    Raises:
        ConfigError: A unit is not known or cannot be converted.
    """

    def __init__(self, attribute: Attribute, decimal_sign: DecimalSign = "point") -> None:
        self.attribute = attribute.name
        self.closed = attribute.closed
        self.numeric = attribute.open and attribute.type == "number"
        self._numbers = NumberValues(attribute, decimal_sign) if self.numeric else None
        self._list = ListedValues(attribute)
        self._echoes = Echoes(attribute)
        self._example_forms = _example_forms(attribute)
        self._memos: dict[str, Vote] = {}
        self.digest = _digest(attribute, self._example_forms, self._numbers)

    def read(self, value: object) -> Vote:
        """Read one value of an answer.

        Args:
            value: What the JSON of the answer holds for this attribute: a text, number, boolean,
                None, a list (votes as one value), or an object with the key `value`, and perhaps
                `unit`.
        """
        if isinstance(value, bool):
            value = str(value).lower()  # Python's True is JSON's true
        elif isinstance(value, int | float):
            value = JsonNumber(str(value))
        if isinstance(value, str):
            return self._read_string(value)
        if isinstance(value, list | tuple):
            return self._read_pair(value) or self._read_list(value)
        if isinstance(value, dict):
            return self._read_object(value)
        if value is None:
            return Vote(self.attribute, "absent", spelling="null")
        return self.unreadable_vote()

    def mentions(self, sentence: str) -> dict[str, str]:
        """The listed phrases that a sentence uses; see `ListedValues.mentions`."""
        return self._list.mentions(sentence)

    def is_echo(self, value: object) -> bool:
        """Whether a value of an answer is the form said back; what is listed never is."""
        if not self._echoes.includes(value):
            return False
        return self.read(value).missing

    def unreadable_vote(self, spelling: str | None = None) -> Vote:
        """The vote of an answer that speaks of the attribute and cannot be understood."""
        return Vote(self.attribute, "unreadable", spelling=spelling)

    def _read_string(self, text: str) -> Vote:
        """Read a text or a number, and keep the vote: models say few different ones."""
        # A number equals its text, and is read as it where no number is asked.
        if self._numbers is not None and isinstance(text, JsonNumber):
            return self._numbers.read(text)
        memo = self._memos.get(text)
        if memo is not None:
            return memo
        vote = self._read_text(replace_lone_surrogates(text.strip()))
        if len(text) <= _LONGEST_MEMO:
            if len(self._memos) >= _MOST_MEMOS:
                self._memos.clear()
            self._memos[str(text)] = vote
        return vote

    def _read_text(self, text: str) -> Vote:
        if self.closed:
            return self._read_choice(text)
        form = bare_form(lookup_form(text))
        is_example = form in self._example_forms
        if not is_example and self._echoes.includes(text):
            return self.unreadable_vote(text)
        if not is_example and is_absent(form, listed=self.numeric):
            return Vote(self.attribute, "absent", spelling=text)
        if self._numbers is not None:
            return self._numbers.read(text)
        if LIST_SEPARATOR in text:
            parts = text.split(LIST_SEPARATOR)
            return replace(self._read_list(parts), spelling=text)
        return self._read_open(text, is_example=is_example)

    def _read_open(self, text: str, *, is_example: bool) -> Vote:
        value = value_form(text)
        # What is compared may be less than what was written: of `{¿` it is `{`, which says nothing.
        if not is_example and is_absent(bare_form(value), listed=False):
            return Vote(self.attribute, "absent", spelling=text)
        return Vote(self.attribute, "value", value, text)

    def _read_choice(self, text: str) -> Vote:
        value = self._list.find(text)
        if value is not None:
            return Vote(self.attribute, "value", value, text)
        if self._echoes.includes(text):
            return self.unreadable_vote(text)
        if is_absent(bare_form(lookup_form(text)), listed=True):
            return Vote(self.attribute, "absent", spelling=text)
        return Vote(self.attribute, "off_list", spelling=text)

    def _read_object(self, content: Mapping[Any, object]) -> Vote:
        """Read `{"value": "male", "confidence": 0.9}`; what is nested deeper is not understood."""
        answer = read_value_object(content, self.attribute)
        if answer is None:
            if self._numbers is not None and len(content) == 1:
                # {"kg": 0.35}
                unit, value = next(iter(content.items()))
                return self._numbers.read_with_unit(value, unit)
            return self.unreadable_vote()
        value = answer.value
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, list | dict):
                return self.unreadable_vote()
        vote = self.read(value)
        if answer.unit is None or vote.state == "absent":
            return vote
        if len(parts) != 1:
            return self.unreadable_vote()
        return self._read_with_unit(parts[0], answer.unit)

    def _read_with_unit(self, value: object, unit: object) -> Vote:
        """Read a value with the unit that an object gives to it."""
        if self._numbers is not None:
            return self._numbers.read_with_unit(value, unit)
        if not isinstance(unit, str) or self.read(unit).state == "absent":
            return self.read(value)
        vote = self.read(f"{value} {unit}")
        return self.read(f"{value}{unit}") if vote.missing else vote

    def _read_pair(self, parts: Sequence[object]) -> Vote | None:
        """Read a list of a value and a number: how sure the model is, or a number and its unit.

        None for any other list; unreadable where it is not clear what the number is.
        """
        while len(parts) == 1 and isinstance(parts[0], list):
            parts = parts[0]
        pair = text_and_number(parts)
        if pair is None:
            return self._read_numbers(parts)
        text, number = pair
        if self.closed and self._list.find(str(number)) is not None:
            return None
        vote = self.read(text)
        if self._numbers is not None and vote.state == "unreadable":
            return self._numbers.read_with_unit(number, text)
        is_ambiguous = self._numbers is not None and text is None
        if is_probability(number) and not is_ambiguous:
            return vote
        return self.unreadable_vote()

    def _read_numbers(self, parts: Sequence[object]) -> Vote | None:
        """Read a list that ends in what may be a value or how sure the model is of the others."""
        if len(parts) < 2 or not is_number(parts[-1]) or not is_probability(parts[-1]):
            return None
        *values, last_part = parts
        if self.closed:
            is_listed = self._list.find(str(last_part)) is not None
            return None if is_listed else self._read_list(values)
        if self._numbers is None and all(map(is_number, values)):
            return None
        return self.unreadable_vote()

    def _read_list(self, parts: Iterable[object]) -> Vote:
        """Read a list as one value: its parts, each read, sorted and joined.

        An n/a among values says nothing.
        """
        votes = [self._read_part(part) for part in parts]
        if not votes:
            return Vote(self.attribute, "absent", spelling="[]")
        vote_by_value: dict[str, Vote] = {}
        for vote in votes:
            if vote.state == "unreadable":
                return self.unreadable_vote()
            if vote.state != "absent":
                value = vote.value or vote.spelling or ""
                vote_by_value.setdefault(value, vote)
        if not vote_by_value:
            return votes[0]
        return self._join([vote_by_value[value] for value in sorted(vote_by_value)])

    def _read_part(self, part: object) -> Vote:
        if part == TRUNCATION_MARK or isinstance(part, list | tuple):
            return self.unreadable_vote()
        return self.read(part)

    def _join(self, parts: Sequence[Vote]) -> Vote:
        """The one vote of several; a closed attribute has no value for more than one."""
        if len(parts) == 1:
            return parts[0]
        spelling = LIST_SEPARATOR.join(part.spelling or "" for part in parts)
        states = {part.state for part in parts}
        if self.closed or "off_list" in states:
            return Vote(self.attribute, "off_list", spelling=spelling)
        value = LIST_SEPARATOR.join(part.value or "" for part in parts)
        return Vote(self.attribute, "value", value, spelling)


def _example_forms(attribute: Attribute) -> frozenset[str]:
    """The bare forms of the examples."""
    forms = {bare_form(lookup_form(example)) for example in attribute.examples}
    # "" is what the bare form of a value of punctuation alone would be; it stands for nothing.
    return frozenset(forms - {""})


def _digest(
    attribute: Attribute, example_forms: Iterable[str], numbers: NumberValues | None
) -> str:
    values = []
    number: list[object] = []
    # Examples that would read as n/a or as the form said back, if they were not examples.
    examples_to_keep = []
    if attribute.closed:
        for value in sorted(attribute.values):
            values.append([value, sorted(attribute.values[value])])
    else:
        number = [attribute.type, attribute.unit, sorted(attribute.accept_units)]
        echoes = Echoes(attribute)
        for form in sorted(example_forms):
            if is_absent(form, listed=True) or echoes.includes(form):
                examples_to_keep.append(form)
    if numbers is not None:
        number.append(numbers.decimal_sign)
    content = [
        READER_VERSION,
        attribute.name,
        attribute.open,
        values,
        number,
        examples_to_keep,
    ]
    text = json.dumps(content, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
