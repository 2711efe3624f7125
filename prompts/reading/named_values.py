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
        keys = {attribute: name_key(attribute) for attribute in attributes}
        uses = Counter(keys.values())
        self.attribute_by_key = {
            key: attribute for attribute, key in keys.items() if key and uses[key] == 1
        }

    def find(self, name: str) -> str | None:
        """The attribute that a key of an answer means."""
        return name if name in self._attributes else self.attribute_by_key.get(name_key(name))

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
        for name, value in content.items():
            if name_key(name) in ATTRIBUTE_KEYS and isinstance(value, str):
                attribute = self.find(value)
                return {attribute: answers[0]} if attribute is not None and answers else {}
        return {}


def unnamed_answer(content: Mapping[str, Any]) -> list[Any]:
    """What an object that names no attribute calls the answer: one value, or none.

    It can only be about the one attribute that was asked.
    """
    if any(name_key(name) in ATTRIBUTE_KEYS for name in content):
        return []
    return find_answer(content)
