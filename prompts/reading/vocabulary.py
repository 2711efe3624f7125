"""The vocabulary of one attribute: what a model may say about it, and what is counted for it."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from ...configs.characters import replace_lone_surrogates
from ...configs.normalization import bare_form, lookup_form, lookup_forms, normal_form
from ...configs.settings import Attribute
from .absence import is_absent
from .answer_keys import find_answer
from .json_objects import TRUNCATION_MARK
from .numbers import read_quantity, twelve_digits
from .units import Units
from .vote import Vote

READER_VERSION: Final = 1
"""Goes up when an answer is read differently; cached answers are then read again."""

LIST_SEPARATOR: Final = " | "
"""Joins the parts of a list that votes as one value."""

_MOST_MEMOS: Final = 4096
_LONGEST_MEMO: Final = 200

_FormTable = Mapping[str, str]
"""One form of the listed values and synonyms -> the canonical value."""


class Vocabulary:
    """Reads what an answer gives as the value of one attribute.

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
        self._is_number = attribute.open and attribute.type == "number"
        self._units = Units(attribute) if self._is_number else None
        self._form_tables = _form_tables(attribute) if self.closed else ({}, {}, {})
        self._phrase_pattern: re.Pattern[str] | None = None
        self._example_forms = _example_forms(attribute)
        self._memos: dict[str, Vote] = {}
        self.digest = _digest(attribute, self._example_forms)

    def read(self, value: object) -> Vote:
        """Read one value of an answer.

        Args:
            value: What the JSON of the answer holds for this attribute: a text, number, boolean,
                None, a list (votes as one value), or an object with the key `value`.
        """
        if isinstance(value, str):
            memo = self._memos.get(value)
            return self._read_new_text(value) if memo is None else memo
        if value is None:
            return Vote(self.attribute, "absent", spelling="null")
        if isinstance(value, list | tuple):
            return self._read_list(value)
        if isinstance(value, dict):
            return self._read_object(value)
        if isinstance(value, int | float):
            return self.read(str(value).lower())  # Python's True is JSON's true
        return self.unreadable_vote()

    def mentions(self, sentence: str) -> dict[str, str]:
        """The listed phrases that a sentence uses, and the canonical values they stand for.

        Args:
            sentence: As `lookup_form` leaves it. Whole words count, the longest phrase first; a
                part of a hyphenated word (`wool-free`) and single letters do not. Empty where the
                attribute is open.
        """
        value_by_phrase = self._form_tables[1]
        if self._phrase_pattern is None:
            self._phrase_pattern = _any_of(value_by_phrase)
        phrases = self._phrase_pattern.findall(sentence)
        return {phrase: value_by_phrase[phrase] for phrase in phrases}

    def unreadable_vote(self, spelling: str | None = None) -> Vote:
        """The vote of an answer that speaks of the attribute and cannot be understood."""
        return Vote(self.attribute, "unreadable", spelling=spelling)

    def _read_new_text(self, text: str) -> Vote:
        """Read a text, and keep the vote: models say few different ones, so most are read once."""
        vote = self._read_text(replace_lone_surrogates(text.strip()))
        if len(text) <= _LONGEST_MEMO:
            if len(self._memos) >= _MOST_MEMOS:
                self._memos.clear()
            self._memos[text] = vote
        return vote

    def _read_text(self, text: str) -> Vote:
        if self.closed:
            return self._read_choice(text)
        form = bare_form(lookup_form(text))
        if form not in self._example_forms and is_absent(form, listed=self._is_number):
            return Vote(self.attribute, "absent", spelling=text)
        if self._units is not None:
            return self._read_number(text, self._units)
        if LIST_SEPARATOR in text:
            parts = text.split(LIST_SEPARATOR)
            return replace(self._read_list(parts), spelling=text)
        return Vote(self.attribute, "value", normal_form(text), text)

    def _read_choice(self, text: str) -> Vote:
        forms = lookup_forms(text)
        for form, value_by_form in zip(forms, self._form_tables, strict=True):
            value = value_by_form.get(form)
            if value is not None:
                return Vote(self.attribute, "value", value, text)
        if is_absent(forms[-1], listed=True):
            return Vote(self.attribute, "absent", spelling=text)
        return Vote(self.attribute, "off_list", spelling=text)

    def _read_number(self, text: str, units: Units) -> Vote:
        quantity = read_quantity(text)
        if quantity is None:
            return self.unreadable_vote(text)
        number = units.convert(quantity.number, quantity.unit)
        if number is None:
            return Vote(self.attribute, "off_list", spelling=text)
        return Vote(self.attribute, "value", twelve_digits(number), text)

    def _read_object(self, content: Mapping[Any, object]) -> Vote:
        """Read `{"value": "male", "confidence": 0.9}`; what is nested deeper is not understood."""
        answers = find_answer(content)
        if not answers:
            return self.unreadable_vote()
        value = answers[0]
        parts = value if isinstance(value, list) else [value]
        for part in parts:
            if isinstance(part, list | dict):
                return self.unreadable_vote()
        return self.read(value)

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
    forms = set()
    for example in attribute.examples:
        forms.add(bare_form(lookup_form(example)))
    # "" is what the bare form of a value of punctuation alone would be; it stands for nothing.
    return frozenset(forms - {""})


def _form_tables(attribute: Attribute) -> tuple[_FormTable, ...]:
    """For each of the `lookup_forms`, the most faithful first: that form -> the canonical value.

    Within a form a value comes before a synonym, and what would stand for two values (`us` and
    `US`, folded) stands for neither.
    """
    value_pairs = []
    synonym_pairs = []
    for value, synonyms in attribute.values.items():
        value_pairs.append((value, value))
        for synonym in synonyms:
            synonym_pairs.append((synonym, value))
    tables = []
    for rank in range(len(lookup_forms(""))):
        value_table = _form_table(value_pairs, rank)
        synonym_table = _form_table(synonym_pairs, rank)
        tables.append({**synonym_table, **value_table})
    return tuple(tables)


def _form_table(pairs: Iterable[tuple[str, str]], rank: int) -> _FormTable:
    """The form of this rank of each text -> the value, where it stands for one value alone."""
    values_by_form = defaultdict(set)
    for text, value in pairs:
        form = lookup_forms(text.strip())[rank]
        values_by_form[form].add(value)
    table = {}
    for form, values in values_by_form.items():
        if form and len(values) == 1:
            table[form] = next(iter(values))
    return table


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern of whole words that finds each of the phrases, the longest first."""
    longest_first = sorted(phrases, key=len, reverse=True)
    words = [re.escape(phrase) for phrase in longest_first if len(phrase) > 1]
    # (?!) matches nothing: the pattern of no phrases.
    alternatives = "|".join(words) or "(?!)"
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])")


def _digest(attribute: Attribute, example_forms: Iterable[str]) -> str:
    values = []
    number = []
    # Examples that would read as n/a, if they were not examples.
    values_not_absent = []
    if attribute.closed:
        for value in sorted(attribute.values):
            values.append([value, sorted(attribute.values[value])])
    else:
        number = [attribute.type, attribute.unit, sorted(attribute.accept_units)]
        for form in sorted(example_forms):
            if is_absent(form, listed=True):
                values_not_absent.append(form)
    content = [
        READER_VERSION,
        attribute.name,
        attribute.open,
        values,
        number,
        values_not_absent,
    ]
    text = json.dumps(content, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
