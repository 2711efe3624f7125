"""Journals as the first version of attrx wrote them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

_COLUMNS_SINCE = ("max_tokens", "dropped_options", "charge_usd", "digest")


def write_old_journal(path: Path, rows: Iterable[Sequence[object]]) -> None:
    """Give a journal the columns of the first version, and rows.

    Args:
        path: The SQLite file, as this version made it.
        rows: What the first version wrote, in the order of its columns.
    """
    with closing(sqlite3.connect(path)) as db, db:
        for column in _COLUMNS_SINCE:
            db.execute(f"ALTER TABLE answers DROP COLUMN {column}")
        for row in rows:
            db.execute(f"INSERT INTO answers VALUES ({', '.join('?' * len(row))})", row)
