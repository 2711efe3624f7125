"""The answers cache in the hands of its one writer: commits, compaction, growth, and recovery."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ...configs.folder_modes import PRIVATE
from ...configs.notices import Notice
from ..storage.atomic_write import replacing
from ..storage.modes import make_folder, make_subfolder, set_permissions
from ..storage.scratch import sweep_scratch
from ..storage.writer_lock import STALE_S, WriterLock, writer_lock
from .answers_cache import AnswersCache
from .bucket_files import KINDS, VOTES, BucketFile
from .cache_folder import check_folder
from .damage import settle
from .digests import id_hash
from .file_seals import FileSeal, seal_of
from .journal import Answer, Journal
from .ledger import Ledger
from .manifest import Manifest, write_manifest
from .own_names import is_own_folder
from .parquet_files import largest_value, write_pages
from .repair import RepairedFile
from .row_buckets import rows_by_bucket
from .schema import PRODUCTS
from .strays import take_strays
from .taking_over import take_over
from .transport_failures import without_old_failures

PRODUCTS_A_BUCKET = 10_000
MOST_HOURS_AHEAD = 2.0
"""By which the clocks of machines that share a cache may differ without a word."""
_KEYS = {"products": "product_id", "answers": "answered_ns"}
"""Kind -> the column whose values are unique in a cache."""


class WritableCache(AnswersCache):
    """The cache in the hands of its one writer; made by `open_for_writing`.

    What writes raises a CacheError where the disk is full or broken, and leaves what was there.

    Attributes:
        journal: Where answers are on disk at once.
        ledger: The batches that are with their vendors.
        notices: What a user should know about the state in which the cache was.
        repaired_files: What became of files that were damaged.
    """

    def __init__(self, folder: Path, journal: Journal, lock: WriterLock) -> None:
        super().__init__(folder)
        self._lock = lock
        self.journal = journal
        self.ledger = Ledger(journal)
        self.notices: list[Notice] = []
        self.repaired_files: tuple[RepairedFile, ...] = ()

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
            self._write("products", bucket, all_products)

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
        self._write("answers", bucket, without_old_failures(answers))
        self._text_prefixes.pop(bucket, None)

    def add_answers(self, bucket: int, answers: pa.Table, new_answers: pa.Table) -> None:
        """Put many answers into a bucket at once; on return the disk has them.

        Args:
            bucket: Number of the bucket.
            answers: What it holds, a table of `schema.ANSWERS`.
            new_answers: Likewise, in the order in which they are to follow; they get their times.

        Raises:
            CacheLocked: As in `commit`.
        """
        self._lock.require()
        times = self.journal.reserve_ns(new_answers.num_rows)
        place = new_answers.schema.get_field_index("answered_ns")
        column = new_answers.schema.field("answered_ns")
        new_answers = new_answers.set_column(place, column, pa.array(times))
        self.put_answers(bucket, pa.concat_tables([answers, new_answers]))

    def replace(self, bucket: int, products: pa.Table, answers: pa.Table) -> None:
        """Put other products and answers in the place of a bucket's.

        Args:
            bucket: Number of the bucket; its answers are compacted.
            products: Table of `schema.PRODUCTS`.
            answers: Table of `schema.ANSWERS`.
        """
        self._write("products", bucket, products)
        self.put_answers(bucket, answers)

    def _write(self, kind: str, bucket: int, table: pa.Table) -> None:
        """Put a table in the place of a file; the manifest knows of it first."""
        file = BucketFile(kind, bucket, self.buckets)
        self.manifest = settle(self.folder, self.manifest)
        with replacing(self.folder / file.name, like_folder=True) as temporary:
            write_pages(temporary, table, file.metadata())
            seal = seal_of(temporary, table.num_rows)
            self.manifest = self.manifest.with_file(file.name, seal)
            write_manifest(self.folder, self.manifest)

    def take_in(self, kind: str, table: pa.Table) -> int:
        """Add rows that are not there yet, wherever they come from.

        Args:
            kind: products or answers.
            table: Table of the kind's schema; each row goes to the bucket of its product.

        Returns:
            How many rows the cache has more than before.
        """
        n_new = 0
        every_bucket = range(self.buckets)
        for bucket, rows in rows_by_bucket(table, every_bucket, self.buckets):
            n_new += self._add_rows(kind, bucket, rows)
        return n_new

    def _add_rows(self, kind: str, bucket: int, rows: pa.Table) -> int:
        own_rows = self._rows(kind, bucket)
        key = _KEYS[kind]
        own_keys = own_rows.column(key)
        is_there = pc.is_in(rows.column(key), value_set=own_keys)
        is_new = pc.invert(is_there)
        new_rows = rows.filter(is_new)
        if new_rows.num_rows == 0:
            return 0
        all_rows = pa.concat_tables([own_rows, new_rows])
        self._put_rows(kind, bucket, all_rows)
        rows_now = self._rows(kind, bucket)
        return int(rows_now.num_rows - own_rows.num_rows)

    def _rows(self, kind: str, bucket: int) -> pa.Table:
        if kind == "products":
            return self.products(bucket)
        return self.answers(bucket)

    def _put_rows(self, kind: str, bucket: int, rows: pa.Table) -> None:
        if kind == "products":
            sorted_rows = rows.sort_by("product_id")
            self._write(kind, bucket, sorted_rows)
        else:
            self.put_answers(bucket, rows)

    def grow(self, products: int) -> None:
        """Make as many buckets as a catalog of so many products needs; each bucket splits apart."""
        buckets = self.buckets
        while products > buckets * PRODUCTS_A_BUCKET:
            buckets *= 2
        if buckets == self.buckets:
            return
        seals: dict[str, FileSeal] = {}
        for bucket in range(self.buckets):
            self.compact(bucket)
            for kind in KINDS:
                rows = self._rows(kind, bucket)
                seals |= self._split(kind, bucket, rows, buckets)
        self._text_prefixes.clear()
        manifest = Manifest(buckets, seals, retired=self.manifest.files)
        self._adopt(manifest)
        # What was laid out of the former buckets; it is made anew.
        shutil.rmtree(self.folder / VOTES, ignore_errors=True)

    def settle(self) -> None:
        """Let the manifest say that the file written last stands in its place."""
        if self.manifest.pending is not None:
            manifest = settle(self.folder, self.manifest)
            self._adopt(manifest)

    def _adopt(self, manifest: Manifest) -> None:
        """From here on the files of another manifest count, and no others."""
        write_manifest(self.folder, manifest)
        self.manifest = manifest
        self.buckets = manifest.buckets

    def _split(self, kind: str, bucket: int, table: pa.Table, buckets: int) -> dict[str, FileSeal]:
        """Write the rows of one bucket to the buckets that take its place.

        Returns:
            The names of the files, and their seals.
        """
        seals = {}
        targets = range(bucket, buckets, self.buckets)
        for target, rows in rows_by_bucket(table, targets, buckets):
            file = BucketFile(kind, target, buckets)
            path = self.folder / file.name
            with replacing(path, like_folder=True) as temporary:
                write_pages(temporary, rows, file.metadata())
                seals[file.name] = seal_of(temporary, rows.num_rows)
        return seals

    def recover(self) -> None:
        """Take up what an earlier run left behind: its journal, scratch files and old buckets."""
        for folder in (self.folder, *(self.folder / kind for kind in (*KINDS, VOTES))):
            sweep_scratch(folder)
        for bucket in range(self.buckets):
            file = BucketFile("answers", bucket, self.buckets)
            path = self.folder / file.name
            newest_ns = largest_value(path, "answered_ns")
            self.journal.advance(newest_ns)
        self.notices.extend(take_strays(self))
        if self.manifest.retired:
            manifest = replace(self.manifest, retired={})
            self._adopt(manifest)
        self.compact_all()

    def place_journal(self) -> None:
        """Put the journal's answers into the buckets of the files, whatever was thought of them."""
        with self.journal.transaction() as db:
            rows = db.execute("SELECT answered_ns, product_id FROM answers").fetchall()
            places = []
            for answered_ns, product_id in rows:
                bucket = self.bucket_of(product_id)
                places.append((bucket, answered_ns))
            db.executemany("UPDATE answers SET bucket = ? WHERE answered_ns = ?", places)

    def compact_all(self) -> None:
        """Fold the whole journal into Parquet files."""
        for bucket in self.journal.buckets():
            self.compact(bucket)


@contextlib.contextmanager
def open_for_writing(
    folder: Path, permissions: int | None = PRIVATE, *, accept_loss: bool = False
) -> Iterator[WritableCache]:
    """Hold the cache for writing, whole and compacted; on the way out it is compacted again.

    Args:
        folder: The cache folder; made if it is not there.
        permissions: Those of the folder, which what lies in it follows; None leaves them to the
            umask. A folder that holds something else as well keeps the ones that it has.
        accept_loss: Read all there is, and go on with what can be read.

    Raises:
        ConfigError: The folder holds something else, and no cache.
        CacheLocked: Another run holds it.
        CacheDamaged: A file of it is gone or broken.
        CacheError: The disk is full, or the cache cannot be written.
    """
    check_folder(folder)
    make_folder(folder, permissions)
    if permissions is not None and is_own_folder(folder):
        set_permissions(folder, permissions)
    for kind in KINDS:
        make_subfolder(folder / kind)
    with writer_lock(folder) as lock:
        state = take_over(folder, accept_loss=accept_loss)
        with contextlib.closing(Journal(folder / "journal.sqlite")) as journal:
            cache = WritableCache(folder, journal, lock)
            cache.notices += _notices_of_lock(folder, lock)
            cache.notices += state.notices
            cache.repaired_files = state.repaired_files
            if state.notices:
                cache.place_journal()
            cache.recover()
            cache.notices += _notices_of_clock(journal)
            yield cache
            cache.compact_all()
            cache.settle()
            journal.give_back()


def _notices_of_clock(journal: Journal) -> Iterator[Notice]:
    hours_ahead = journal.seconds_ahead() / 3600
    if hours_ahead > MOST_HOURS_AHEAD:
        text = (
            f"the newest answer in the cache is {hours_ahead:,.0f} hours later than the clock of"
            " this machine: new answers are put behind it, and budget.per_day and"
            " budget.per_month count them as of today"
        )
        yield Notice("clock_set_back", text)


def _notices_of_lock(folder: Path, lock: WriterLock) -> Iterator[Notice]:
    if lock.previous_owner:
        text = (
            f"{folder}: taken over from another machine's run that has given no sign of life for"
            f" {STALE_S / 60:.0f} minutes ({lock.previous_owner})"
        )
        yield Notice("lock_taken_over", text)
