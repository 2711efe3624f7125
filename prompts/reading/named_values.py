"""Which values the JSON of an answer gives to which attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from ...configs.normalization import name_key
from .answer_keys import ATTRIBUTE_KEYS, find_answer
from .quantity_objects import UNIT_KEYS, find_unit
from .wrappers import embedded_json, is_thought, is_thoughts_key

_DEEPEST_WRAPPER: Final = 4

NamedValues = dict[str, list[Any]]
"""Attribute -> the values that an answer gives to it, in order."""


class AttributeNames:
    """The attributes of a request, by the names that models give them.

    Args:
        attributes: Their names in the config.
        numbers: Those of them that are numbers: a unit may stand beside their value.

    Attributes:
        attribute_by_key: `name_key` of each name -> the name; a key that two of them share stands
            for neither.
        numbers: As given.
    """

    def __init__(self, attributes: Sequence[str], numbers: Collection[str] = ()) -> None:
        self._attributes = frozenset(attributes)
        self.numbers = frozenset(numbers)
        uses = Counter(map(name_key, attributes))
        self.attribute_by_key: dict[str, str] = {}
        for attribute in attributes:
            key = name_key(attribute)
            if key and uses[key] == 1:
                self.attribute_by_key[key] = attribute

    def find(self, name: str) -> str | None:
        """The attribute that a key of an answer means."""
        if name in self._attributes:
            return name
        return self.attribute_by_key.get(name_key(name))

    def collect(self, content: Any, values: NamedValues, depth: int = 0) -> None:
        """Add what an object, or a list of objects, says about the attributes.

        Where it speaks of none, it may be a wrapper around one that does, which may be a text.
        """
        if isinstance(content, str) and depth:
            for json_content in embedded_json(content):
                self.collect(json_content, values, depth + 1)
        if isinstance(content, list):
            for part in content:
                if isinstance(part, dict):
                    self.collect(part, values, depth)
        if not isinstance(content, dict) or is_thought(content):
            return
        own_values = self._read_pair(content) or self._read_members(content)
        for attribute, value in own_values.items():
            values.setdefault(attribute, []).append(value)
        if not own_values and depth < _DEEPEST_WRAPPER:
            for name, value in content.items():
                if not is_thoughts_key(name):
                    self.collect(value, values, depth + 1)

    def _read_members(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Read `{"gender": "male", "Brand": "Nike"}`."""
        values = {}
        for name, value in content.items():
            attribute = self.find(name)
            if attribute is not None:
                values[attribute] = value
        if values.keys() & self.numbers and len(values) < len(content):
            self._add_units(content, values)
        return values

    def _add_units(self, content: Mapping[str, Any], values: dict[str, Any]) -> None:
        """Put units that stand beside numbers (`weight_unit`, `unit`) to them."""
        value_by_key = {}
        for name, value in content.items():
            if self.find(name) is None:
                value_by_key[name_key(name)] = value
        common_unit = find_unit(value_by_key)
        for attribute in self.numbers & values.keys():
            own_unit = find_unit(value_by_key, name_key(attribute))
            unit = own_unit or common_unit
            value = values[attribute]
            if isinstance(value, list) and len(value) == 1:
                value = value[0]
            is_plain = isinstance(value, str | int | float)
            if unit is not None and is_plain:
                values[attribute] = {"value": value, "unit": unit}

    @cached_property
    def attribute_by_unit_key(self) -> dict[str, str]:
        """Key of a unit beside a number -> its attribute; `""` stands for all numbers."""
        attribute_by_key = dict.fromkeys(UNIT_KEYS, "") if self.numbers else {}
        for attribute in self.numbers:
            for unit_key in UNIT_KEYS:
                attribute_by_key[name_key(attribute) + unit_key] = attribute
        return attribute_by_key

    def _read_pair(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Read `{"attribute": "gender", "value": "male"}`; empty for any other object."""
        if len(content) < 2:
            return {}
        answers = find_answer(content)
        attribute = self._find_spelt_out(content)
        if attribute is None or not answers:
            return {}
        unit = find_unit({name_key(name): value for name, value in content.items()})
        if unit is not None:
            return {attribute: {"value": answers[0], "unit": unit}}
        return {attribute: answers[0]}

    def _find_spelt_out(self, content: Mapping[str, Any]) -> str | None:
        """The attribute that is named by a value; the first name counts."""
        for name, value in content.items():
            if name_key(name) in ATTRIBUTE_KEYS and isinstance(value, str):
                return self.find(value)
        return None


def unnamed_answer(content: Mapping[str, Any]) -> list[Any]:
    """What an object that names no attribute calls the answer: one value, or none.

    It can only be about the one attribute that was asked. With a unit beside it, it is the object.
    """
    value_by_key = {name_key(name): value for name, value in content.items()}
    if value_by_key.keys() & ATTRIBUTE_KEYS:
        return []
    return [content] if find_unit(value_by_key) is not None else find_answer(content)
