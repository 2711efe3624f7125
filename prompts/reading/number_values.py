"""What is counted for a number attribute: a number in its unit, however it is written."""

from __future__ import annotations

from ...configs.languages import DecimalSign
from ...configs.normalization import bare_form, lookup_form
from ...configs.settings import Attribute
from .absence import is_absent
from .json_objects import JsonNumber
from .numbers import Quantity, read_quantity, twelve_digits
from .units import Units
from .vote import Vote


class NumberValues:
    """Reads numbers of one attribute.

    Args:
        attribute: With `type: number`.
        decimal_sign: The sign before decimals in the catalog's language.

    Attributes:
        decimal_sign: The attribute's own where it names one, else that of the catalog.

    Raises:
        ConfigError: A unit is not known or cannot be converted.
    """

    def __init__(self, attribute: Attribute, decimal_sign: DecimalSign) -> None:
        self.decimal_sign = decimal_sign if attribute.decimal == "auto" else attribute.decimal
        self._attribute = attribute.name
        self._units = Units(attribute)

    def read(self, text: str) -> Vote:
        """Read a number, and the unit behind it if there is one."""
        quantity = self._read_quantity(text)
        if quantity is None:
            return self._unreadable(text)
        return self._vote(quantity.number, quantity.unit, str(text))

    def read_with_unit(self, value: object, unit: object) -> Vote:
        """Read a number whose unit stands apart from it.

        A unit that is none at all makes it unreadable: the number alone would be another one.
        """
        is_plain = isinstance(value, str | int | float) and not isinstance(value, bool)
        if not is_plain:
            return self._unreadable(None)
        text = value if isinstance(value, str) else JsonNumber(str(value))
        number = text.strip()
        spelling = f"{number} {unit}".strip()
        quantity = self._read_quantity(text)
        if quantity is None or not isinstance(unit, str):
            return self._unreadable(spelling)
        unit = unit.strip()
        is_known = self._units.knows(unit)
        form = bare_form(lookup_form(unit))
        if not is_known and is_absent(form, listed=True):
            return self._vote(quantity.number, quantity.unit, number)
        if not is_known:
            return self._unreadable(spelling)
        vote = self._vote(quantity.number, unit, spelling)
        if not quantity.unit:
            return vote
        own_vote = self._vote(quantity.number, quantity.unit, spelling)
        return vote if vote == own_vote else self._unreadable(spelling)

    def _read_quantity(self, text: str) -> Quantity | None:
        is_json_number = isinstance(text, JsonNumber)
        return read_quantity(text, "point" if is_json_number else self.decimal_sign)

    def _vote(self, number: float, unit: str, spelling: str) -> Vote:
        converted_number = self._units.convert(number, unit)
        if converted_number is None:
            return Vote(self._attribute, "off_list", spelling=spelling)
        return Vote(self._attribute, "value", twelve_digits(converted_number), spelling)

    def _unreadable(self, spelling: str | None) -> Vote:
        return Vote(self._attribute, "unreadable", spelling=spelling)
