"""A mark beside the journal: its log holds answers that the file lacks.

It is set once something was committed, and taken away before the log is folded into the file and
goes. So a log that is missing beside a mark was lost, and not folded in. It is a file of its own,
since a name can be removed on a disk that is full, and nothing can be written there.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from ..storage.modes import open_in_folder


def mark_in_use(path: Path) -> bool:
    """Set the mark of a journal whose log holds something; without one, a lost log is not missed.

    Returns:
        Whether it is set: not where the log is empty, as a transaction that changed nothing leaves
        it, nor where it cannot be.
    """
    log = path.with_name(path.name + "-wal")
    with contextlib.suppress(OSError):
        if log.stat().st_size > 0:
            os.close(open_in_folder(_marker(path), os.O_CREAT | os.O_WRONLY))
            return True
    return False


def unmark(path: Path) -> None:
    """Take it away."""
    with contextlib.suppress(OSError):
        _marker(path).unlink(missing_ok=True)


def is_marked(path: Path) -> bool:
    """Whether the log of a journal must be there."""
    return _marker(path).exists()


def _marker(path: Path) -> Path:
    return path.with_name(path.name + ".in-use")
