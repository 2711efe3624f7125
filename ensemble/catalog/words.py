"""Words of texts and values, and the numbers that stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

import numpy as np

from ...configs.normalization import normal_form
from ..arrays import IntArray

FIELD_END: Final = -1
"""Stands behind the words of each field, so that no run of words crosses from one to the next."""

_WORD: Final = re.compile(r"\d+(?:\.\d+)?|[^\W\d_]+|[^\s\w]")


class Kind(IntEnum):
    """What a word is made of."""

    DIGITS = 0
    LETTERS = 1
    SIGN = 2


def split_words(text: str) -> list[str]:
    """The words of a text: numbers, runs of letters, and signs one by one."""
    return _WORD.findall(normal_form(text))


def kind_of(word: str) -> Kind:
    """What a word is made of, which its first character tells."""
    if word[0].isdigit():
        return Kind.DIGITS
    return Kind.LETTERS if word[0].isalpha() else Kind.SIGN


class WordNumbers:
    """Numbers of words, in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, words: Iterable[str]) -> list[int]:
        """The numbers of words; a new word gets the next one."""
        numbers = self._numbers
        return [numbers.setdefault(word, len(numbers)) for word in words]

    def look_up(self, words: Iterable[str]) -> list[int]:
        """The numbers of words; of a word that was never added, -1 - its kind."""
        numbers = []
        for word in words:
            number = self._numbers.get(word)
            if number is None:
                number = -1 - kind_of(word)
            numbers.append(number)
        return numbers

    def kinds(self) -> IntArray:
        """[n_words]: the kind of each word."""
        return np.array([kind_of(word) for word in self._numbers], np.int64)


def kinds_of(numbers: IntArray, kinds: IntArray) -> IntArray:
    """[n] kinds of words by their numbers, also of those that `WordNumbers` does not have.

    Args:
        numbers: [n], as `WordNumbers.look_up` gives them.
        kinds: [n_words], from `WordNumbers.kinds`.
    """
    unknown_kind = -1 - numbers
    if not len(kinds):
        return unknown_kind
    some_word = np.maximum(numbers, 0)
    known_kind = kinds[some_word]
    return np.where(numbers < 0, unknown_kind, known_kind)
