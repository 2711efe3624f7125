"""Objects and pairs that hold a value beside something else: its unit, or how sure the model is.

`{"value": 0.35, "unit": "kg"}` is 0.35 kg, and `["Acme", 0.9]` is Acme. What stands beside a value
is never dropped where it may change what the value means.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ...configs.normalization import name_key
from .answer_keys import find_answer
from .json_objects import JsonNumber

_AMOUNT_KEYS: Final = (
    "amount",
    "measure",
    "number",
    "quantity",
    "magnitude",
    "measurement",
    "numericvalue",
    "numvalue",
    "val",
)
UNIT_KEYS: Final = (
    "unit",
    "units",
    "unittext",
    "unitcode",
    "uom",
    "unitofmeasure",
    "unitofmeasurement",
    "measureunit",
    "measurementunit",
    "unitname",
    "unitsymbol",
    "einheit",
    "unité",
    "unidad",
    "unità",
    "eenheid",
    "jednostka",
    "unidade",
    "birim",
)
"""Keys (as `name_key` leaves them) that hold a unit, the likeliest first."""

_PLAIN_NUMBER: Final = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)")


@dataclass(frozen=True, slots=True)
class ValueWithUnit:
    """What an object says.

    Attributes:
        value: The value.
        unit: The unit beside it: a text, None where none is told, or whatever else stands there.
    """

    value: object
    unit: object = None


def read_value_object(content: Mapping[Any, object], own_name: str) -> ValueWithUnit | None:
    """The value and the unit of an object; None where it holds no value.

    Args:
        content: The object.
        own_name: The attribute's name, which may be the key of the value.
    """
    value_by_key = {}
    for name, value in content.items():
        value_by_key[name_key(str(name))] = value
    unit = find_unit(value_by_key)
    answers = find_answer(content)
    if answers:
        return ValueWithUnit(answers[0], unit)
    for key in (*_AMOUNT_KEYS, name_key(own_name)):
        if key in value_by_key:
            return ValueWithUnit(value_by_key[key], unit)
    return None


def find_unit(value_by_key: Mapping[str, object], prefix: str = "") -> object:
    """What an object holds under the likeliest of `UNIT_KEYS`; None where that is nothing.

    Args:
        value_by_key: Its values, by `name_key` of their names.
        prefix: The `name_key` of an attribute whose unit is meant (`weight_unit`).
    """
    for key in UNIT_KEYS:
        unit = value_by_key.get(prefix + key)
        if prefix and unit is None:
            unit = value_by_key.get(f"{key}of{prefix}")
        if unit is not None and unit != "":
            return unit
    return None


def number_in(part: object) -> float | None:
    """The number that a part of a list is, if it is one: a number of JSON, or a text like it."""
    if isinstance(part, bool):
        return None
    if isinstance(part, int | float):
        return float(part)
    if isinstance(part, str) and _PLAIN_NUMBER.fullmatch(part.strip()):
        return float(part)
    return None


def is_number(part: object) -> bool:
    """Whether a part of a list is a number of JSON, and not a text."""
    return isinstance(part, JsonNumber | int | float) and not isinstance(part, bool)


def text_and_number(parts: Sequence[object]) -> tuple[object, object] | None:
    """The text (or yes, no, null) and the number of a list of the two; None for any other list."""
    if len(parts) != 2:
        return None
    are_numbers = [is_number(part) for part in parts]
    if not any(are_numbers):
        are_numbers = [number_in(part) is not None for part in parts]
    if are_numbers == [False, True]:
        text, number = parts
    elif are_numbers == [True, False]:
        number, text = parts
    else:
        return None
    return (text, number) if text is None or isinstance(text, str | bool) else None


def is_probability(part: object) -> bool:
    """Whether a part of a list may say how sure the model is."""
    number = number_in(part)
    return number is not None and 0 <= number <= 1
