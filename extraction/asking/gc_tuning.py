"""Python's garbage collector during a run."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

_ALLOCATIONS = 50_000


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Look for cycles every 50,000 allocations instead of every 700.

    A request makes hundreds of objects that die by themselves a moment later; looking through them
    again and again takes a good part of the client's time. Memory stays flat all the same
    (`benchmarks/soak.py`).
    """
    before = gc.get_threshold()
    gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
