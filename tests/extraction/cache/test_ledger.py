from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from attrx.configs.errors import CacheError
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.batch_records import Batch, BatchRequest
from attrx.extraction.cache.journal import Answer, Journal
from attrx.extraction.cache.ledger import Ledger
from attrx.extraction.cache.writable_cache import WritableCache, open_for_writing

PARTS = (("gender", b"g" * 16), ("fit", b"f" * 16))
TEXT = b"t" * 16


def batch(tag: str = "tag", **fields: Any) -> Batch:
    return Batch(
        tag, "m", b"m" * 16, "openai", None, **{"written_s": 1.0, "submitting_s": 1.0, **fields}
    )


def asking(number: int, *products: str) -> BatchRequest:
    return BatchRequest(bytes([number]) * 16, PARTS, tuple((product, TEXT) for product in products))


def answer(product_id: str) -> Answer:
    return {
        "product_id": product_id,
        "model": "m",
        "source": "asked",
        "status": "answered",
        "votes": [],
    }


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WritableCache]:
    with open_for_writing(tmp_path) as opened:
        yield opened


def cells(cache: AnswersCache, bucket: int = 0) -> list[tuple[str, bytes, bytes]]:
    found = cache.batch_cells(bucket).to_pylist()
    return sorted((row["product_id"], row["text_digest"], row["model_part"]) for row in found)


def test_what_is_written_down_is_read_back_by_this_writer_and_by_readers(
    store: WritableCache,
) -> None:
    made, requests = batch(again_since_ns=5), [asking(1, "p", "q"), asking(2, "r")]
    store.ledger.add(made, requests)
    expected = Batch("tag", "m", b"m" * 16, "openai", None, 1.0, 1.0, again_since_ns=5, requests=2)
    assert store.ledger.batches() == AnswersCache(store.folder).batches() == [expected]
    assert store.ledger.requests("tag") == {request.key: request for request in requests}
    assert (
        cells(store)
        == cells(AnswersCache(store.folder))
        == [(each, TEXT, b"m" * 16) for each in "pqr"]
    )


def test_the_vendors_id_and_the_last_sign_of_life_are_noted(store: WritableCache) -> None:
    store.ledger.add(batch(), [asking(1, "p")])
    store.ledger.note_submission("tag", 8.0)
    store.ledger.set_vendor_id("tag", "batch_1")
    [noted] = store.ledger.batches()
    assert (noted.vendor_id, noted.written_s, noted.submitting_s) == ("batch_1", 1.0, 8.0)


def test_products_join_a_request_once(store: WritableCache) -> None:
    store.ledger.add(batch(), [asking(1, "p")])
    assert store.ledger.tag_of(b"\1" * 16) == "tag"
    assert store.ledger.tag_of(b"\2" * 16) is None
    store.ledger.add_products([("tag", asking(1, "p", "q")), ("tag", asking(1, "q", "r"))])
    assert [product for product, _ in store.ledger.requests("tag")[b"\1" * 16].products] == [
        "p",
        "q",
        "r",
    ]


def test_settled_requests_are_in_the_journal_and_with_the_last_one_the_batch_is_over(
    store: WritableCache,
) -> None:
    store.ledger.add(batch(), [asking(1, "p"), asking(2, "q")])
    store.ledger.settle("tag", [b"\1" * 16], [(0, answer("p"))])
    assert [each.requests for each in store.ledger.batches()] == [1]
    assert cells(store) == [("q", TEXT, b"m" * 16)]
    store.ledger.settle("tag", [b"\2" * 16], [(0, answer("q"))])
    assert store.ledger.batches() == []
    assert store.answers(0).column("product_id").to_pylist() == ["p", "q"]


def test_what_cannot_be_journalled_is_not_settled(store: WritableCache) -> None:
    store.ledger.add(batch(), [asking(1, "p")])
    no_bucket: Any = object()  # nothing that SQLite can hold
    with pytest.raises(CacheError):
        store.ledger.settle("tag", [b"\1" * 16], [(0, answer("p")), (no_bucket, answer("p"))])
    assert [each.requests for each in store.ledger.batches()] == [1]
    assert store.answers(0).num_rows == 0


def test_a_batch_is_written_down_whole_or_not_at_all(store: WritableCache) -> None:
    with pytest.raises(CacheError):
        store.ledger.add(batch(), [asking(1, "p"), asking(1, "q")])  # one key, twice
    assert store.ledger.batches() == []
    assert cells(store) == []


def test_what_is_forgotten_leaves_nothing(store: WritableCache) -> None:
    store.ledger.add(batch(), [asking(1, "p")])
    store.ledger.add(batch("other"), [asking(2, "q")])
    store.ledger.forget("tag")
    assert [each.tag for each in store.ledger.batches()] == ["other"]
    assert cells(store) == [("q", TEXT, b"m" * 16)]
    assert store.ledger.tag_of(b"\1" * 16) is None


def test_each_cell_waits_in_the_bucket_of_its_product_also_after_the_buckets_have_grown(
    store: WritableCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"p{number}" for number in range(40)]
    store.ledger.add(batch(), [asking(number, each) for number, each in enumerate(ids)])
    monkeypatch.setattr("attrx.extraction.cache.writable_cache.PRODUCTS_A_BUCKET", 10)
    store.grow(40)
    assert store.buckets == 4
    found = {bucket: {product for product, *_ in cells(store, bucket)} for bucket in range(4)}
    assert {each: bucket for bucket, products in found.items() for each in products} == {
        each: store.bucket_of(each) for each in ids
    }


def test_a_cache_from_before_there_were_batches_has_none(tmp_path: Path) -> None:
    with contextlib.closing(Journal(tmp_path / "journal.sqlite")):
        pass
    reader = AnswersCache(tmp_path)
    assert reader.batches() == []
    assert reader.batch_cells(0).num_rows == 0


def test_a_broken_ledger_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with contextlib.closing(Journal(path)) as journal:
        ledger = Ledger(journal)
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("DROP TABLE batch_products")
        with pytest.raises(CacheError, match=r"journal\.sqlite: no such table"):
            ledger.requests("tag")
