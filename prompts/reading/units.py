"""Units of number attributes: which ones an answer may use, and how its number is converted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ...configs.errors import ConfigError
from ...configs.normalization import lookup_form
from ...configs.settings import Attribute

if TYPE_CHECKING:
    from pint import UnitRegistry

Convert = Callable[[float], float]

# What catalogs write and pint does not know under this spelling.
_ALSO: Final = {
    "fl oz": "fluid_ounce",
    "fl. oz": "fluid_ounce",
    "fl.oz": "fluid_ounce",
    "floz": "fluid_ounce",
    "fluid oz": "fluid_ounce",
    "fluid ounce": "fluid_ounce",
    "fluid ounces": "fluid_ounce",
    '"': "inch",
    "''": "inch",
    "'": "foot",
    "sq ft": "square_foot",
    "sq. ft": "square_foot",
    "sq in": "square_inch",
    "cc": "cubic_centimeter",
    "gr": "gram",
    "gm": "gram",
    "gms": "gram",
    "kgs": "kilogram",
    "litre": "liter",
    "litres": "liter",
    "ltr": "liter",
    "mcg": "microgram",
}
_MOST_REMEMBERED: Final = 1024


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
        self._name = attribute.name
        self._unit = attribute.unit
        self._accepted: dict[str, Convert] = {}
        self._known: dict[Any, Convert] = {}
        self._remembered: dict[str, Convert | None] = {}
        if self._unit is not None:
            self._accept(self._unit, self._unit)
            for other in attribute.accept_units:
                self._accept(other, self._unit)

    def convert(self, number: float, unit: str) -> float | None:
        """The number in the attribute's own unit; None where its unit is not accepted.

        Args:
            number: As read.
            unit: As written behind it; empty counts as the attribute's own.
        """
        if not unit:
            return number
        if unit not in self._remembered:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            self._remembered[unit] = self._find(unit)
        convert = self._remembered[unit]
        return None if convert is None else convert(number)

    def _accept(self, unit: str, into: str) -> None:
        """Enter one unit: under its own name, and as what pint knows it to be."""
        found, target = _parse(unit), _parse(into)
        if found is None or target is None:
            if _singular(lookup_form(unit)) != _singular(lookup_form(into)):
                unknown = unit if found is None else into
                raise ConfigError(
                    f"attribute {self._name!r}: the unit {unknown!r} is not known, so that {unit!r} cannot be converted"
                    f" into {into!r}",
                    hint="Write units as pint knows them (g, kg, ounce, pound, fluid_ounce, inch).",
                )
            convert: Convert = float
        else:
            convert = self._conversion(unit, found, into, target)
            self._known.setdefault(found, convert)
        self._accepted.setdefault(_singular(lookup_form(unit)), convert)

    def _conversion(self, unit: str, found: Any, into: str, target: Any) -> Convert:
        """A conversion by scale and offset, which covers all units in use (temperatures have an offset)."""
        if found.dimensionality != target.dimensionality:
            raise ConfigError(
                f"attribute {self._name!r}: accept_units: {unit!r} ({found.dimensionality}) cannot be converted into"
                f" {into!r} ({target.dimensionality})",
                hint="Accept only units of the same kind.",
            )
        if found == target:
            return float
        quantity = _registry().Quantity
        offset = float(quantity(0.0, found).to(target).magnitude)
        scale = float(quantity(1.0, found).to(target).magnitude) - offset
        return lambda number: number * scale + offset

    def _find(self, unit: str) -> Convert | None:
        for spelling in (unit, lookup_form(unit).rstrip(".")):
            by_name = self._accepted.get(_singular(lookup_form(spelling)))
            if by_name is not None:
                return by_name
            known = _parse(spelling) if self._known else None
            if known is not None and known in self._known:
                return self._known[known]
        return None


@cache
def _registry() -> UnitRegistry[Any]:
    import pint  # noqa: PLC0415 - half a second, spent only where an attribute has a unit

    return pint.UnitRegistry()


def _parse(unit: str) -> Any | None:
    """The unit as pint knows it; None if it does not."""
    for spelling in _spellings(unit):
        try:
            return _registry().parse_units(spelling)
        except Exception:  # noqa: S112 - pint reads units with Python's tokenizer, which raises what it likes
            continue
    return None


def _spellings(unit: str) -> Iterator[str]:
    also = _ALSO.get(lookup_form(unit).rstrip("."))
    if also is not None:
        yield also
    yield unit


def _singular(name: str) -> str:
    return name[:-1] if len(name) > 3 and name.endswith("s") else name
