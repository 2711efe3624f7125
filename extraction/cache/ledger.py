"""The ledger of batches: what is on its way to the vendors' batch APIs.

A batch is written down with all its requests before it is submitted, so that a kill leaves a tag to
ask the vendor for, and never a batch that nobody knows of. A request leaves the ledger in the same
transaction in which its answer enters the journal: it is in one of the two at any moment, and never
in both.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from operator import itemgetter
from types import NoneType
from typing import Any

import pyarrow as pa

from .batch_records import Batch, BatchRequest, pack_parts, unpack_parts
from .digests import id_hash
from .journal import ROWS_A_FETCH, Answer, Journal
from .schema import DIGEST

CELLS = pa.schema(
    [
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("text_digest", DIGEST, nullable=False),
        pa.field("model_part", DIGEST, nullable=False),
        pa.field("attributes", pa.string(), nullable=False),  # of `batch_records.pack_parts`
    ]
)
_CREATE = """
CREATE TABLE IF NOT EXISTS batches (
    tag TEXT PRIMARY KEY, vendor_id TEXT, model TEXT NOT NULL, model_part BLOB NOT NULL,
    provider TEXT NOT NULL, base_url TEXT, written_s REAL NOT NULL, submitting_s REAL NOT NULL,
    again_since_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch_requests (
    tag TEXT, request_key BLOB, attributes TEXT NOT NULL, PRIMARY KEY (tag, request_key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS batch_requests_by_key ON batch_requests (request_key);
CREATE TABLE IF NOT EXISTS batch_products (
    tag TEXT, request_key BLOB, place INTEGER, product_id TEXT NOT NULL, text_digest BLOB NOT NULL,
    id_hash INTEGER NOT NULL, PRIMARY KEY (tag, request_key, place)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch_bounds (
    tag TEXT PRIMARY KEY, request_usd REAL NOT NULL
) WITHOUT ROWID;
"""
_INSERT_BATCH = """
INSERT INTO batches (
    tag, vendor_id, model, model_part, provider, base_url, written_s, submitting_s, again_since_ns
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_INSERT_REQUEST = "INSERT INTO batch_requests VALUES (?, ?, ?)"
_INSERT_PRODUCT = "INSERT INTO batch_products VALUES (?, ?, ?, ?, ?, ?)"
_INSERT_BOUND = "INSERT INTO batch_bounds VALUES (?, ?)"
# In the order of the fields of `Batch`.
_BATCHES = """
SELECT tag, model, model_part, provider, base_url, written_s, submitting_s, again_since_ns,
    vendor_id, (SELECT count(*) FROM batch_requests AS request WHERE request.tag = batches.tag)
FROM batches ORDER BY written_s, tag
"""
_BOUNDS = "SELECT tag, request_usd FROM batch_bounds"
_REQUESTS = """
SELECT request_key, attributes, product_id, text_digest
FROM batch_requests JOIN batch_products USING (tag, request_key)
WHERE tag = ? ORDER BY request_key, place
"""
_TAG = "SELECT tag FROM batch_requests WHERE request_key = ?"
_PRODUCT_IDS = "SELECT product_id FROM batch_products WHERE tag = ? AND request_key = ?"
_CELLS = """
SELECT product_id, text_digest, model_part, attributes
FROM batch_products JOIN batch_requests USING (tag, request_key) JOIN batches USING (tag)
WHERE id_hash & ? = ?
"""
_DELETE_IF_OVER = """
DELETE FROM batches WHERE tag = ? AND NOT EXISTS (
    SELECT 1 FROM batch_requests AS request WHERE request.tag = batches.tag
)
"""
_DELETE_BOUNDS = "DELETE FROM batch_bounds WHERE tag NOT IN (SELECT tag FROM batches)"
_NUMBER = (int, float)
_TEXT_OR_NONE = (str, NoneType)
LEDGER_TABLES: dict[str, tuple[Any, ...]] = {
    "batches": (
        str,
        _TEXT_OR_NONE,
        str,
        bytes,
        str,
        _TEXT_OR_NONE,
        _NUMBER,
        _NUMBER,
        (int, NoneType),
    ),
    "batch_requests": (str, bytes, str),
    "batch_products": (str, bytes, int, str, bytes, int),
    "batch_bounds": (str, _NUMBER),
}
"""Table -> the types of its columns, in the order of the file."""
_FIRST_TABLES = ("batches", "batch_requests", "batch_products")
# Enough bits of a product's hash to place it, and few enough for SQLite's signed integers.
_HASH_BITS = (1 << 32) - 1


class Ledger:
    """The batches of one cache.

    What writes raises a CacheError where the disk is full or broken, and has then written nothing.

    Args:
        journal: The journal of that cache; where it is open for reading, only what reads can be
            called.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        if not journal.readonly:
            with journal.transaction() as db:
                db.executescript(_CREATE)
        tables = journal.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = {name for (name,) in tables}
        self._exists = names.issuperset(_FIRST_TABLES)
        self._has_bounds = "batch_bounds" in names  # a file of an older attrx lacks it

    def batches(self) -> list[Batch]:
        """All batches, oldest first."""
        rows = self._journal.rows(_BATCHES) if self._exists else ()
        bounds = dict(self._journal.rows(_BOUNDS)) if self._has_bounds else {}
        batches = [Batch(*row) for row in rows]
        return [replace(batch, request_usd=bounds.get(batch.tag)) for batch in batches]

    def requests(self, tag: str) -> dict[bytes, BatchRequest]:
        """The requests of a batch that have no outcome yet, by key."""
        requests: dict[bytes, BatchRequest] = {}
        rows = self._journal.rows(_REQUESTS, tag)
        by_request = itertools.groupby(rows, key=itemgetter(0, 1))
        for (key, attributes), rows_of_request in by_request:
            products = tuple(map(itemgetter(2, 3), rows_of_request))
            parts = unpack_parts(attributes)
            requests[key] = BatchRequest(key, parts, products)
        return requests

    def cells(self, bucket: int, buckets: int) -> pa.Table:
        """What batches ask of the products of a bucket.

        Args:
            bucket: Number of the bucket.
            buckets: Number of all buckets, a power of two.

        Returns:
            Table of `CELLS`, one row for each request and product, in no particular order.
        """
        if not self._exists:
            return CELLS.empty_table()
        rows = self._journal.rows(_CELLS, buckets - 1, bucket)
        batches = []
        while chunk := list(itertools.islice(rows, ROWS_A_FETCH)):
            columns = zip(*chunk, strict=True)
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, CELLS, strict=True)
            ]
            batches.append(pa.RecordBatch.from_arrays(arrays, schema=CELLS))
        return pa.Table.from_batches(batches, CELLS)

    def add(self, batch: Batch, requests: Iterable[BatchRequest]) -> None:
        """Write a batch down, before it is submitted.

        Raises:
            CacheError: It was not; it must not be submitted.
        """
        row = (
            batch.tag,
            batch.vendor_id,
            batch.model,
            batch.model_part,
            batch.provider,
            batch.base_url,
            batch.written_s,
            batch.submitting_s,
            batch.again_since_ns,
        )
        with self._journal.transaction() as db:
            db.execute(_INSERT_BATCH, row)
            if batch.request_usd is not None:
                db.execute(_INSERT_BOUND, (batch.tag, batch.request_usd))
            for request in requests:
                db.execute(_INSERT_REQUEST, (batch.tag, request.key, pack_parts(request.parts)))
                _insert_products(db, batch.tag, request, 0)

    def tag_of(self, key: bytes) -> str | None:
        """The batch in which a request with this key is on its way; None where there is none."""
        rows = list(self._journal.rows(_TAG, key))
        return rows[0][0] if rows else None

    def add_products(self, additions: Iterable[tuple[str, BatchRequest]]) -> None:
        """Let further products share the answers to requests that are on their way.

        Args:
            additions: Pairs: the tag of a batch, and a request in it with the products that join.
        """
        with self._journal.transaction() as db:
            for tag, request in additions:
                rows = db.execute(_PRODUCT_IDS, (tag, request.key))
                old_ids = {product_id for (product_id,) in rows}
                new_products = []
                for product in request.products:
                    if product[0] not in old_ids:
                        new_products.append(product)
                new_request = replace(request, products=tuple(new_products))
                _insert_products(db, tag, new_request, len(old_ids))

    def note_submission(self, tag: str, now_s: float) -> None:
        """A batch is being submitted at this time, in seconds since 1970."""
        with self._journal.transaction() as db:
            db.execute("UPDATE batches SET submitting_s = ? WHERE tag = ?", (now_s, tag))

    def set_vendor_id(self, tag: str, vendor_id: str) -> None:
        """The vendor has a batch, and calls it so."""
        with self._journal.transaction() as db:
            db.execute("UPDATE batches SET vendor_id = ? WHERE tag = ?", (vendor_id, tag))

    def settle(
        self, tag: str, keys: Iterable[bytes], answers: Iterable[tuple[int, Answer]]
    ) -> None:
        """Move requests of a batch to the journal; with the last one the batch is over.

        Args:
            tag: The batch.
            keys: Its requests that have an outcome now.
            answers: The rows that they leave behind, with their buckets.
        """
        rows = [(tag, key) for key in keys]
        with self._journal.transaction() as db:
            self._journal.add(answers)
            for table in ("batch_products", "batch_requests"):
                query = f"DELETE FROM {table} WHERE tag = ? AND request_key = ?"  # noqa: S608 - all names are our own
                db.executemany(query, rows)
            db.execute(_DELETE_IF_OVER, (tag,))
            db.execute(_DELETE_BOUNDS)

    def forget(self, tag: str) -> None:
        """Take out a batch that was never made, or whose answers are lost.

        Its cells are to be asked again.
        """
        with self._journal.transaction() as db:
            for table in LEDGER_TABLES:
                db.execute(f"DELETE FROM {table} WHERE tag = ?", (tag,))  # noqa: S608 - all names are our own


def _insert_products(
    db: sqlite3.Connection, tag: str, request: BatchRequest, first_place: int
) -> None:
    rows = []
    for place, (product_id, text_digest) in enumerate(request.products, first_place):
        hash_bits = id_hash(product_id) & _HASH_BITS
        rows.append((tag, request.key, place, product_id, text_digest, hash_bits))
    db.executemany(_INSERT_PRODUCT, rows)
