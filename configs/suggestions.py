"""What to propose for a name that is not known."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_LEAST_SIMILARITY = 0.6


def closest_name(name: str, known_names: Iterable[str]) -> str | None:
    """The most similar known name; None where none is similar."""
    candidates = list(known_names)
    similar = difflib.get_close_matches(name, candidates, n=1, cutoff=_LEAST_SIMILARITY)
    return similar[0] if similar else None


def did_you_mean(name: str, known_names: Iterable[str]) -> str:
    """Ask whether the most similar known name was meant; empty where none is similar."""
    closest = closest_name(name, known_names)
    return "" if closest is None else f"did you mean '{closest}'?"


def did_you_mean_or_known(name: str, known_names: Iterable[str]) -> str:
    """Ask whether the most similar known name was meant; where none is similar, list them all."""
    names = sorted(known_names)
    return did_you_mean(name, names) or f"known: {', '.join(names)}"
