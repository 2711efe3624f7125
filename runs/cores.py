"""The processor cores that this process may use."""

from __future__ import annotations

import os


def n_cores() -> int:
    """At least 1; in a container, those that it was given."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
