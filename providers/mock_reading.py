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


class Reader:
    """What a mock makes of one attribute.

    Args:
        attribute: The attribute it reads.
    """

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self._values = tuple(attribute.values)
        known = {example.lower(): example for example in attribute.examples}
        for value, synonyms in attribute.values.items():
            known |= {spelling.lower(): value for spelling in (*synonyms, value)}
        self._known = known
        self._number = re.compile(rf"{_NUMBER}\s*({_units(attribute)})")
        self._pattern = re.compile(_any_of(known) or r"(?!)")

    def read(self, product: Product) -> str:
        """The first listed value, synonym or example, a number and its unit, or a leading brand; else n/a."""
        text = _text(product)
        if self.attribute.type == "number":
            found = self._number.search(text.lower())
            return f"{found[1]} {found[2]}".strip() if found else ABSENT_LABEL
        found = self._pattern.search(text.lower())
        if found:
            return self._known[found[0]]
        if self.attribute.open and self.attribute.name.lower() in _FIRST_WORD and text.strip():
            return text.split(maxsplit=1)[0]
        return ABSENT_LABEL

    def misread(self, product: Product, right: str, choice: int) -> str:
        """A wrong answer: another listed value, a number off by a factor, or a word of the text.

        Args:
            product: The product asked about.
            right: The right answer.
            choice: Any integer >= 0; the same one chooses the same wrong answer.
        """
        if self.attribute.closed:
            wrong = [
                value for value in self._values if value != self._known.get(right.lower(), right)
            ]
        elif self.attribute.type == "number":
            return self._wrong_number(right, choice)
        else:
            words = (word.strip(".,;:()") for word in _text(product).split())
            wrong = [
                word
                for word in words
                if len(word) >= _SHORTEST_WORD and word.lower() != right.lower()
            ]
        return wrong[choice % len(wrong)] if wrong else ABSENT_LABEL

    def _wrong_number(self, right: str, choice: int) -> str:
        found = re.match(r"\d+(?:\.\d+)?", right)
        if found is None or not float(found[0]):
            return f"{choice % 900 + 100} {self.attribute.unit or ''}".strip()
        return f"{float(found[0]) * _FACTORS[choice % len(_FACTORS)]:.12g}{right[found.end() :]}"


def _units(attribute: Attribute) -> str:
    """A pattern for any unit that the attribute takes; it finds nothing, anywhere, where units do not matter."""
    units = sorted(
        {unit.lower() for unit in (attribute.unit, *attribute.accept_units) if unit},
        key=len,
        reverse=True,
    )
    return rf"(?:{'|'.join(map(re.escape, units))})(?!\w)" if units else ""


def _any_of(texts: Iterable[str]) -> str:
    """A pattern for any of these texts as whole words, the longest first; empty for none."""
    ordered = sorted({text for text in texts if text}, key=lambda text: (-len(text), text))
    return rf"(?<!\w)(?:{'|'.join(map(re.escape, ordered))})(?!\w)" if ordered else ""


def _text(product: Product) -> str:
    return " ".join(text for _, text in product.fields)
