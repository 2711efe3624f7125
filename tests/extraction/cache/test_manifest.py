"""`cache.json`: what it says is believed only as it was written, and it is known at any moment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from cache_rows import answer, stored

from attrx.configs.errors import CacheDamaged, CacheError
from attrx.extraction.cache import writable_cache
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.manifest import (
    UnreadableManifest,
    _check,
    manifest_path,
    read_manifest,
)
from attrx.extraction.cache.writable_cache import open_for_writing

NAME = "answers/00000-of-00001.parquet"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cache with two answers."""
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1"), answer("2")])
    return tmp_path


def test_the_manifest_names_each_file_with_its_rows_and_size(folder: Path) -> None:
    manifest = read_manifest(manifest_path(folder))
    seal = manifest.files[NAME]
    assert seal is not None
    assert (seal.rows, seal.size_bytes) == (2, (folder / NAME).stat().st_size)
    assert manifest.pending is None


def test_any_change_of_the_manifest_is_seen(folder: Path) -> None:
    content = manifest_path(folder).read_bytes()
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        manifest_path(folder).write_bytes(changed)
        with pytest.raises(UnreadableManifest):
            read_manifest(manifest_path(folder))


def test_the_cache_of_a_newer_attrx_is_left_to_it(folder: Path) -> None:
    fields = json.loads(manifest_path(folder).read_bytes())
    del fields["check"]
    fields |= {"layout_version": 3, "something": "new"}
    manifest_path(folder).write_bytes(orjson.dumps({**fields, "check": _check(fields)}))
    for opened in (AnswersCache, open_for_writing):
        with pytest.raises(CacheError, match=r"layout 3, this attrx reads layouts 1 to 2"):
            _enter(opened(folder))


def _enter(opened: Any) -> None:
    """Go into a context, where it is one."""
    if hasattr(opened, "__enter__"):
        opened.__enter__()


def test_a_kill_before_the_rename_leaves_the_former_file_a_known_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_for_writing(folder) as cache:
        answers = cache.answers(0)
        former = (folder / NAME).read_bytes()
        cache.put_answers(0, answers.slice(1))
        (folder / NAME).write_bytes(former)  # as if the process had died before the rename
        assert AnswersCache(folder).answers(0).num_rows == 2
    assert stored(folder) == [("1", "a"), ("2", "a")]
    with open_for_writing(folder):
        pass
    assert stored(folder) == [("1", "a"), ("2", "a")]


def test_a_kill_before_the_first_file_stands_leaves_an_empty_bucket(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.put_answers(0, cache.answers(0))
        (tmp_path / NAME).unlink()
        assert AnswersCache(tmp_path).answers(0).num_rows == 0
    with open_for_writing(tmp_path):
        pass
    assert stored(tmp_path) == []


def test_a_file_of_yesterday_is_no_file_of_today(folder: Path) -> None:
    former = (folder / NAME).read_bytes()
    with open_for_writing(folder) as cache:
        cache.commit([answer("3")])
    (folder / NAME).write_bytes(former)
    with pytest.raises(CacheDamaged, match=r"it had 3 answers"):
        AnswersCache(folder).answers(0)


def test_a_reader_from_before_a_write_reads_what_was_written(folder: Path) -> None:
    reader = AnswersCache(folder)
    with open_for_writing(folder) as cache:
        cache.commit([answer("3")])
        cache.compact_all()
        cache.commit([answer("4")])
        cache.compact_all()
        assert reader.answers(0).num_rows == 4


def test_a_missing_file_is_an_error_at_once_for_readers_and_writers(folder: Path) -> None:
    (folder / NAME).unlink()
    for opened in (AnswersCache, open_for_writing):
        with pytest.raises(CacheDamaged, match=r"\(missing; it had 2 answers\)"):
            _enter(opened(folder))


def test_files_that_attrx_did_not_write_are_left_alone_and_named(folder: Path) -> None:
    catalog = folder / "products" / "catalog.csv"
    catalog.write_text("id\n1\n")
    other = folder / "answers" / "00000-of-00002.parquet"
    other.mkdir()
    with open_for_writing(folder) as cache:
        (notice,) = cache.notices
    assert notice.kind == "cache_strange_files"
    assert "catalog.csv, 00000-of-00002.parquet" in notice.text
    assert catalog.read_text() == "id\n1\n"
    assert other.is_dir()


def test_a_file_of_an_old_generation_gives_what_only_it_holds_before_it_goes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writable_cache, "PRODUCTS_A_BUCKET", 1)
    former = (folder / NAME).read_bytes()
    with open_for_writing(folder) as cache:
        cache.replace(0, cache.products(0), cache.answers(0).slice(1))
        cache.grow(2)
    (folder / NAME).write_bytes(former)
    with open_for_writing(folder) as cache:
        (notice,) = cache.notices
    assert notice.text == f"{folder / NAME}: 1 answer in it taken in, which the cache lacked"
    assert stored(folder) == [("1", "a"), ("2", "a")]
    assert not (folder / NAME).exists()


def test_a_stray_that_cannot_be_read_is_moved_aside(folder: Path) -> None:
    stray = folder / "answers" / "00001-of-00002.parquet"
    stray.write_bytes(b"garbage")
    with open_for_writing(folder) as cache:
        (notice,) = cache.notices
    assert notice.kind == "cache_set_aside"
    assert not stray.exists()
    (place,) = folder.glob("aside-*/answers/00001-of-00002.parquet")
    assert place.read_bytes() == b"garbage"
    assert str(place.parent) in notice.text
