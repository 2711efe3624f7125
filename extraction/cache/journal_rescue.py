"""A journal that was damaged: found out before it is believed, and what it holds got out of it.

Each row of answers has a digest, so that whatever page of the file or of its log it is read from,
it is known to be what was written. The damaged file itself is kept aside.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from ...configs.errors import CacheDamaged
from ...configs.notices import Notice
from ...configs.wording import quantity
from ..storage.disk_errors import disk_error
from ..storage.scratch import temporary_path
from ..storage.sqlite_log import read_log
from ..storage.sqlite_pages import Record, SqlitePages
from .aside import copy_aside, set_aside
from .digests import id_hash
from .journal import COLUMNS, ROW, Journal, is_row_known
from .journal_file import DAMAGE_CODES, connect, journal_error
from .journal_marker import is_marked, unmark
from .ledger import LEDGER_TABLES, Ledger
from .orders import ORDERS_TABLE
from .vote_packing import unpack_votes

SUFFIXES = ("", "-wal", "-shm")
"""Of the files of a journal."""
_OWN_TABLES = frozenset({"answers", *LEDGER_TABLES, ORDERS_TABLE})
_FEWEST_COLUMNS = 16
"""Of a row of answers, in the oldest edition; no other record has so many."""
_NAMES = "SELECT tbl_name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
_COLUMNS_OF_FILE = "SELECT name FROM pragma_table_info('answers')"


def mend_journal(path: Path, buckets: int, *, accept_loss: bool) -> Iterator[Notice]:
    """See that a journal can be believed, and where it cannot, put a rescued one in its place.

    Args:
        path: The journal; need not be there.
        buckets: How many buckets the cache has.
        accept_loss: Do without what cannot be read.

    Yields:
        What the user should know.

    Raises:
        CacheDamaged: It is damaged, and no loss was accepted; nothing was changed.
        CacheError: The disk is full or broken.
    """
    finish_rescue(path)
    damage = find_journal_damage(path)
    if not damage:
        return
    if not accept_loss:
        raise CacheDamaged(f"{path}: the journal cannot be believed: {damage}")
    places = list(_keep_aside(path))
    rescue = JournalRescue(path, buckets)
    rescue.run()
    finish_rescue(path)
    text = (
        f"{path}: {damage}; {quantity(rescue.answers, 'answer')} and"
        f" {quantity(rescue.requests, 'request')} in batches rescued from it,"
        f" {quantity(rescue.strange_rows, 'place')} in it not understood; it lies in"
        f" {places[0].parent}"
    )
    yield Notice("journal_rescued", text)


def _keep_aside(path: Path) -> Iterator[Path]:
    """Keep copies of a journal's files; what is none, a folder or a link, is moved out of the way.

    Yields:
        Where each is.
    """
    for part in _parts(path):
        is_file = part.is_file() and not part.is_symlink()
        yield copy_aside(path.parent, part) if is_file else set_aside(path.parent, part)


def _parts(path: Path) -> Iterator[Path]:
    """What lies where the files of a journal belong."""
    for suffix in SUFFIXES:
        part = path.with_name(path.name + suffix)
        if part.exists() or part.is_symlink():
            yield part


def find_journal_damage(path: Path, mode: str = "rw") -> str:
    """Look at a journal before it is opened for writing.

    Args:
        path: The file; need not be there.
        mode: Of SQLite; with `ro` nothing of it is changed, not even a log folded into its file.

    Returns:
        What is wrong with it, in words; empty where nothing is.

    Raises:
        CacheError: It cannot be looked at.
    """
    for part in _parts(path):
        if part.is_symlink() or not part.is_file():
            return f"{part.name} is no file"
    try:
        problem = _log_problem(path)
    except OSError as error:
        raise disk_error(path, error, "cannot be read") from error
    if problem or not path.exists():
        return problem
    try:
        with contextlib.closing(connect(path, mode)) as db:
            problem = _first_problem(db)
            if not problem and mode == "rw":
                unmark(path)  # closing it folds its log in
            return problem
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None) or 0
        if code & 0xFF in DAMAGE_CODES:
            return str(error)
        raise journal_error(path, error) from error


def _log_problem(path: Path) -> str:
    """What is wrong with the log of a journal, or with both of them together."""
    log = read_log(path)
    if log.is_damaged:
        return "its log is damaged"
    if not path.exists():
        return "it is gone, and its log is there" if log.valid_frames else ""
    if path.stat().st_size == 0:
        return "it is empty"
    return "its log is gone" if is_marked(path) and not log.has_header else ""


def _first_problem(db: sqlite3.Connection) -> str:
    names = {name for (name,) in db.execute(_NAMES)}
    if not names <= _OWN_TABLES:
        return f"it has a table {min(names - _OWN_TABLES)!r}"
    [(verdict,)] = db.execute("PRAGMA integrity_check(1)")
    if verdict != "ok":
        return str(verdict)
    n_strange = 0
    for *values, digest in db.execute(_rows_query(db)):
        n_strange += not is_row_known(values, digest)
    return f"{quantity(n_strange, 'answer')} in it not as written" if n_strange else ""


def _rows_query(db: sqlite3.Connection) -> str:
    """Reads all rows with their digests, null where a file of an earlier edition has no column."""
    table_columns = {name for (name,) in db.execute(_COLUMNS_OF_FILE)}
    columns = []
    for column in (*COLUMNS, "digest"):
        columns.append(column if column in table_columns else "NULL")
    return f"SELECT {', '.join(columns)} FROM answers"  # noqa: S608 - all names are our own


@dataclass
class JournalRescue:
    """What is got out of a damaged journal.

    Args:
        path: The journal.
        buckets: How many buckets the cache has.

    Attributes:
        answers: How many answers were rescued.
        requests: How many requests that are on their way in batches.
        strange_rows: Places that held no row, or one that is not what was written.
    """

    path: Path
    buckets: int
    answers: int = 0
    requests: int = 0
    strange_rows: int = 0
    _ledger_rows: dict[str, list[Record]] = field(default_factory=dict)

    def run(self) -> None:
        """Put a new journal beside the damaged one; `finish_rescue` puts it in its place.

        Raises:
            CacheError: The disk is full or broken; the damaged one still stands.
        """
        temporary = temporary_path(self.path)
        with contextlib.closing(Journal(temporary)) as journal:
            Ledger(journal)
            names = _column_names(self.path)
            pages = SqlitePages(self.path)
            self._add_answers(journal, pages.records(), names)
            self.strange_rows += pages.broken_cells
            self._add_ledger(journal)
            journal.fold()
        try:
            os.replace(temporary, rescued_path(self.path))
        except OSError as error:
            raise disk_error(self.path, error) from error

    def _add_answers(
        self, journal: Journal, records: Iterable[Record], names: Sequence[str]
    ) -> None:
        insert = f"INSERT OR IGNORE INTO answers VALUES ({', '.join('?' * len(ROW))})"  # noqa: S608
        with journal.transaction() as db:
            for record in records:
                if len(record) >= _FEWEST_COLUMNS:
                    row = self._as_row(record, names)
                    if row is None:
                        self.strange_rows += 1
                    else:
                        self.answers += db.execute(insert, row).rowcount
                else:
                    self._keep_ledger_row(record)

    def _as_row(self, record: Record, names: Sequence[str]) -> list[Any] | None:
        """A record as a row of `journal.ROW`; None where it is not what was written."""
        by_name = dict(zip(names, record, strict=False))
        values = [by_name.get(name) for name in COLUMNS]
        digest = by_name.get("digest")
        if not is_row_known(values, digest) or not _is_plausible(by_name):
            return None
        bucket = id_hash(str(by_name["product_id"])) & (self.buckets - 1)
        return [*values, bucket, digest]

    def _keep_ledger_row(self, record: Record) -> None:
        for table, kinds in LEDGER_TABLES.items():
            if len(record) == len(kinds) and all(map(isinstance, record, kinds)):
                self._ledger_rows.setdefault(table, []).append(record)

    def _add_ledger(self, journal: Journal) -> None:
        for table, kinds in LEDGER_TABLES.items():
            rows = _read_table(self.path, table)
            if rows is None:  # SQLite cannot read it; what lies in its pages has to do
                rows = self._ledger_rows.get(table, [])
            insert = f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(kinds))})"  # noqa: S608
            with journal.transaction() as db:
                db.executemany(insert, rows)
            if table == "batch_requests":
                self.requests = len(rows)


def rescued_path(path: Path) -> Path:
    """Where a journal lies that was rescued and has not taken its place yet."""
    return path.with_name(path.name + ".rescued")


def finish_rescue(path: Path) -> None:
    """Put a rescued journal in its place, if there is one; a copy of the damaged one is aside.

    Raises:
        CacheError: The disk is not writable.
    """
    if not rescued_path(path).exists():
        return
    try:
        unmark(path)
        for suffix in SUFFIXES[1:]:
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        os.replace(rescued_path(path), path)
    except OSError as error:
        raise disk_error(path, error) from error


def _column_names(path: Path) -> Sequence[str]:
    """The columns of the answers, in the order of the file, as far as that can be read."""
    names = _query(path, _COLUMNS_OF_FILE)
    if not names or not set(COLUMNS[:_FEWEST_COLUMNS]) & {name for (name,) in names}:
        return ROW
    return [name for (name,) in names]


def _read_table(path: Path, table: str) -> list[Record] | None:
    rows = _query(path, f"SELECT * FROM {table}")  # noqa: S608 - all names are our own
    return None if rows is None else [list(row) for row in rows]


def _query(path: Path, query: str) -> list[tuple[Any, ...]] | None:
    """All rows that a query gives; None where SQLite cannot read them all."""
    try:
        with contextlib.closing(connect(path, "ro")) as db:
            return list(db.execute(query))
    except sqlite3.Error:
        return None


def _is_plausible(by_name: dict[str, Any]) -> bool:
    """Whether a row without a digest can be one of answers."""
    for name, kind in (("answered_ns", int), ("product_id", str), ("model", str), ("status", str)):
        if not isinstance(by_name.get(name), kind):
            return False
    return _can_be_read(lambda: unpack_votes([by_name["votes"]]))


def _can_be_read(read: Callable[[], object]) -> bool:
    try:
        read()
    except (TypeError, ValueError, KeyError, AttributeError, orjson.JSONDecodeError):
        return False
    return True
