"""A process that dies at the nth file operation, without the cost of a process."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from attrx.extraction.cache.journal import Journal

OPERATIONS: tuple[tuple[Any, str], ...] = (
    (Path, "replace"),
    (Path, "rename"),
    (Path, "unlink"),
    (Path, "write_bytes"),
    (os, "link"),
    (os, "fsync"),
    (pq, "write_table"),
    (Journal, "drop"),
)
"""What changes the files of a cache."""


class Crash(BaseException):
    """The process is dead; nothing catches this."""


class CrashPoint:
    """Lets file operations happen up to one, and none from then on, not even to tidy up.

    Args:
        after: How many operations happen.

    Attributes:
        is_reached: Whether the process died.
    """

    def __init__(self, after: int) -> None:
        self.is_reached = False
        self._left = after

    def arm(self, patch: pytest.MonkeyPatch) -> None:
        """Stand before every file operation."""
        for owner, name in OPERATIONS:
            patch.setattr(owner, name, self._guard(getattr(owner, name)))

    def _guard(self, operation: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            if _is_of_the_lock(args[0]):  # which the system frees, however a process died
                return operation(*args, **kwargs)
            if self._left == 0:
                self.is_reached = True
                raise Crash
            self._left -= 1
            return operation(*args, **kwargs)

        return guarded


def bury() -> None:
    """Let go of the connections of those that died, which nobody has closed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _is_of_the_lock(target: object) -> bool:
    return isinstance(target, str | Path) and Path(target).name.startswith("lock")
