"""How the mock reads a product's text, and how it misreads it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..configs.product import Product
from ..configs.settings import ABSENT_LABEL, Attribute

# Open attributes whose value shops put first in a title.
_FIRST_WORD = {"brand", "maker", "manufacturer", "vendor"}
_FACTORS = (0.5, 2.0, 10.0, 0.1, 1.5)
_SHORTEST_WORD = 3
_NUMBER = r"(?<![\w.])(\d+(?:\.\d+)?)"


class ProductReader:
    """What a mock makes of one attribute.

    Args:
        attribute: The attribute it reads.
    """

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self._values = tuple(attribute.values)
        self._value_of_spelling = _value_of_spelling(attribute)
        self._number_pattern = re.compile(rf"{_NUMBER}\s*({_units_pattern(attribute)})")
        spellings = _any_of(self._value_of_spelling)
        self._spelling_pattern = re.compile(spellings or r"(?!)")

    def read(self, product: Product) -> str:
        """The first listed value, synonym or example, number and unit, or brand; else n/a."""
        text = _text_of(product)
        if self.attribute.type == "number":
            number = self._number_pattern.search(text.lower())
            return f"{number[1]} {number[2]}".strip() if number else ABSENT_LABEL
        spelling = self._spelling_pattern.search(text.lower())
        if spelling:
            return self._value_of_spelling[spelling[0]]
        is_brand = self.attribute.open and self.attribute.name.lower() in _FIRST_WORD
        if is_brand and text.strip():
            return text.split(maxsplit=1)[0]
        return ABSENT_LABEL

    def misread(self, product: Product, right_answer: str, choice: int) -> str:
        """A wrong answer: another listed value, a number off by a factor, or a word of the text.

        Args:
            product: The product asked about.
            right_answer: The right answer.
            choice: Any integer >= 0; the same one chooses the same wrong answer.
        """
        if self.attribute.closed:
            right_value = self._value_of_spelling.get(right_answer.lower(), right_answer)
            candidates = [value for value in self._values if value != right_value]
        elif self.attribute.type == "number":
            return self._wrong_number(right_answer, choice)
        else:
            candidates = _other_words(product, right_answer)
        return candidates[choice % len(candidates)] if candidates else ABSENT_LABEL

    def _wrong_number(self, right_answer: str, choice: int) -> str:
        match = re.match(r"\d+(?:\.\d+)?", right_answer)
        number = float(match[0]) if match else 0.0
        if match is None or not number:
            made_up_number = choice % 900 + 100
            return f"{made_up_number} {self.attribute.unit or ''}".strip()
        factor = _FACTORS[choice % len(_FACTORS)]
        unit = right_answer[match.end() :]
        return f"{number * factor:.12g}{unit}"


def _value_of_spelling(attribute: Attribute) -> dict[str, str]:
    """Every way to write a value, in lower case -> the value."""
    values = {example.lower(): example for example in attribute.examples}
    for value, synonyms in attribute.values.items():
        for spelling in (*synonyms, value):
            values[spelling.lower()] = value
    return values


def _other_words(product: Product, right_answer: str) -> list[str]:
    """The words of a product's text, but the short ones and the right answer."""
    words = [word.strip(".,;:()") for word in _text_of(product).split()]
    return [
        word
        for word in words
        if len(word) >= _SHORTEST_WORD and word.lower() != right_answer.lower()
    ]


def _units_pattern(attribute: Attribute) -> str:
    """A pattern for any unit that the attribute takes; empty where units do not matter."""
    names = (attribute.unit, *attribute.accept_units)
    units = {unit.lower() for unit in names if unit}
    if not units:
        return ""
    alternatives = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    return rf"(?:{alternatives})(?!\w)"


def _any_of(texts: Iterable[str]) -> str:
    """A pattern for any of these texts as whole words, the longest first; empty for none."""
    longest_first = sorted({text for text in texts if text}, key=lambda text: (-len(text), text))
    if not longest_first:
        return ""
    alternatives = "|".join(re.escape(text) for text in longest_first)
    return rf"(?<!\w)(?:{alternatives})(?!\w)"


def _text_of(product: Product) -> str:
    return " ".join(text for _, text in product.fields)
