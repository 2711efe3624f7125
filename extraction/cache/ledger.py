"""The ledger of batches: what is on its way to the vendors' batch APIs, kept in the journal's database.

A batch is written down with all its requests before it is submitted, so that a kill leaves a tag to
ask the vendor for, and never a batch that nobody knows of. A request leaves the ledger in the same
transaction in which its answer enters the journal: it is in one of the two at any moment, and never
in both.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from .digests import id_hash
from .journal import ROWS_A_FETCH, Answer, Journal
from .schema import DIGEST

CELLS = pa.schema(
    [
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("text_digest", DIGEST, nullable=False),
        pa.field("model_part", DIGEST, nullable=False),
        pa.field("attributes", pa.string(), nullable=False),  # as packed by `BatchRequest`
    ]
)
_CREATE = """
CREATE TABLE IF NOT EXISTS batches (
    tag TEXT PRIMARY KEY, vendor_id TEXT, model TEXT NOT NULL, model_part BLOB NOT NULL, provider TEXT NOT NULL,
    base_url TEXT, written_s REAL NOT NULL, submitting_s REAL NOT NULL, again_since_ns INTEGER
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batch_requests (
    tag TEXT, request_key BLOB, attributes TEXT NOT NULL, PRIMARY KEY (tag, request_key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS batch_requests_by_key ON batch_requests (request_key);
CREATE TABLE IF NOT EXISTS batch_products (
    tag TEXT, request_key BLOB, place INTEGER, product_id TEXT NOT NULL, text_digest BLOB NOT NULL,
    id_hash INTEGER NOT NULL, PRIMARY KEY (tag, request_key, place)
) WITHOUT ROWID;
"""
_BATCHES = """
SELECT tag, vendor_id, model, model_part, provider, base_url, written_s, submitting_s, again_since_ns,
    (SELECT count(*) FROM batch_requests AS request WHERE request.tag = batches.tag)
FROM batches ORDER BY written_s, tag
"""
_REQUESTS = """
SELECT request_key, attributes, product_id, text_digest FROM batch_requests JOIN batch_products USING (tag, request_key)
WHERE tag = ? ORDER BY request_key, place
"""
_CELLS = """
SELECT product_id, text_digest, model_part, attributes
FROM batch_products JOIN batch_requests USING (tag, request_key) JOIN batches USING (tag) WHERE id_hash & ? = ?
"""
_TABLES = ("batches", "batch_requests", "batch_products")
# Enough bits of a product's hash to place it, and few enough for SQLite's signed integers.
_HASH_BITS = (1 << 32) - 1

Parts = tuple[tuple[str, bytes], ...]
"""The attributes that a request asks: their names, and the digests of their parts of the prompt."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was, or may have been, submitted.

    Attributes:
        tag: What the vendor's batch API finds it by.
        model: Name of the model when it was submitted.
        model_part: Digest of that model.
        provider: How it is reached.
        base_url: Where, if not at the vendor's own address.
        written_s: When it was written down, in seconds since 1970.
        submitting_s: When it was last being submitted.
        again_since_ns: When the `--refresh` or `--retry-failed` was ordered that it belongs to, if
            any.
        vendor_id: The vendor's id; None where the vendor has not said it.
        requests: Requests in it that have no outcome yet.
    """

    tag: str
    model: str
    model_part: bytes
    provider: str
    base_url: str | None
    written_s: float
    submitting_s: float
    again_since_ns: int | None = None
    vendor_id: str | None = None
    requests: int = 0


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One request of a batch, and everyone who gets its answer.

    Attributes:
        key: Digest of what is sent.
        parts: What it asks.
        products: Ids of products, and the digests of their texts.
    """

    key: bytes
    parts: Parts
    products: tuple[tuple[str, bytes], ...]


class Ledger:
    """The batches of one cache.

    Args:
        journal: The journal of that cache; where it is open for reading, only what reads can be
            called.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        if not journal.readonly:
            with journal.transaction() as db:
                db.executescript(_CREATE)
        known = {
            name for (name,) in journal.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        self._exists = known.issuperset(_TABLES)

    def batches(self) -> list[Batch]:
        """All batches, oldest first."""
        rows = self._journal.rows(_BATCHES) if self._exists else ()
        return [
            Batch(
                tag,
                model,
                part,
                provider,
                base_url,
                written_s,
                submitting_s,
                since_ns,
                vendor_id,
                requests,
            )
            for tag, vendor_id, model, part, provider, base_url, written_s, submitting_s, since_ns, requests in rows
        ]

    def requests(self, tag: str) -> dict[bytes, BatchRequest]:
        """The requests of a batch that have no outcome yet, by key."""
        found: dict[bytes, tuple[str, list[tuple[str, bytes]]]] = {}
        for key, attributes, product_id, text_digest in self._journal.rows(_REQUESTS, tag):
            found.setdefault(key, (attributes, []))[1].append((product_id, text_digest))
        return {
            key: BatchRequest(key, unpacked(parts), tuple(products))
            for key, (parts, products) in found.items()
        }

    def cells(self, bucket: int, buckets: int) -> pa.Table:
        """What batches ask of the products of a bucket.

        Returns:
            Table of `CELLS`, one row for each request and product, in no particular order.
        """
        rows = self._journal.rows(_CELLS, buckets - 1, bucket) if self._exists else iter(())
        batches = []
        while chunk := list(itertools.islice(rows, ROWS_A_FETCH)):
            arrays = [
                pa.array(column, field.type)
                for column, field in zip(zip(*chunk, strict=True), CELLS, strict=True)
            ]
            batches.append(pa.RecordBatch.from_arrays(arrays, schema=CELLS))
        return pa.Table.from_batches(batches, CELLS)

    def write_down(self, batch: Batch, requests: Iterable[BatchRequest]) -> None:
        """Write a batch down, before it is submitted.

        Raises:
            CacheError: It was not; it must not be submitted.
        """
        head = (
            batch.tag,
            batch.vendor_id,
            batch.model,
            batch.model_part,
            batch.provider,
            batch.base_url,
        )
        with self._journal.transaction() as db:
            times = (batch.written_s, batch.submitting_s, batch.again_since_ns)
            db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*head, *times))
            for request in requests:
                row = (batch.tag, request.key, packed(request.parts))
                db.execute("INSERT INTO batch_requests VALUES (?, ?, ?)", row)
                _add_products(db, (batch.tag, request.key), 0, request.products)

    def tag_of(self, key: bytes) -> str | None:
        """The batch in which a request with this key is on its way; None where there is none."""
        found = list(
            self._journal.rows("SELECT tag FROM batch_requests WHERE request_key = ?", key)
        )
        return found[0][0] if found else None

    def join(self, joining: Iterable[tuple[str, BatchRequest]]) -> None:
        """Let further products share the answers to requests that are on their way.

        Args:
            joining: (tag of its batch, request with the products that join it).
        """
        query = "SELECT product_id FROM batch_products WHERE tag = ? AND request_key = ?"
        with self._journal.transaction() as db:
            for tag, request in joining:
                known = {product_id for (product_id,) in db.execute(query, (tag, request.key))}
                new = [product for product in request.products if product[0] not in known]
                _add_products(db, (tag, request.key), len(known), new)

    def still_submitting(self, tag: str, now_s: float) -> None:
        """A batch is being submitted at this time, in seconds since 1970."""
        with self._journal.transaction() as db:
            db.execute("UPDATE batches SET submitting_s = ? WHERE tag = ?", (now_s, tag))

    def submitted(self, tag: str, vendor_id: str) -> None:
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
        with self._journal.transaction() as db:
            self._journal.add(answers)
            for table in ("batch_products", "batch_requests"):
                query = f"DELETE FROM {table} WHERE tag = ? AND request_key = ?"  # noqa: S608 - all names are our own
                db.executemany(query, [(tag, key) for key in keys])
            left = "SELECT 1 FROM batch_requests AS request WHERE request.tag = batches.tag"
            db.execute(f"DELETE FROM batches WHERE tag = ? AND NOT EXISTS ({left})", (tag,))  # noqa: S608 - likewise

    def forget(self, tag: str) -> None:
        """Take a batch out that was never made, or whose answers are lost; its cells are to be asked again."""
        with self._journal.transaction() as db:
            for table in _TABLES:
                db.execute(f"DELETE FROM {table} WHERE tag = ?", (tag,))  # noqa: S608 - all names are our own


def _add_products(
    db: sqlite3.Connection,
    of_request: tuple[str, bytes],
    place: int,
    products: Iterable[tuple[str, bytes]],
) -> None:
    rows = [
        (*of_request, place + number, product_id, text_digest, id_hash(product_id) & _HASH_BITS)
        for number, (product_id, text_digest) in enumerate(products)
    ]
    db.executemany("INSERT INTO batch_products VALUES (?, ?, ?, ?, ?, ?)", rows)


def packed(parts: Parts) -> str:
    """What a request asks, as text; equal where the parts are equal."""
    return orjson.dumps([(name, part.hex()) for name, part in parts]).decode()


def unpacked(text: str) -> Parts:
    """The same the other way round."""
    said: list[Any] = orjson.loads(text)
    return tuple((name, bytes.fromhex(part)) for name, part in said)
