"""The answers cache in the hands of its one writer: commits, compaction, growth, and recovery."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.folder_modes import PRIVATE
from ...configs.notices import Notice
from ..storage.modes import make_folder, make_subfolder, set_permissions
from ..storage.scratch import sweep_scratch
from ..storage.writer_lock import STALE_S, WriterLock, writer_lock
from .answers_cache import AnswersCache
from .digests import id_hash
from .journal import Answer, Journal
from .ledger import Ledger
from .manifest import manifest_path, write_bucket_count
from .own_names import is_own_folder
from .parquet_files import largest_value, write_parquet
from .schema import PRODUCTS

PRODUCTS_A_BUCKET = 100_000
KINDS = ("products", "answers")
"""The folders of Parquet files."""


class WritableCache(AnswersCache):
    """The cache in the hands of its one writer; made by `open_for_writing`.

    What writes raises a CacheError where the disk is full or broken, and leaves what was there.

    Attributes:
        journal: Where answers are on disk at once.
        ledger: The batches that are with their vendors.
        notices: What a user should know about the state in which the cache was.
    """

    def __init__(self, folder: Path, journal: Journal, lock: WriterLock) -> None:
        super().__init__(folder)
        self.notices: list[Notice] = []
        self._lock = lock
        self.journal = journal
        self.ledger = Ledger(journal)

    def bucket_of(self, product_id: str) -> int:
        """The bucket that a product belongs to."""
        return id_hash(product_id) & (self.buckets - 1)

    @contextlib.contextmanager
    def _open_journal(self) -> Iterator[Journal | None]:
        yield self.journal

    def commit(self, answers: Iterable[Answer]) -> None:
        """Write finished answers to the journal; on return the disk has them.

        Raises:
            CacheLocked: Another machine took the cache over while this process stood still.
        """
        self._lock.require()
        self.journal.commit(self.with_buckets(answers))

    def with_buckets(self, answers: Iterable[Answer]) -> Iterator[tuple[int, Answer]]:
        """Answers with the buckets that they belong to."""
        for answer in answers:
            yield self.bucket_of(answer["product_id"]), answer

    def put_products(self, bucket: int, products: pa.Table) -> None:
        """Add the products of an input, or replace those of the same ids.

        Writes nothing if nothing changed.

        Args:
            bucket: Number of the bucket.
            products: Table with the columns of `schema.PRODUCTS`.
        """
        old_products = self.products(bucket)
        new_products = products.select(PRODUCTS.names)
        old_ids = old_products.column("product_id")
        new_ids = new_products.column("product_id")
        is_replaced = pc.is_in(old_ids, value_set=new_ids)
        other_products = old_products.filter(pc.invert(is_replaced))
        all_products = pa.concat_tables([other_products, new_products])
        all_products = all_products.sort_by("product_id")
        # The row number alone is no news: a shuffled input rewrites nothing.
        news = all_products.drop_columns("row")
        if not news.equals(old_products.drop_columns("row")):
            write_parquet(self._path("products", bucket), all_products)

    def compact(self, bucket: int) -> None:
        """Fold the journal's answers of a bucket into its Parquet file.

        Raises:
            CacheLocked: As in `commit`.
        """
        self._lock.require()
        journal_answers = self.journal.read(bucket)
        if journal_answers.num_rows:
            newest_ns = pc.max(journal_answers.column("answered_ns")).as_py()
            self.put_answers(bucket, self.answers(bucket))
            self.journal.drop(bucket, newest_ns)

    def put_answers(self, bucket: int, answers: pa.Table) -> None:
        """Replace the answers of a bucket.

        Args:
            bucket: Number of the bucket.
            answers: Table of `schema.ANSWERS`, in any order.
        """
        write_parquet(self._path("answers", bucket), _without_old_failures(answers))
        self._text_prefixes.pop(bucket, None)

    def replace(self, bucket: int, products: pa.Table, answers: pa.Table) -> None:
        """Put other products and answers in the place of a bucket's.

        Args:
            bucket: Number of the bucket; its answers are compacted.
            products: Table of `schema.PRODUCTS`.
            answers: Table of `schema.ANSWERS`.
        """
        write_parquet(self._path("products", bucket), products)
        self.put_answers(bucket, answers)

    def grow(self, products: int) -> None:
        """Make as many buckets as a catalog of so many products needs; each bucket splits apart."""
        buckets = self.buckets
        while products > buckets * PRODUCTS_A_BUCKET:
            buckets *= 2
        if buckets == self.buckets:
            return
        for bucket in range(self.buckets):
            self.compact(bucket)
            self._split("products", bucket, self.products(bucket), buckets)
            self._split("answers", bucket, self.answers(bucket), buckets)
        self.buckets = buckets
        self._text_prefixes.clear()
        write_bucket_count(self.folder, buckets)

    def _split(self, kind: str, bucket: int, table: pa.Table, buckets: int) -> None:
        """Write the rows of one bucket to the buckets that take its place."""
        ids = table.column("product_id").to_pylist()
        hashes = np.fromiter(map(id_hash, ids), np.uint64, len(ids))
        mask = np.uint64(buckets - 1)
        new_bucket = hashes & mask
        for target in range(bucket, buckets, self.buckets):
            rows = np.flatnonzero(new_bucket == target)
            path = self._path(kind, target, buckets)
            write_parquet(path, table.take(rows))

    def recover(self) -> None:
        """Take up what an earlier run left behind: its journal, scratch files and old buckets."""
        for folder in (self.folder, *(self.folder / kind for kind in KINDS)):
            sweep_scratch(folder)
        for kind in KINDS:
            for path in (self.folder / kind).glob("*"):
                if not path.name.endswith(f"-of-{self.buckets:05d}.parquet"):
                    path.unlink(missing_ok=True)
        for bucket in range(self.buckets):
            path = self._path("answers", bucket)
            newest_ns = largest_value(path, "answered_ns")
            self.journal.advance(newest_ns)
        self.compact_all()

    def compact_all(self) -> None:
        """Fold the whole journal into Parquet files."""
        for bucket in self.journal.buckets():
            self.compact(bucket)


@contextlib.contextmanager
def open_for_writing(folder: Path, permissions: int | None = PRIVATE) -> Iterator[WritableCache]:
    """Hold the cache for writing, whole and compacted; on the way out it is compacted again.

    Args:
        folder: The cache folder; made if it is not there.
        permissions: Those of the folder, which what lies in it follows; None leaves them to the
            umask. A folder that holds something else as well keeps the ones that it has.

    Raises:
        CacheLocked: Another run holds it.
        CacheError: The disk is full, or the cache is broken.
    """
    make_folder(folder, permissions)
    if permissions is not None and is_own_folder(folder):
        set_permissions(folder, permissions)
    for kind in KINDS:
        make_subfolder(folder / kind)
    with writer_lock(folder) as lock:
        if not manifest_path(folder).exists():
            write_bucket_count(folder, 1)
        with contextlib.closing(Journal(folder / "journal.sqlite")) as journal:
            cache = WritableCache(folder, journal, lock)
            cache.notices += _notices_of_lock(folder, lock)
            cache.recover()
            yield cache
            cache.compact_all()
            journal.give_back()


def _notices_of_lock(folder: Path, lock: WriterLock) -> Iterator[Notice]:
    if lock.previous_owner:
        text = (
            f"{folder}: taken over from another machine's run that has given no sign of life for"
            f" {STALE_S / 60:.0f} minutes ({lock.previous_owner})"
        )
        yield Notice("lock_taken_over", text)


def _without_old_failures(answers: pa.Table) -> pa.Table:
    """Drop failures in transport that something later followed.

    They hold no answer and cost nothing.

    Args:
        answers: Table of `schema.ANSWERS`, in any order.

    Returns:
        The rest, sorted by product, model and time.
    """
    answers = answers.sort_by(
        [("product_id", "ascending"), ("model", "ascending"), ("answered_ns", "ascending")]
    )
    rows = answers.num_rows
    if rows < 2:
        return answers
    earlier = answers.slice(0, rows - 1)
    later = answers.slice(1)
    is_of_same_product = pc.equal(earlier.column("product_id"), later.column("product_id"))
    is_of_same_model = pc.equal(earlier.column("model"), later.column("model"))
    is_followed = pc.and_(is_of_same_product, is_of_same_model).to_numpy()
    is_failure = pc.equal(answers.column("status"), "failed").to_numpy()
    is_old_failure = is_failure & np.append(is_followed, False)
    return answers.filter(pa.array(~is_old_failure))
