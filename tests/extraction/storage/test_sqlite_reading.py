"""A journal in a folder that cannot be written is read all the same."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from cache_rows import answer, stored

from attrx.extraction.cache.journal import Journal
from attrx.extraction.cache.writable_cache import open_for_writing
from attrx.extraction.storage.sqlite_reading import reading_mode


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1")])
    return tmp_path


def forbid_writing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(os, "access", lambda *_: False)


def test_where_a_folder_cannot_be_written_no_file_is_made_beside_the_journal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "journal.sqlite"
    assert reading_mode(path) == "ro"
    forbid_writing(monkeypatch)
    assert reading_mode(path) == "ro&immutable=1"
    names = sorted(os.listdir(folder))
    with contextlib.closing(Journal(path, readonly=True)) as journal:
        assert journal.buckets() == []
        assert sorted(os.listdir(folder)) == names
    assert stored(folder) == [("1", "a")]


def test_what_a_writer_has_left_in_the_log_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_for_writing(folder) as cache:
        cache.commit([answer("2")])
        forbid_writing(monkeypatch)
        assert reading_mode(folder / "journal.sqlite") == "ro"
        assert stored(folder) == [("1", "a"), ("2", "a")]
