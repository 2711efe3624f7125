"""Units of number attributes: which ones an answer may use, and how its number is converted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ...configs.errors import ConfigError
from ...configs.normalization import lookup_form
from ...configs.settings import Attribute
from .unit_names import NAMES_BY_CODE, NAMES_IN_PINT

if TYPE_CHECKING:
    from pint import UnitRegistry

Conversion = Callable[[float], float]

_MOST_MEMOS: Final = 1024


class Units:
    """The units that one number attribute accepts.

    A unit that pint does not know (`capsules`) is accepted under its own name, in singular or
    plural; it converts into nothing else.

    Args:
        attribute: With `type: number`.

    Raises:
        ConfigError: An accepted unit cannot be converted into the attribute's own.
    """

    def __init__(self, attribute: Attribute) -> None:
        self._attribute = attribute.name
        self._conversion_by_name: dict[str, Conversion] = {}
        self._conversion_by_unit: dict[Any, Conversion] = {}
        self._memos: dict[str, Conversion | None] = {}
        if attribute.unit is not None:
            for unit in (attribute.unit, *attribute.accept_units):
                self._accept(unit, attribute.unit)

    def convert(self, number: float, unit: str) -> float | None:
        """The number in the attribute's own unit; None where its unit is not accepted.

        Args:
            number: As read.
            unit: As written behind it; empty counts as the attribute's own.
        """
        if not unit:
            return number
        if unit not in self._memos:
            if len(self._memos) >= _MOST_MEMOS:
                self._memos.clear()
            self._memos[unit] = self._find(unit)
        conversion = self._memos[unit]
        return None if conversion is None else conversion(number)

    def knows(self, unit: str) -> bool:
        """Whether a unit is one at all, though perhaps not of this attribute."""
        if self._find(unit) is not None:
            return True
        spellings = (NAMES_BY_CODE.get(unit, unit), lookup_form(unit).rstrip("."))
        return any(_parse(spelling) is not None for spelling in spellings)

    def _accept(self, name: str, own_name: str) -> None:
        """Enter one unit: under its name as written, and as what pint knows it to be."""
        unit = _parse(name)
        own_unit = _parse(own_name)
        conversion: Conversion = float
        if unit is not None and own_unit is not None:
            conversion = self._conversion(name, unit, own_name, own_unit)
            self._conversion_by_unit.setdefault(unit, conversion)
        elif _name_key(name) != _name_key(own_name):
            unknown_name = name if unit is None else own_name
            raise ConfigError(
                f"attribute {self._attribute!r}: the unit {unknown_name!r} is not known,"
                f" so that {name!r} cannot be converted into {own_name!r}",
                hint="Write units as pint knows them (g, kg, ounce, pound, fluid_ounce, inch).",
            )
        self._conversion_by_name.setdefault(_name_key(name), conversion)

    def _conversion(self, name: str, unit: Any, own_name: str, own_unit: Any) -> Conversion:
        """By scale and offset, which covers all units in use (temperatures have an offset)."""
        if unit.dimensionality != own_unit.dimensionality:
            raise ConfigError(
                f"attribute {self._attribute!r}: accept_units: {name!r} ({unit.dimensionality})"
                f" cannot be converted into {own_name!r} ({own_unit.dimensionality})",
                hint="Accept only units of the same kind.",
            )
        if unit == own_unit:
            return float
        quantity = _registry().Quantity
        offset = float(quantity(0.0, unit).to(own_unit).magnitude)
        scale = float(quantity(1.0, unit).to(own_unit).magnitude) - offset
        return lambda number: number * scale + offset

    def _find(self, name: str) -> Conversion | None:
        for spelling in (name, NAMES_BY_CODE.get(name, name), lookup_form(name).rstrip(".")):
            conversion = self._conversion_by_name.get(_name_key(spelling))
            if conversion is not None:
                return conversion
            # Without a unit that pint knows, it need not be asked, and not be imported.
            unit = _parse(spelling) if self._conversion_by_unit else None
            if unit is not None and unit in self._conversion_by_unit:
                return self._conversion_by_unit[unit]
        return None


@cache
def _registry() -> UnitRegistry[Any]:
    import pint  # noqa: PLC0415 - half a second, spent only where an attribute has a unit

    return pint.UnitRegistry()


def _parse(name: str) -> Any | None:
    """The unit as pint knows it; None if it does not."""
    for spelling in _spellings(name):
        try:
            return _registry().parse_units(spelling)
        except Exception:  # noqa: S112 - pint reads units with Python's tokenizer, which raises what it likes
            continue
    return None


def _spellings(name: str) -> Iterator[str]:
    name_in_pint = NAMES_IN_PINT.get(lookup_form(name).rstrip("."))
    if name_in_pint is not None:
        yield name_in_pint
    yield name


def _name_key(name: str) -> str:
    """A unit's name in singular."""
    form = lookup_form(name)
    return form[:-1] if len(form) > 3 and form.endswith("s") else form
