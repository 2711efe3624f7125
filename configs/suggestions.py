"""What to propose for a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LEAST_SIMILARITY = 0.6


def did_you_mean(name: str, known_names: Iterable[str]) -> str:
    """Ask whether the most similar known name was meant; empty where none is similar."""
    similar = difflib.get_close_matches(name, list(known_names), 1, _LEAST_SIMILARITY)
    return f"did you mean '{similar[0]}'?" if similar else ""


def did_you_mean_or_known(name: str, known_names: Iterable[str]) -> str:
    """Ask whether the most similar known name was meant; where none is similar, list them all."""
    names = sorted(known_names)
    return did_you_mean(name, names) or f"known: {', '.join(names)}"
