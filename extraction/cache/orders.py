"""Orders to ask again that are not carried out yet.

`--refresh` and `--retry-failed` may take several calls: a budget ends one, batches come back later,
a run is killed. So the time of an order is kept, for each model, until all of it is done; what was
answered since then is not asked a second time.
"""

from __future__ import annotations

from collections.abc import Iterable

from .journal import Journal

ORDERS_TABLE = "reask_orders"
_CREATE = f"""
CREATE TABLE IF NOT EXISTS {ORDERS_TABLE} (
    kind TEXT, model_part BLOB, since_ns INTEGER NOT NULL, PRIMARY KEY (kind, model_part)
) WITHOUT ROWID
"""
_IS_THERE = f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{ORDERS_TABLE}'"  # noqa: S608 - all names are our own
_SELECT = f"SELECT model_part, since_ns FROM {ORDERS_TABLE} WHERE kind = ?"  # noqa: S608
_INSERT = f"INSERT OR IGNORE INTO {ORDERS_TABLE} VALUES (?, ?, ?)"  # noqa: S608
_DELETE = f"DELETE FROM {ORDERS_TABLE} WHERE kind = ? AND model_part = ?"  # noqa: S608


class Orders:
    """The orders of one cache.

    What writes raises a CacheError where the disk is full or broken, and has then written nothing.

    Args:
        journal: The journal of that cache; where it is open for reading, only `pending` can be
            called.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def pending(self, kind: str) -> dict[bytes, int]:
        """The orders of a kind: digest of a model -> nanoseconds since 1970.

        Args:
            kind: `refresh` or `retry_failed`.
        """
        if not list(self._journal.rows(_IS_THERE)):
            return {}
        return dict(self._journal.rows(_SELECT, kind))

    def place(self, kind: str, model_parts: Iterable[bytes], now_ns: int) -> dict[bytes, int]:
        """Order now what is not ordered already; all orders of this kind."""
        rows = [(kind, part, now_ns) for part in model_parts]
        with self._journal.transaction() as db:
            db.execute(_CREATE)
            db.executemany(_INSERT, rows)
        return self.pending(kind)

    def fulfil(self, kind: str, model_parts: Iterable[bytes]) -> None:
        """All that was ordered for these models is done."""
        rows = [(kind, part) for part in model_parts]
        with self._journal.transaction() as db:
            db.execute(_CREATE)
            db.executemany(_DELETE, rows)
