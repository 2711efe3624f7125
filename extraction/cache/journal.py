"""The journal: where an answer is on disk the moment after it came (docs/design.md#durability).

SQLite in WAL mode with synchronous=FULL. A commit returns once the disk has it; what is compacted
into Parquet is then removed from here, in a transaction of its own, so that a kill between the two
leaves the answer twice and never loses it: `answered_ns` is unique, and readers drop the copy.
"""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ...configs.errors import CacheDamaged
from ..storage.atomic_write import replacing
from ..storage.modes import follow_folder
from ..storage.sqlite_log import fold_log
from ..storage.symlinks import refuse_link_outside
from .journal_file import connect, journal_error
from .journal_marker import mark_in_use, unmark
from .schema import ANSWERS
from .stored_values import TYPES, row_digest, storable
from .vote_packing import pack_votes, unpack_votes

COLUMNS = tuple(ANSWERS.names)
ROW = (*COLUMNS, "bucket", "digest")
"""The columns of the table, in its order: of `schema.ANSWERS`, where the row belongs, and a digest
of the former by which it is known to be what was written; empty in rows of earlier editions."""
Answer = dict[str, Any]
"""One row of `schema.ANSWERS`; `answered_ns` is given by the journal."""

_CREATE = f"""
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS answers (
    {", ".join(COLUMNS)}, bucket INTEGER NOT NULL, digest, PRIMARY KEY (answered_ns)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_bucket ON answers (bucket);
"""
_INSERT = (
    f"INSERT INTO answers ({', '.join(ROW)})"  # noqa: S608 - all names are our own
    f" VALUES ({', '.join('?' * len(ROW))})"
)
_SELECT = "SELECT {columns} FROM answers WHERE bucket = ? ORDER BY answered_ns"
_TABLE = "SELECT name FROM pragma_table_info('answers')"
_BUCKETS = "SELECT DISTINCT bucket FROM answers ORDER BY bucket"
_DROP = "DELETE FROM answers WHERE bucket = ? AND answered_ns <= ?"
ROWS_A_FETCH = 4096
WORTH_GIVING_BACK_BYTES = 1 << 20
"""Less than this in empty pages stays in the file, for the answers that come next."""


class Journal:
    """The journal of one cache.

    Used by one writer, from any thread but one at a time; readers open their own.

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
        self._is_marked = readonly
        mode = "ro" if readonly else "rw"
        for suffix in ("", "-wal", "-shm"):
            refuse_link_outside(path.with_name(path.name + suffix))
        if not readonly:
            _make_journal(path)
        try:
            self._db = connect(path, mode)
            if not readonly:
                self._db.executescript(_CREATE)
                self._add_columns()
                [(newest_ns,)] = self._db.execute("SELECT max(answered_ns) FROM answers")
                self.advance(newest_ns or 0)
            self._select = _SELECT.format(columns=", ".join(self._columns_to_read()))
        except sqlite3.Error as error:
            raise journal_error(path, error) from error

    def _table_columns(self) -> set[str]:
        """The columns that the file has; one of an older attrx lacks those that came since."""
        return {name for (name,) in self._db.execute(_TABLE)}

    def _add_columns(self) -> None:
        """Give a file of an older attrx the columns that came since, empty in its rows."""
        table_columns = self._table_columns()
        for column in ROW:
            if column not in table_columns:
                self._db.execute(f"ALTER TABLE answers ADD COLUMN {column}")

    def _columns_to_read(self) -> list[str]:
        """The columns, the digest last; null where an older file that is only read has none."""
        table_columns = self._table_columns()
        columns = []
        for column in (*COLUMNS, "digest"):
            columns.append(column if column in table_columns else f"NULL AS {column}")
        return columns

    def commit(self, answers: Iterable[tuple[int, Answer]]) -> None:
        """Write (bucket, answer) pairs in one transaction; on return the disk has them.

        Raises:
            CacheError: The disk is full or broken; nothing of this call was written.
        """
        with self.transaction():
            self.add(answers)

    def add(self, answers: Iterable[tuple[int, Answer]]) -> None:
        """Write (bucket, answer) pairs, inside a transaction."""
        rows = itertools.starmap(self._row, answers)
        self._db.executemany(_INSERT, rows)

    def _row(self, bucket: int, answer: Answer) -> list[Any]:
        by_column = {"answered_ns": self.now_ns(), "votes": pack_votes(answer["votes"])}
        for name, value in answer.items():
            if name not in by_column:
                by_column[name] = storable(value, TYPES[name])
        row: list[Any] = list(map(by_column.get, COLUMNS))
        digest = row_digest(COLUMNS, row)
        return [*row, bucket, digest]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is done inside is written as a whole or not at all; on the way out the disk has it.

        Transactions do not nest.

        Raises:
            CacheError: The disk is full or broken; nothing was written.
        """
        try:
            with self._db:
                yield self._db
        except sqlite3.Error as error:
            raise journal_error(self.path, error) from error
        if not self._is_marked:
            self._is_marked = mark_in_use(self.path)

    def rows(self, query: str, *values: object) -> Generator[tuple[Any, ...], None, None]:
        """The rows that a query gives, one by one.

        Raises:
            CacheError: The file is broken.
        """
        try:
            yield from self._db.execute(query, values)
        except sqlite3.Error as error:
            raise journal_error(self.path, error) from error

    def now_ns(self) -> int:
        """Nanoseconds since 1970, later than the time of every answer so far."""
        self._last_ns = max(self._last_ns + 1, time.time_ns())
        return self._last_ns

    def reserve_ns(self, count: int) -> range:
        """As many such times, rising."""
        first_ns = self.now_ns()
        self._last_ns += count
        return range(first_ns, first_ns + count)

    def advance(self, answered_ns: int) -> None:
        """Give later answers a larger `answered_ns` than this, even if the clock was set back."""
        self._last_ns = max(self._last_ns, answered_ns)

    def seconds_ahead(self) -> float:
        """By how much the newest answer is later than the clock; 0 where the clock is right."""
        return max(self._last_ns - time.time_ns(), 0) / 1e9

    def buckets(self) -> list[int]:
        """The buckets that have something here."""
        rows = self.rows(_BUCKETS)
        return [bucket for (bucket,) in rows]

    def read(self, bucket: int) -> pa.Table:
        """All answers of a bucket, oldest first, as a table of `schema.ANSWERS`.

        Raises:
            CacheDamaged: One of them is not what was written.
        """
        batches = []
        with contextlib.closing(self.rows(self._select, bucket)) as rows:
            known_rows = map(self._known_row, rows)
            while chunk := list(itertools.islice(known_rows, ROWS_A_FETCH)):
                batches.append(_record_batch(chunk))
        return pa.Table.from_batches(batches, ANSWERS)

    def _known_row(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        *values, digest = row
        if not is_row_known(values, digest):
            raise CacheDamaged(f"{self.path}: holds an answer that is not what was written")
        return tuple(values)

    def drop(self, bucket: int, up_to_ns: int) -> None:
        """Remove what has been compacted."""
        with self.transaction() as db:
            db.execute(_DROP, (bucket, up_to_ns))

    def give_back(self) -> None:
        """Give the disk back what was compacted away, where that is much.

        VACUUM writes a new file and copies it over the old one in a transaction of its own: a kill
        leaves one or the other. Where the disk has no room for it, the file stays as it is.
        """
        try:
            [(free_pages,)] = self._db.execute("PRAGMA freelist_count")
            [(page_bytes,)] = self._db.execute("PRAGMA page_size")
            if free_pages * page_bytes < WORTH_GIVING_BACK_BYTES:
                return
            unmark(self.path)
            self._is_marked = False
            self._db.execute("VACUUM")
            fold_log(self._db)
        except sqlite3.OperationalError:
            return

    def fold(self) -> None:
        """Put all that was committed into the file itself, so that it can take another name.

        Raises:
            CacheError: The disk is full or broken.
        """
        try:
            fold_log(self._db)
        except sqlite3.Error as error:
            raise journal_error(self.path, error) from error

    def close(self) -> None:
        """Close the file; the last writer folds the WAL into it."""
        if not self.readonly:
            unmark(self.path)
        self._db.close()


def _make_journal(path: Path) -> None:
    """Make an empty journal where there is none; it is whole from the moment that it is there."""
    if path.exists():
        follow_folder(path)
        return
    try:
        with (
            replacing(path, like_folder=True) as temporary,
            contextlib.closing(connect(temporary)) as db,
        ):
            db.executescript(_CREATE)
            fold_log(db)
    except sqlite3.Error as error:  # such as a disk that is full
        raise journal_error(path, error) from error


def is_row_known(values: Sequence[Any], digest: object) -> bool:
    """Whether a row is what was written, as far as it has a digest.

    Args:
        values: Of `COLUMNS`.
        digest: Its digest; None in rows of earlier editions.
    """
    return digest is None or digest == row_digest(COLUMNS, values)


def _record_batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True)
    arrays = []
    for field, values in zip(ANSWERS, columns, strict=True):
        if field.name == "votes":
            arrays.append(unpack_votes(values))
        else:
            arrays.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=ANSWERS)
