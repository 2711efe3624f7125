"""The listed values of a closed attribute, and the spellings by which each is found."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from ...configs.normalization import bare_form, lookup_form, lookup_forms
from ...configs.settings import Attribute

_FormTable = Mapping[str, str]
"""One form of the listed values and synonyms -> the canonical value."""

_YES: Final = frozenset(
    {
        "yes", "y", "true", "1", "ja", "oui", "sí", "si", "sì", "sim", "tak", "evet", "ano",
        "igen", "kyllä", "joo", "да", "так", "ναι", "نعم", "כן", "vrai", "wahr", "vero",
        "verdadero", "verdadeiro", "doğru", "prawda", "waar", "はい", "有", "あり",
        "是", "예", "네", "있음",
    }
)  # fmt: skip
_NO: Final = frozenset(
    {
        "no", "n", "false", "0", "nein", "non", "não", "nao", "nee", "nie", "hayır", "ne", "nem",
        "ei", "nej", "nei", "нет", "ні", "όχι", "لا", "לא", "faux", "falsch", "falso", "yanlış",
        "fałsz", "onwaar", "いいえ", "無", "无", "なし", "否", "아니요", "아니오", "없음",
    }
)  # fmt: skip
_DIGITS: Final = frozenset("01")


class ListedValues:
    """Finds the canonical value that a text stands for.

    Values come before synonyms, and more faithful spellings before less faithful ones. Last, where
    one of the values is a yes and one a no, in whatever language, the words of others (`true`) mean
    them too.

    Args:
        attribute: As configured; an open one has no listed values.
    """

    def __init__(self, attribute: Attribute) -> None:
        self._form_tables = _form_tables(attribute)
        self._value_by_answer = _yes_and_no(attribute)
        self._phrase_pattern: re.Pattern[str] | None = None

    def find(self, text: str) -> str | None:
        """The canonical value of a text; None where it is not on the list."""
        forms = lookup_forms(text)
        for form, value_by_form in zip(forms, self._form_tables, strict=True):
            if form in value_by_form:
                return value_by_form[form]
        return self._value_by_answer.get(forms[2])

    def mentions(self, sentence: str) -> dict[str, str]:
        """The listed phrases that a sentence uses, and the canonical values they stand for.

        Args:
            sentence: As `lookup_form` leaves it. Whole words count, the longest phrase first; a
                part of a hyphenated word (`wool-free`) and single letters do not.
        """
        value_by_phrase = self._form_tables[1]
        if self._phrase_pattern is None:
            self._phrase_pattern = _any_of(value_by_phrase)
        phrases = self._phrase_pattern.findall(sentence)
        return {phrase: value_by_phrase[phrase] for phrase in phrases}


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


def _yes_and_no(attribute: Attribute) -> _FormTable:
    """What a yes and a no in any language stand for; empty where the list has not one of each."""
    value_by_answer = {}
    digits = set()
    for answers in (_YES, _NO):
        values = []
        for value, synonyms in attribute.values.items():
            forms = {bare_form(lookup_form(text)) for text in (value, *synonyms)} & answers
            if forms:
                values.append(value)
                digits.update(forms & _DIGITS)
        if not values:
            return {}
        if len(values) == 1:
            value_by_answer.update(dict.fromkeys(answers, values[0]))
    # Of 0, 1, 2 and 3 pockets, 1 is no yes.
    are_numbers = bool(digits) and len(attribute.values) > 2
    return {} if are_numbers else value_by_answer


def _any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """A pattern of whole words that finds each of the phrases, the longest first."""
    longest_first = sorted(phrases, key=len, reverse=True)
    words = [re.escape(phrase) for phrase in longest_first if len(phrase) > 1]
    # (?!) matches nothing: the pattern of no phrases.
    alternatives = "|".join(words) or "(?!)"
    return re.compile(rf"(?<![\w-])(?:{alternatives})(?![\w-])")
