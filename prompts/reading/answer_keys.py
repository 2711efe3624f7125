"""What models call an answer, and an attribute, where they do not use the attribute's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...configs.normalization import name_key

ANSWER_KEYS: Final = (
    "value",
    "answer",
    "finalanswer",
    "result",
    "choice",
    "option",
    "label",
    "output",
    "response",
    "prediction",
)
"""Keys (as `name_key` leaves them) that hold an answer, the likeliest first."""

ATTRIBUTE_KEYS: Final = frozenset(
    {"attribute", "attributename", "name", "key", "field", "property"}
)
"""Keys that hold an attribute's name."""


def find_answer(content: Mapping[Any, object]) -> list[object]:
    """What an object holds under the likeliest of `ANSWER_KEYS`: one value, or none.

    The value itself may be None, which is why it comes in a list.
    """
    value_by_key = {}
    for name, value in content.items():
        value_by_key[name_key(str(name))] = value
    for key in ANSWER_KEYS:
        if key in value_by_key:
            return [value_by_key[key]]
    return []
