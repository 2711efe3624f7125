"""The answers cache: nothing that was committed is lost, whatever happens next."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from cache_rows import answer, known_products, stored

from attrx.configs.errors import CacheDamaged, CacheError, CacheLocked
from attrx.extraction.cache import writable_cache
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.digests import text_digest
from attrx.extraction.cache.journal import Journal
from attrx.extraction.cache.parquet_files import read_parquet
from attrx.extraction.cache.schema import PRODUCTS
from attrx.extraction.cache.writable_cache import WritableCache, open_for_writing


def test_a_reader_sees_an_answer_from_the_commit_on_and_once_after_compaction(
    tmp_path: Path,
) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1"), answer("2")])
        assert stored(tmp_path) == [("1", "a"), ("2", "a")]
        cache.compact(0)
        assert stored(tmp_path) == [("1", "a"), ("2", "a")]
        cache.commit([answer("3")])
    assert stored(tmp_path) == [("1", "a"), ("2", "a"), ("3", "a")]
    assert AnswersCache(tmp_path).answers(0).to_pylist()[0]["votes"] == answer("1")["votes"]


def test_answers_are_numbered_in_the_order_of_their_commit_even_where_the_clock_stands_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1")])
    monkeypatch.setattr("attrx.extraction.cache.journal.time.time_ns", lambda: 5)
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("2"), answer("3")])
    assert AnswersCache(tmp_path).answers(0).column("product_id").to_pylist() == ["1", "2", "3"]


def test_a_kill_between_the_rename_and_the_clearing_of_the_journal_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any) -> None:
        raise RuntimeError

    with (
        monkeypatch.context() as broken,
        contextlib.suppress(RuntimeError),
        open_for_writing(tmp_path) as cache,
    ):
        cache.commit([answer("1")])
        broken.setattr(cache.journal, "drop", die)
    assert stored(tmp_path) == [("1", "a")]
    assert Journal(tmp_path / "journal.sqlite", readonly=True).buckets() == [0]
    with open_for_writing(tmp_path) as cache:
        assert cache.journal.buckets() == []
    assert stored(tmp_path) == [("1", "a")]


def test_a_disk_that_fills_up_in_compaction_leaves_the_old_file_and_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1")])

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(pq, "write_table", full)
        with (
            pytest.raises(CacheError, match="No space left") as error,
            open_for_writing(tmp_path) as cache,
        ):
            cache.commit([answer("2")])
    assert "what was committed is kept" in error.value.hint
    assert stored(tmp_path) == [("1", "a"), ("2", "a")]
    assert list(tmp_path.rglob("*.tmp")) == []


def test_a_full_disk_in_a_commit_is_an_error_and_keeps_what_was_there(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1")])
        cache.journal._db.execute("PRAGMA max_page_count = 1")  # SQLite's own way to be full
        with pytest.raises(CacheError, match="full"):
            cache.commit([answer(str(number), raw="x" * 10_000) for number in range(100)])
        cache.journal._db.execute("PRAGMA max_page_count = 1000000")
    assert stored(tmp_path) == [("1", "a")]


def test_a_second_writer_is_told_who_holds_the_cache_and_a_reader_is_not_held_up(
    tmp_path: Path,
) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1")])
        with (
            pytest.raises(CacheLocked, match=r"another run holds the cache \(pid \d+ on "),
            open_for_writing(tmp_path),
        ):
            pass
        assert stored(tmp_path) == [("1", "a")]


def test_a_failure_in_transport_goes_once_something_followed_it(tmp_path: Path) -> None:
    failed: dict[str, Any] = {"status": "failed", "raw": None, "finish": None, "error": "503"}
    with open_for_writing(tmp_path) as cache:
        cache.commit(
            [answer("1", **failed), answer("2", **failed), answer("1"), answer("1", "b", **failed)]
        )
    rows = AnswersCache(tmp_path).answers(0).select(["product_id", "model", "status"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [
        ("2", "a", "failed"),
        ("1", "a", "answered"),
        ("1", "b", "failed"),
    ]


@pytest.fixture
def grown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that grew from one bucket to eight."""
    monkeypatch.setattr(writable_cache, "PRODUCTS_A_BUCKET", 10)
    ids = [str(number) for number in range(80)]
    with open_for_writing(tmp_path) as cache:
        cache.put_products(0, known_products(ids, {}))
        cache.commit(answer(product_id) for product_id in ids)
        cache.grow(80)
        assert cache.buckets == 8
    return tmp_path


def test_growing_splits_the_buckets_and_keeps_every_row_where_its_hash_says(grown: Path) -> None:
    assert len(stored(grown)) == 80
    with open_for_writing(grown) as cache:
        for bucket in range(8):
            for table in (cache.products(bucket), cache.answers(bucket)):
                assert table.num_rows > 0
                assert {cache.bucket_of(i) for i in table.column("product_id").to_pylist()} == {
                    bucket
                }
    assert {path.name[-8:] for path in (grown / "answers").iterdir()} == {".parquet"}
    assert (
        len(list((grown / "answers").iterdir())) == 8
    )  # the old generation went with the next writer


def test_a_reader_from_before_the_growth_still_finds_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writable_cache, "PRODUCTS_A_BUCKET", 10)
    with open_for_writing(tmp_path) as cache:
        cache.commit(answer(str(number)) for number in range(20))
    reader = AnswersCache(tmp_path)
    with open_for_writing(tmp_path) as cache:
        cache.grow(20)
        assert reader.answers(0).num_rows == 20


def test_equal_texts_are_found_in_whatever_bucket_they_lie(grown: Path) -> None:
    wanted = [text_digest([("title", f"text of {number}")]) for number in (3, 70, 1000)]
    with open_for_writing(grown) as cache:
        tables = list(cache.find_texts(pa.array(wanted, pa.binary(16))))
    assert sorted(row["product_id"] for table in tables for row in table.to_pylist()) == ["3", "70"]


def test_products_of_an_input_replace_those_of_the_same_id(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.put_products(0, known_products(["1", "2"], {"1": "Shoes"}))
        before = (tmp_path / "products").stat().st_mtime_ns
        cache.put_products(0, known_products(["2"], {}))  # nothing new: nothing is written
        assert (tmp_path / "products").stat().st_mtime_ns == before
        cache.put_products(0, known_products(["2", "3"], {"2": "Bags"}))
        rows = cache.products(0).select(["product_id", "category"]).to_pylist()
    assert [tuple(row.values()) for row in rows] == [("1", "Shoes"), ("2", "Bags"), ("3", None)]


def test_a_file_from_before_a_column_existed_is_read_with_nulls_in_it(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.put_products(0, known_products(["1"], {}))
    (tmp_path / "cache.json").write_text('{"layout_version": 1, "buckets": 1}')
    path = tmp_path / "products" / "00000-of-00001.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["other_text_digest"]), path)
    table = AnswersCache(tmp_path).products(0)
    assert table.column_names == PRODUCTS.names
    assert table.column("other_text_digest").to_pylist() == [None]


def test_a_file_that_lacks_a_column_which_it_must_have_is_an_error(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.put_products(0, known_products(["1"], {}))
    path = tmp_path / "products" / "00000-of-00001.parquet"
    table = pq.read_table(path).drop_columns(["text_digest"])
    pq.write_table(table, path)
    with pytest.raises(CacheDamaged, match="it has no column 'text_digest'"):
        read_parquet(path, PRODUCTS)


def test_a_broken_file_is_an_error_that_names_it_and_what_it_held(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer("1"), answer("2")])
    (tmp_path / "answers" / "00000-of-00001.parquet").write_bytes(b"garbage")
    message = r"answers/00000-of-00001\.parquet \(damaged; it had 2 answers\)"
    with pytest.raises(CacheDamaged, match=message):
        AnswersCache(tmp_path).answers(0)
    with pytest.raises(CacheDamaged, match=message), open_for_writing(tmp_path):
        pass


def test_a_journal_that_is_not_one_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "journal.sqlite").write_bytes(
        b"not a database at all, but long enough to look at" * 10
    )
    with (
        pytest.raises(CacheError, match=r"journal.sqlite: .* file is not a database"),
        open_for_writing(tmp_path),
    ):
        pass


def test_a_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        assert isinstance(cache, WritableCache)
        [(mode,)] = cache.journal._db.execute("PRAGMA journal_mode")
        [(synchronous,)] = cache.journal._db.execute("PRAGMA synchronous")
    assert (mode, synchronous) == ("wal", 2)
    assert (
        sqlite3.threadsafety == 3
    )  # serialized: the journal is used from two threads, one at a time
