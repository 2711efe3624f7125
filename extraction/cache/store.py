"""The answers cache: Parquet buckets of products and answers, fed by the journal (DESIGN, section 6).

    .attrx/
      cache.json                      layout version and number of buckets
      journal.sqlite                  answers that are not compacted yet, and the ledger of open batches
      products/00000-of-00001.parquet
      answers/00000-of-00001.parquet  one row per answer, votes beside the raw text
      lock, lock.owner                the one writer

A bucket is the low bits of a hash of the product's id, so that all models' answers to a product lie
together, and so that doubling the number of buckets splits each one in place. Files are replaced
whole, by rename. Readers take the journal first and the Parquet second: what is compacted in
between they see twice, and `answered_ns` drops the copy.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.errors import CacheError
from .atomic_write import replacing
from .digests import id_hash
from .journal import Answer, Journal
from .ledger import CELLS, Batch, Ledger
from .lock import writer_lock
from .schema import ANSWERS, LAYOUT_VERSION, PRODUCTS

PRODUCTS_A_BUCKET = 100_000
Hashes = npt.NDArray[np.uint64]


class AnswersCache:
    """One cache folder, for reading; `WritableCache` adds the rest.

    Args:
        folder: The cache folder; need not exist.

    Attributes:
        buckets: Number of buckets, a power of two.

    Raises:
        CacheError: The folder holds a layout that this version cannot read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.buckets = _read_manifest(folder)
        self._texts: dict[int, Hashes] = {}

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept here."""
        return (self.folder / "cache.json").exists()

    def products(self, bucket: int) -> pa.Table:
        """The products of a bucket, a table of `schema.PRODUCTS`."""
        return _read(self._path("products", bucket), PRODUCTS, None)

    def answers(self, bucket: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The answers of a bucket, oldest first.

        Args:
            bucket: Number of the bucket.
            columns: Which columns of `schema.ANSWERS` to read; None = all.

        Returns:
            Table with `columns` in the order of the schema.
        """
        wanted = None if columns is None else {*columns, "answered_ns"}
        schema = (
            ANSWERS
            if wanted is None
            else pa.schema([field for field in ANSWERS if field.name in wanted])
        )
        fresh = self._journalled(bucket).select(schema.names)
        kept = _read(self._path("answers", bucket), schema, schema.names)
        if fresh.num_rows:
            seen = pc.is_in(fresh.column("answered_ns"), value_set=kept.column("answered_ns"))
            kept = pa.concat_tables([kept, fresh.filter(pc.invert(seen))])
        return kept.sort_by("answered_ns")

    def find_texts(self, digests: pa.Array) -> Iterator[pa.Table]:
        """Answers to products with one of these texts, whatever their ids, from all buckets.

        Args:
            digests: Text digests, `schema.DIGEST`.

        Yields:
            Tables of `schema.ANSWERS`, oldest first within each.
        """
        wanted = np.unique(_as_uint64(digests))
        for bucket in range(self.buckets):
            if np.isin(wanted, self._text_index(bucket), assume_unique=True).any():
                answers = self.answers(bucket)
                found = answers.filter(pc.is_in(answers.column("text_digest"), value_set=digests))
                if found.num_rows:
                    yield found

    def _text_index(self, bucket: int) -> Hashes:
        """Sorted first 8 bytes of the text digests in a bucket: 8 bytes a text stay in memory."""
        if bucket not in self._texts:
            column = (
                self.answers(bucket, ["text_digest"])
                .column("text_digest")
                .drop_null()
                .combine_chunks()
            )
            self._texts[bucket] = np.unique(_as_uint64(column))
        return self._texts[bucket]

    def batches(self) -> list[Batch]:
        """The batches that are with their vendors, oldest first."""
        with self._reading() as journal:
            return [] if journal is None else Ledger(journal).batches()

    def waiting(self, bucket: int) -> pa.Table:
        """What these batches ask of the products of a bucket, a table of `ledger.CELLS`."""
        with self._reading() as journal:
            return (
                CELLS.empty_table()
                if journal is None
                else Ledger(journal).cells(bucket, self.buckets)
            )

    def _journalled(self, bucket: int) -> pa.Table:
        with self._reading() as journal:
            return ANSWERS.empty_table() if journal is None else journal.read(bucket)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Journal | None]:
        """The journal; None where there is none yet."""
        path = self.folder / "journal.sqlite"
        if not path.exists():
            yield None
            return
        with contextlib.closing(Journal(path, readonly=True)) as journal:
            yield journal

    def _path(self, kind: str, bucket: int, buckets: int | None = None) -> Path:
        return self.folder / kind / f"{bucket:05d}-of-{buckets or self.buckets:05d}.parquet"


class WritableCache(AnswersCache):
    """The cache in the hands of its one writer; made by `open_for_writing`."""

    def __init__(self, folder: Path, journal: Journal) -> None:
        super().__init__(folder)
        self.journal = journal
        self.ledger = Ledger(journal)

    def bucket_of(self, product_id: str) -> int:
        """The bucket that a product belongs to."""
        return id_hash(product_id) & (self.buckets - 1)

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Journal | None]:
        yield self.journal

    def commit(self, answers: Iterable[Answer]) -> None:
        """Write finished answers to the journal; on return the disk has them."""
        self.journal.commit((self.bucket_of(answer["product_id"]), answer) for answer in answers)

    def put_products(self, bucket: int, products: pa.Table) -> None:
        """Add the products of an input, or replace those of the same ids; writes nothing if nothing changed."""
        old = self.products(bucket)
        new = products.select(PRODUCTS.names)
        kept = old.filter(
            pc.invert(pc.is_in(old.column("product_id"), value_set=new.column("product_id")))
        )
        merged = pa.concat_tables([kept, new]).sort_by("product_id")
        # The row number alone is no news: a shuffled input rewrites nothing.
        if not merged.drop_columns("row").equals(old.drop_columns("row")):
            _write(self._path("products", bucket), merged)

    def compact(self, bucket: int) -> None:
        """Fold the journal's answers of a bucket into its Parquet file."""
        fresh = self.journal.read(bucket)
        if fresh.num_rows:
            self.put_answers(bucket, self.answers(bucket))
            self.journal.drop(bucket, pc.max(fresh.column("answered_ns")).as_py())

    def put_answers(self, bucket: int, answers: pa.Table) -> None:
        """Replace the answers of a bucket."""
        _write(self._path("answers", bucket), _without_old_failures(answers))
        self._texts.pop(bucket, None)

    def replace(self, bucket: int, products: pa.Table, answers: pa.Table) -> None:
        """Put other products and answers in the place of a bucket's, those in the journal included."""
        _write(self._path("products", bucket), products)
        self.put_answers(bucket, answers)

    def grow(self, products: int) -> None:
        """Grow the number of buckets for a catalog of so many products; each bucket is split by itself."""
        buckets = self.buckets
        while products > buckets * PRODUCTS_A_BUCKET:
            buckets *= 2
        if buckets == self.buckets:
            return
        for bucket in range(self.buckets):
            self.compact(bucket)
            for kind, table in (
                ("products", self.products(bucket)),
                ("answers", self.answers(bucket)),
            ):
                place = np.fromiter(
                    (id_hash(i.as_py()) & (buckets - 1) for i in table.column("product_id")),
                    np.int64,
                )
                for target in range(bucket, buckets, self.buckets):
                    _write(
                        self._path(kind, target, buckets),
                        table.take(np.flatnonzero(place == target)),
                    )
        self.buckets = buckets
        self._texts.clear()
        _write_manifest(self.folder, buckets)

    def recover(self) -> None:
        """Take up what an earlier run left behind: its journal, its scratch files, its old buckets."""
        for scratch in self.folder.glob("spool-*"):
            shutil.rmtree(scratch, ignore_errors=True)
        for kind in ("products", "answers"):
            for path in (self.folder / kind).glob("*"):
                if not path.name.endswith(f"-of-{self.buckets:05d}.parquet"):
                    path.unlink(missing_ok=True)
        for bucket in range(self.buckets):
            self.journal.advance(_newest(self._path("answers", bucket)))
        for bucket in self.journal.buckets():
            self.compact(bucket)


@contextlib.contextmanager
def open_for_writing(folder: Path) -> Iterator[WritableCache]:
    """Hold the cache for writing, whole and compacted; on the way out the journal is compacted again.

    Raises:
        CacheLocked: Another run holds it.
        CacheError: The disk is full, or the cache is broken.
    """
    try:
        for name in ("products", "answers"):
            (folder / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CacheError(f"{folder}: {error.strerror or error}") from error
    with writer_lock(folder):
        if not (folder / "cache.json").exists():
            _write_manifest(folder, 1)
        with contextlib.closing(Journal(folder / "journal.sqlite")) as journal:
            cache = WritableCache(folder, journal)
            cache.recover()
            yield cache
            for bucket in journal.buckets():
                cache.compact(bucket)


def _read_manifest(folder: Path) -> int:
    path = folder / "cache.json"
    try:
        manifest = orjson.loads(path.read_bytes())
        version, buckets = manifest["layout_version"], int(manifest["buckets"])
    except FileNotFoundError:
        return 1
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CacheError(f"{path}: cannot be read: {error}") from error
    if version != LAYOUT_VERSION:
        raise CacheError(
            f"{path}: the cache has layout {version}, this attrx reads layout {LAYOUT_VERSION}",
            hint="Install the attrx that wrote it, or a newer one.",
        )
    return buckets


def _write_manifest(folder: Path, buckets: int) -> None:
    path = folder / "cache.json"
    with replacing(path) as temporary:
        temporary.write_bytes(orjson.dumps({"layout_version": LAYOUT_VERSION, "buckets": buckets}))


def _read(path: Path, schema: pa.Schema, columns: Sequence[str] | None) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns, partitioning=None).cast(schema)
    except FileNotFoundError:
        return schema.empty_table()
    except (OSError, pa.ArrowException) as error:
        raise CacheError(
            f"{path}: cannot be read: {error}", hint="Restore the file from a backup."
        ) from error


def _write(path: Path, table: pa.Table) -> None:
    with replacing(path) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=3,
            row_group_size=max(table.num_rows, 1),
        )


def _without_old_failures(answers: pa.Table) -> pa.Table:
    """Drop failures in transport that something later followed: nothing was said in them, nothing was paid.

    Args:
        answers: Table of `schema.ANSWERS`, in any order.

    Returns:
        The rest, sorted by product, model and time.
    """
    answers = answers.sort_by(
        [(name, "ascending") for name in ("product_id", "model", "answered_ns")]
    )
    if answers.num_rows < 2:
        return answers
    ids, models = answers.column("product_id"), answers.column("model")
    n = answers.num_rows
    followed = pc.and_(
        pc.equal(ids.slice(0, n - 1), ids.slice(1)),
        pc.equal(models.slice(0, n - 1), models.slice(1)),
    ).to_numpy()
    failed = pc.equal(answers.column("status"), "failed").to_numpy()
    return answers.filter(pa.array(~(failed & np.append(followed, False))))


def _newest(path: Path) -> int:
    """The largest `answered_ns` of a file, from its statistics."""
    if not path.exists():
        return 0
    metadata = pq.read_metadata(path)
    place = metadata.schema.to_arrow_schema().get_field_index("answered_ns")
    groups = (
        metadata.row_group(i).column(place).statistics for i in range(metadata.num_row_groups)
    )
    return max(
        (int(group.max) for group in groups if group is not None and group.has_min_max), default=0
    )


def _as_uint64(digests: pa.Array) -> Hashes:
    """First 8 bytes of each digest, as numbers."""
    if isinstance(digests, pa.ChunkedArray):
        digests = digests.combine_chunks()
    if len(digests) == 0:
        return np.empty(0, np.uint64)
    raw = np.frombuffer(digests.buffers()[1], np.uint64).reshape(-1, 2)
    return raw[digests.offset : digests.offset + len(digests), 0].copy()
