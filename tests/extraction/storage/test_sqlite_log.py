"""A log is in its file before the file takes another name."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from attrx.extraction.storage.sqlite_log import fold_log


def written(path: Path) -> sqlite3.Connection:
    """A file with one row, which lies in its log."""
    db = sqlite3.connect(path, timeout=0)
    db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t (v); INSERT INTO t VALUES (1)")
    return db


def test_a_file_whose_log_was_folded_is_whole_without_it(tmp_path: Path) -> None:
    with contextlib.closing(written(tmp_path / "a")) as db:
        fold_log(db)
        shutil.copy(tmp_path / "a", tmp_path / "b")
    with contextlib.closing(sqlite3.connect(tmp_path / "b")) as copy:
        assert list(copy.execute("SELECT v FROM t")) == [(1,)]


def test_a_log_that_cannot_be_folded_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with (
        contextlib.closing(written(path)) as db,
        contextlib.closing(sqlite3.connect(path)) as reader,
    ):
        reader.execute("BEGIN")
        assert list(reader.execute("SELECT v FROM t")) == [(1,)]
        with pytest.raises(sqlite3.OperationalError, match="could not be put into the file"):
            fold_log(db)
