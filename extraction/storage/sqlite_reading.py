"""How an SQLite file is opened to be read only."""

from __future__ import annotations

import os
from pathlib import Path


def reading_mode(path: Path) -> str:
    """The mode in a URI of SQLite under which a file in WAL mode can be read.

    SQLite makes two files beside it, also for reading; where the folder cannot be written, that
    ends in "unable to open database file". Where no log is left to be read either, nothing changes
    the file, and it is opened as immutable (https://www.sqlite.org/wal.html#readonly).
    """
    log = path.with_name(f"{path.name}-wal")
    has_log = log.exists() and log.stat().st_size > 0
    if has_log or os.access(path.parent, os.W_OK):
        return "ro"
    return "ro&immutable=1"
