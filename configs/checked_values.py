"""What a stranger says in numbers and names: a value that can be meant, or None for "not told".

Servers, gateways and files say what they like: counts below nothing, numbers of 5,000 digits, ids
that fill a screen. Whatever is not in the range given here counts as if it had not been said.
"""

from __future__ import annotations

import math
import re
from typing import Any, Final

from .characters import HIDDEN_CHARACTERS, LONE_SURROGATES

MOST_TOKENS: Final = 10**9
"""More than any model takes or gives."""
LONGEST_WORD: Final = 200
"""Characters of an id, a version or a header; those of vendors have less than 100."""
LONGEST_WAIT_S: Final = 31 * 86_400.0
"""A vendor that asks for more than a month means something else."""

# More digits than a float tells apart; Python takes long over thousands of them, or refuses.
_LONGEST_NUMBER = 40
_UNPRINTABLE = re.compile(rf"[\x00-\x1f\x7f-\x9f{HIDDEN_CHARACTERS}{LONE_SURROGATES}]")


def count_or_none(value: Any, most: int = MOST_TOKENS) -> int | None:
    """A whole number in [0, most], also one that is written 12.0."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    return value if 0 <= value <= most else None


def word_or_none(value: Any) -> str | None:
    """A text on one line of 1 to `LONGEST_WORD` characters that can be seen."""
    if not isinstance(value, str):
        return None
    word = value.strip()
    is_usable = 0 < len(word) <= LONGEST_WORD and not _UNPRINTABLE.search(word)
    return word if is_usable else None


def number_or_none(text: Any) -> float | None:
    """The finite number that a short text holds."""
    if not isinstance(text, str) or len(text) > _LONGEST_NUMBER:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def wait_or_none(seconds: Any) -> float | None:
    """Seconds in [0, LONGEST_WAIT_S]."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        return None
    return float(seconds) if 0 <= seconds <= LONGEST_WAIT_S else None


def share_or_none(value: Any) -> float | None:
    """A number in [0, 1]."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value <= 1 else None
