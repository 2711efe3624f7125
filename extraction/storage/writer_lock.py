"""One writer per cache. The operating system frees the lock of a process, however it died."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from ...configs.errors import CacheLocked


@contextlib.contextmanager
def writer_lock(folder: Path) -> Iterator[None]:
    """Hold the cache in `folder` for writing.

    Raises:
        CacheLocked: Another living process holds it; the message says which, and on which host.
    """
    lock, owner = FileLock(folder / "lock"), folder / "lock.owner"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise CacheLocked(
            f"{folder}: another run holds the cache ({_read_owner(owner)})",
            hint="Wait until it has finished, or stop that process; its answers are kept.",
        ) from None
    try:
        owner.write_text(f"pid {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()


def _read_owner(owner: Path) -> str:
    try:
        return owner.read_text(encoding="utf-8")
    except OSError:
        return "its owner did not say who it is"
