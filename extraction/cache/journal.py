"""The journal: where an answer is on disk the moment after it came (DESIGN, section 6).

SQLite in WAL mode with synchronous=FULL. A commit returns once the disk has it; what is compacted
into Parquet is then removed from here, in a transaction of its own, so that a kill between the two
leaves the answer twice and not
never: `answered_ns` is unique, and readers drop the copy.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from ...configs.errors import CacheError
from .schema import ANSWERS, DIGEST, VOTE

NAMES = tuple(ANSWERS.names)
Answer = dict[str, Any]
"""One row of `schema.ANSWERS`; `answered_ns` is given by the journal."""

_CREATE = f"""
CREATE TABLE IF NOT EXISTS answers (
    {", ".join(NAMES)}, bucket INTEGER NOT NULL, PRIMARY KEY (answered_ns)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_bucket ON answers (bucket);
"""
_INSERT = f"INSERT INTO answers VALUES ({', '.join('?' * (len(NAMES) + 1))})"  # noqa: S608 - all names are our own
_SELECT = f"SELECT {', '.join(NAMES)} FROM answers"  # noqa: S608 - likewise
ROWS_A_FETCH = 4096


class Journal:
    """The journal of one cache. Used by one writer, from any thread but one at a time; readers open their own.

    Args:
        path: The SQLite file; made if it is not there, unless `readonly`.
        readonly: Open for reading.

    Raises:
        CacheError: The file cannot be opened.
    """

    def __init__(self, path: Path, *, readonly: bool = False) -> None:
        self.path = path
        self.readonly = readonly
        self._last_ns = 0
        try:
            self._db = sqlite3.connect(
                f"file:{_quoted(path)}?mode={'ro' if readonly else 'rwc'}",
                uri=True,
                check_same_thread=False,
                timeout=30,
            )
            if not readonly:
                self._db.executescript(
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + _CREATE
                )
        except sqlite3.Error as error:
            raise _cache_error(path, error) from error

    def commit(self, answers: Iterable[tuple[int, Answer]]) -> None:
        """Write (bucket, answer) pairs in one transaction; on return the disk has them.

        Raises:
            CacheError: The disk is full or broken; nothing of this call was written.
        """
        with self.transaction():
            self.add(answers)

    def add(self, answers: Iterable[tuple[int, Answer]]) -> None:
        """Write (bucket, answer) pairs, inside a transaction."""
        self._db.executemany(_INSERT, [(*self._row(answer), bucket) for bucket, answer in answers])

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is done inside is written as a whole or not at all; on the way out the disk has it. They do not nest.

        Raises:
            CacheError: The disk is full or broken; nothing was written.
        """
        try:
            with self._db:
                yield self._db
        except sqlite3.Error as error:
            raise _cache_error(self.path, error) from error

    def rows(self, query: str, *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows that a query finds, one by one.

        Raises:
            CacheError: The file is broken.
        """
        try:
            yield from self._db.execute(query, values)
        except sqlite3.Error as error:
            raise _cache_error(self.path, error) from error

    def _row(self, answer: Answer) -> list[Any]:
        packed = {**answer, "answered_ns": self.now_ns(), "votes": _pack_votes(answer["votes"])}
        return [packed.get(name) for name in NAMES]

    def now_ns(self) -> int:
        """The time, in nanoseconds since 1970, later than that of every answer so far; never the same twice."""
        self._last_ns = max(self._last_ns + 1, time.time_ns())
        return self._last_ns

    def advance(self, answered_ns: int) -> None:
        """Give later answers a larger `answered_ns` than this, also where the clock was set back."""
        self._last_ns = max(self._last_ns, answered_ns)

    def buckets(self) -> list[int]:
        """The buckets that have something here."""
        return [
            bucket
            for (bucket,) in self._db.execute("SELECT DISTINCT bucket FROM answers ORDER BY bucket")
        ]

    def read(self, bucket: int) -> pa.Table:
        """All answers of a bucket, oldest first, as a table of `schema.ANSWERS`."""
        cursor = self._db.execute(f"{_SELECT} WHERE bucket = ? ORDER BY answered_ns", (bucket,))
        return pa.Table.from_batches(list(_batches(cursor)), ANSWERS)

    def drop(self, bucket: int, up_to_ns: int) -> None:
        """Remove what has been compacted."""
        with self._db:
            self._db.execute(
                "DELETE FROM answers WHERE bucket = ? AND answered_ns <= ?", (bucket, up_to_ns)
            )

    def close(self) -> None:
        """Close the file; the last writer folds the WAL into it."""
        self._db.close()


def _batches(cursor: sqlite3.Cursor) -> Iterator[pa.RecordBatch]:
    while rows := cursor.fetchmany(ROWS_A_FETCH):
        columns = dict(zip(NAMES, zip(*rows, strict=True), strict=True))
        votes = _unpack_votes(columns.pop("votes"))
        arrays = [
            votes if field.name == "votes" else pa.array(columns[field.name], field.type)
            for field in ANSWERS
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=ANSWERS)


def _pack_votes(votes: list[dict[str, Any]]) -> bytes:
    return orjson.dumps(
        [[v.hex() if isinstance(v, bytes) else v for v in vote.values()] for vote in votes]
    )


def _unpack_votes(packed: Sequence[bytes]) -> pa.ListArray:
    """The votes of many answers as a column of `schema.ANSWERS`."""
    lists = [orjson.loads(each) for each in packed]
    offsets = np.cumsum([0, *map(len, lists)], dtype=np.int32)
    columns = list(itertools.zip_longest(*itertools.chain.from_iterable(lists)))
    # Votes may have been packed without the last fields, by an attrx that did not know them yet.
    columns += [(None,) * int(offsets[-1])] * (len(VOTE) - len(columns))
    arrays = [
        _digests(column) if field.type == DIGEST else column
        for field, column in zip(VOTE, columns, strict=True)
    ]
    votes = [pa.array(column, field.type) for field, column in zip(VOTE, arrays, strict=True)]
    return pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays(votes, fields=list(VOTE)))


def _digests(column: Iterable[str | None]) -> list[bytes | None]:
    return [None if text is None else bytes.fromhex(text) for text in column]


def _quoted(path: Path) -> str:
    return str(path.absolute()).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _cache_error(path: Path, error: sqlite3.Error) -> CacheError:
    hint = (
        "Free some disk space and run again: what was committed is kept."
        if "full" in str(error)
        else ""
    )
    return CacheError(f"{path}: {error}", hint=hint)
