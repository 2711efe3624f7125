"""Which values the JSON of an answer gives to which attributes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ...configs.normalization import name_key
from .answer_keys import ATTRIBUTE_KEYS, find_answer

_DEEPEST_WRAPPER: Final = 4

NamedValues = dict[str, list[Any]]
"""Attribute -> the values that an answer gives to it, in order."""


class AttributeNames:
    """The attributes of a request, by the names that models give them.

    Args:
        attributes: Their names in the config.

    Attributes:
        attribute_by_key: `name_key` of each name -> the name; a key that two of them share stands
            for neither.
    """

    def __init__(self, attributes: Sequence[str]) -> None:
        self._attributes = frozenset(attributes)
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

        Where it speaks of none, it may be a wrapper around one that does.
        """
        if isinstance(content, list):
            for part in content:
                if isinstance(part, dict):
                    self.collect(part, values, depth)
        if not isinstance(content, dict):
            return
        own_values = self._read_pair(content) or self._read_members(content)
        for attribute, value in own_values.items():
            values.setdefault(attribute, []).append(value)
        if not own_values and depth < _DEEPEST_WRAPPER:
            for value in content.values():
                self.collect(value, values, depth + 1)

    def _read_members(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Read `{"gender": "male", "Brand": "Nike"}`."""
        values = {}
        for name, value in content.items():
            attribute = self.find(name)
            if attribute is not None:
                values[attribute] = value
        return values

    def _read_pair(self, content: Mapping[str, Any]) -> dict[str, Any]:
        """Read `{"attribute": "gender", "value": "male"}`; empty for any other object."""
        if len(content) < 2:
            return {}
        answers = find_answer(content)
        attribute = self._find_spelt_out(content)
        if attribute is None or not answers:
            return {}
        return {attribute: answers[0]}

    def _find_spelt_out(self, content: Mapping[str, Any]) -> str | None:
        """The attribute that is named by a value; the first name counts."""
        for name, value in content.items():
            if name_key(name) in ATTRIBUTE_KEYS and isinstance(value, str):
                return self.find(value)
        return None


def unnamed_answer(content: Mapping[str, Any]) -> list[Any]:
    """What an object that names no attribute calls the answer: one value, or none.

    It can only be about the one attribute that was asked.
    """
    keys = set(map(name_key, content))
    return [] if keys & ATTRIBUTE_KEYS else find_answer(content)
