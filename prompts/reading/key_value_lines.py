"""`Key: value` lines: lists, Markdown tables, JSON members without their braces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ...configs.normalization import name_key
from .named_values import AttributeNames
from .turns import takes_back

LONGEST_LINE: Final = 1000
"""So many signs of a line are read."""

MOST_LINES: Final = 500
"""So many lines are read."""

MEMBER: Final = re.compile(r"(?:^|[,;]\s*)(?P<name>[^:=|,;]{1,80}?)\s*[:=|]\s*")
"""The name in front of a value, with what stands between them."""

_BULLET: Final = re.compile(r"\s*(?:[-+*•>#|]+\s+|\|\s*|\d{1,3}[.)]\s+)*")
_QUOTES: Final = {('"', '"'), ("'", "'"), ("“", "”")}

LineValue = str | dict[str, str]
"""A value as written, or `{"value": ..., "unit": ...}` where its unit stands in another line."""


def read_lines(text: str, names: AttributeNames) -> dict[str, LineValue]:
    """Read lines; those about other things are passed over.

    Args:
        text: Of any length; the first lines count.
        names: The attributes that were asked.

    Returns:
        Attribute -> its value, the last one where there are several. Where all attributes have
        one, a further line about one of them is about another product, unless words between take
        the first answer back.
    """
    values: dict[str, str] = {}
    units: dict[str, str] = {}
    # Attributes that the answer has not spoken of, or not since it took itself back.
    open_attributes = set(names.attribute_by_key.values())
    lines_between: list[str] = []
    for line in text.split("\n", MOST_LINES)[:MOST_LINES]:
        is_answer = False
        for attribute, value, is_unit in _members(line, names):
            if is_unit:
                units[attribute] = value
                continue
            if not open_attributes and takes_back("\n".join(lines_between)):
                open_attributes.update(names.attribute_by_key.values())
            if not open_attributes and values[attribute] != value:
                return _with_units(values, units, names)
            values[attribute] = value
            open_attributes.discard(attribute)
            is_answer = True
        if is_answer:
            lines_between = []
        else:
            lines_between.append(line)
    return _with_units(values, units, names)


def without_bullet(line: str) -> str:
    """A line without the marks of a list or table in front of it."""
    return _BULLET.sub("", line[:LONGEST_LINE], count=1)


def unwrap(text: str) -> str:
    """A value without emphasis, code marks, quotes, or what ends a member of JSON or of a table."""
    text = text.strip().rstrip("|").rstrip()
    if text.startswith(("*", "_", "`")) or text.endswith(("**", "`")):
        text = text.strip("*_` ")
    if text[:1] in "\"'“" and text.endswith(","):
        text = text[:-1].rstrip()
    ends = (text[:1], text[-1:])
    if len(text) > 1 and ends in _QUOTES:
        text = text[1:-1].strip()
    return text


def _members(line: str, names: AttributeNames) -> Iterator[tuple[str, str, bool]]:
    """The attributes that a line names, with their values; of one the last.

    True stands with the unit of an attribute, and with `""` for the unit of all numbers.
    """
    content = without_bullet(line)
    stop = len(content)
    value_by_attribute: dict[tuple[str, bool], str] = {}
    members = list(MEMBER.finditer(content))
    # From the last one, since the value of a member goes up to the next member.
    for member in reversed(members):
        key = name_key(member["name"])
        is_unit = key not in names.attribute_by_key
        known_names = names.attribute_by_unit_key if is_unit else names.attribute_by_key
        name = known_names.get(key)
        if name is None:
            continue
        value = content[member.end() : stop]
        value_by_attribute.setdefault((name, is_unit), unwrap(value))
        stop = member.start()
    in_order = reversed(value_by_attribute.items())
    for (name, is_unit), value in in_order:
        yield name, value, is_unit


def _with_units(
    values: dict[str, str], units: dict[str, str], names: AttributeNames
) -> dict[str, LineValue]:
    """The values, numbers with the units that stand in lines of their own."""
    complete_values: dict[str, LineValue] = dict(values)
    for attribute in names.numbers & values.keys():
        unit = units.get(attribute) or units.get("")
        if unit:
            complete_values[attribute] = {"value": values[attribute], "unit": unit}
    return complete_values
