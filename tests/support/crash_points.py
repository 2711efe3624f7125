"""Every operation on files as a moment at which a process may die.

Python tells of what it is about to open, rename, remove or make (`sys.addaudithook`). What happens
inside of SQLite and Arrow, and what forces a file to the disk, is counted where Python calls it.
The process kills itself with SIGKILL *before* the operation, so that all operations of a run, one
after the other, are all the states in which it can leave the disk.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.truncate")
_FOR_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_WRITES_SQL = ("INSERT", "DELETE", "UPDATE", "BEGIN", "COMMIT", "CREATE", "ALTER", "VACUUM")


class Operations:
    """Counts operations, and kills the process before one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.crash_at: int | None = None
        self.signal: int = signal.SIGKILL
        self.folder = ""

    def meet(self) -> None:
        """One more operation is about to be done."""
        self.count += 1
        if self.count == self.crash_at:
            os.kill(os.getpid(), self.signal)

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """An audit hook."""
        if event not in EVENTS or not self._is_below(arguments[0]):
            return
        if event != "open" or (arguments[2] or 0) & _FOR_WRITING:
            self.meet()

    def _is_below(self, path: Any) -> bool:
        if not isinstance(path, str | os.PathLike):
            return False
        return os.path.abspath(path).startswith(self.folder)


OPERATIONS = Operations()


class WatchedConnection(sqlite3.Connection):
    """A database connection whose changes are operations."""

    def execute(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """As in sqlite3."""
        if sql.lstrip().upper().startswith(_WRITES_SQL):
            OPERATIONS.meet()
        return super().execute(sql, *args)

    def executemany(self, sql: str, *args: Any) -> sqlite3.Cursor:
        """As in sqlite3."""
        OPERATIONS.meet()
        return super().executemany(sql, *args)

    def commit(self) -> None:
        """As in sqlite3."""
        OPERATIONS.meet()
        super().commit()

    def __exit__(self, *exc: Any) -> Any:
        OPERATIONS.meet()
        result = super().__exit__(*exc)
        OPERATIONS.meet()
        return result


def watch(folder: Path, crash_at: int | None, signal_number: int = signal.SIGKILL) -> None:
    """Count the operations on files of this process below a folder.

    Args:
        folder: The folder.
        crash_at: The operation before which the process dies; None is never.
        signal_number: What it sends itself then.
    """
    OPERATIONS.signal = signal_number
    OPERATIONS.folder = str(folder.resolve())
    OPERATIONS.crash_at = crash_at
    sys.addaudithook(OPERATIONS.hear)
    _count_calls(os, "fsync")
    _count_calls(pq.ParquetWriter, "write_table")
    _count_calls(pq.ParquetWriter, "close")
    _count_calls(pa_csv.CSVWriter, "close")
    connect = sqlite3.connect

    def connect_watched(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **{"factory": WatchedConnection, **options})
        return connection

    sqlite3.connect = connect_watched  # type: ignore[assignment]


def _count_calls(owner: Any, name: str) -> None:
    original: Callable[..., Any] = getattr(owner, name)

    def counted(*args: Any, **options: Any) -> Any:
        OPERATIONS.meet()
        return original(*args, **options)

    try:
        setattr(owner, name, counted)
    except TypeError:  # a class of C that takes no other method
        return


def count() -> int:
    """How many operations there were."""
    return OPERATIONS.count
