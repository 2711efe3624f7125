"""Files that are whole or not there at all, also after a power cut."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from ...configs.errors import CacheError


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file beside `path`, then put it in its place.

    Yields:
        The path to write to.

    Raises:
        CacheError: The disk is full or not writable; what stood at `path` still stands there.
    """
    temporary = path.with_name(path.name + ".tmp")
    try:
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise CacheError(
            f"{path}: cannot be written: {error.strerror or error}",
            hint="Free some disk space and run again: what was committed is kept.",
        ) from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
