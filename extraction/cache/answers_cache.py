"""The answers cache: Parquet buckets of products and answers, fed by the journal.

The contract: docs/design.md#the-answers-cache.

    .attrx/
      cache.json, cache.json.old      layout version, number of buckets, and seals of the files
      journal.sqlite, -wal, .in-use   answers that are not compacted yet, and the ledger of batches
      products/00000-of-00001.parquet
      answers/00000-of-00001.parquet  one row per answer, votes beside the raw text
      votes/00000-of-00001.parquet    one row per cell: what was read from the answers of a bucket
      gold/00001.parquet              what one `attrx gold sample` drew
      lock, lock.owner                the one writer
      aside-2026-07-31/               what could not be used, and is kept

A bucket is the low bits of a hash of the product's id, so that all models' answers to a product lie
together, and so that doubling the number of buckets splits each one in place. Files are replaced
whole, by rename. Readers take the journal first and the Parquet second: what is compacted in
between they see twice, and `answered_ns` drops the copy (docs/design.md#layout-on-disk). A file is
read only if it is the one that the manifest knows; a reader that has an older manifest than its
file reads the manifest again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.errors import CacheDamaged, CacheError
from .batch_records import Batch
from .bucket_files import BucketFile
from .damage import DamagedFile, damage_error, missing_files
from .journal import Journal
from .ledger import CELLS, Ledger
from .manifest import manifest_path
from .manifest_loading import load_manifest
from .orders import Orders
from .parquet_files import FooterMismatch, read_parquet
from .schema import ANSWERS, PRODUCTS

MOST_READINGS = 5
"""Of the manifest, for one file: a writer puts files in their places meanwhile."""

DigestPrefixes = npt.NDArray[np.uint64]
"""The first 8 bytes of digests, as numbers."""


class AnswersCache:
    """One cache folder, for reading; `WritableCache` adds the rest.

    Args:
        folder: The cache folder; need not exist.

    Attributes:
        buckets: Number of buckets, a power of two.
        manifest: The files that there are.

    Raises:
        CacheDamaged: A file is gone.
        CacheError: The folder holds a layout that this version cannot read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = load_manifest(folder).manifest
        self.buckets = self.manifest.buckets
        self._text_prefixes: dict[int, DigestPrefixes] = {}
        self._check_files()

    def _check_files(self) -> None:
        """See that no file is gone; a writer may have removed those of fewer buckets meanwhile."""
        if missing_files(self.folder, self.manifest):
            self.manifest = load_manifest(self.folder).manifest
            self.buckets = self.manifest.buckets
        if damage := missing_files(self.folder, self.manifest):
            raise damage_error(self.folder, damage)

    @property
    def exists(self) -> bool:
        """Whether anything was ever kept here."""
        places = (manifest_path(self.folder), self.folder / "journal.sqlite")
        return bool(self.manifest.files) or any(place.exists() for place in places)

    def products(self, bucket: int) -> pa.Table:
        """The products of a bucket, a table of `schema.PRODUCTS`.

        Raises:
            CacheDamaged: The file is broken.
        """
        return self._read("products", bucket, PRODUCTS)

    def product_ids(self, bucket: int) -> list[str]:
        """The ids of the products of a bucket.

        Raises:
            CacheDamaged: The file is broken.
        """
        schema = pa.schema([PRODUCTS.field("product_id")])
        ids: list[str] = self._read("products", bucket, schema).column(0).to_pylist()
        return ids

    def answers(self, bucket: int, columns: Sequence[str] | None = None) -> pa.Table:
        """The answers of a bucket, oldest first.

        Args:
            bucket: Number of the bucket.
            columns: Which columns of `schema.ANSWERS` to read; None = all.

        Returns:
            Table with `columns` and `answered_ns`, in the order of the schema.

        Raises:
            CacheDamaged: The bucket's file is broken.
            CacheError: The journal is broken.
        """
        schema = ANSWERS if columns is None else _schema_of({*columns, "answered_ns"})
        journal_answers = self._journal_answers(bucket).select(schema.names)
        answers = self._read("answers", bucket, schema)
        if journal_answers.num_rows:
            times = answers.column("answered_ns")
            is_copy = pc.is_in(journal_answers.column("answered_ns"), value_set=times)
            new_answers = journal_answers.filter(pc.invert(is_copy))
            answers = pa.concat_tables([answers, new_answers])
        return _in_order_of_time(answers)

    def find_texts(self, digests: pa.Array) -> Iterator[pa.Table]:
        """Answers to products with one of these texts, whatever their ids, from all buckets.

        Args:
            digests: Text digests, `schema.DIGEST`.

        Yields:
            Tables of `schema.ANSWERS`, oldest first within each.
        """
        prefixes = np.unique(_prefixes(digests))
        for bucket in range(self.buckets):
            in_bucket = np.isin(prefixes, self._prefixes_in(bucket), assume_unique=True)
            if not in_bucket.any():
                continue
            answers = self.answers(bucket)
            has_text = pc.is_in(answers.column("text_digest"), value_set=digests)
            matches = answers.filter(has_text)
            if matches.num_rows:
                yield matches

    def _prefixes_in(self, bucket: int) -> DigestPrefixes:
        """Sorted prefixes of the text digests in a bucket: 8 bytes a text stay in memory."""
        if bucket not in self._text_prefixes:
            answers = self.answers(bucket, ["text_digest"])
            digests = answers.column("text_digest").drop_null()
            prefixes = _prefixes(digests)
            self._text_prefixes[bucket] = np.unique(prefixes)
        return self._text_prefixes[bucket]

    def is_compacted(self, bucket: int) -> bool:
        """Whether all answers of a bucket are in its file.

        Raises:
            CacheError: The journal is broken.
        """
        with self._open_journal() as journal:
            return journal is None or bucket not in journal.buckets()

    def batches(self) -> list[Batch]:
        """The batches that are with their vendors, oldest first.

        Raises:
            CacheError: The journal is broken.
        """
        with self._open_journal() as journal:
            return [] if journal is None else Ledger(journal).batches()

    def orders(self, kind: str) -> dict[bytes, int]:
        """Orders to ask again that are not carried out yet, as `orders.Orders.pending` has them.

        Raises:
            CacheError: The journal is broken.
        """
        with self._open_journal() as journal:
            return {} if journal is None else Orders(journal).pending(kind)

    def batch_cells(self, bucket: int) -> pa.Table:
        """What these batches ask of the products of a bucket, a table of `ledger.CELLS`.

        Raises:
            CacheError: The journal is broken.
        """
        with self._open_journal() as journal:
            if journal is None:
                return CELLS.empty_table()
            return Ledger(journal).cells(bucket, self.buckets)

    def _journal_answers(self, bucket: int) -> pa.Table:
        with self._open_journal() as journal:
            return ANSWERS.empty_table() if journal is None else journal.read(bucket)

    @contextlib.contextmanager
    def _open_journal(self) -> Iterator[Journal | None]:
        """The journal; None where there is none yet."""
        path = self.folder / "journal.sqlite"
        if not path.exists():
            yield None
            return
        with contextlib.closing(Journal(path, readonly=True)) as journal:
            yield journal

    def _read(self, kind: str, bucket: int, schema: pa.Schema) -> pa.Table:
        """What a file holds of a schema; nothing where the bucket has no such file.

        Args:
            kind: products or answers.
            bucket: Number of the bucket.
            schema: What to read.
        """
        name = BucketFile(kind, bucket, self.buckets).name
        for _ in range(MOST_READINGS):
            try:
                return read_parquet(self.folder / name, schema, self.manifest.seals(name))
            except FileNotFoundError:
                if self.manifest.may_be_absent(name):
                    return schema.empty_table()
            except FooterMismatch:
                pass
            except CacheDamaged as error:
                raise self._damage(name) from error
            self._read_manifest_again()
        raise self._damage(name)

    def _damage(self, name: str) -> CacheDamaged:
        """The error about a file that is gone or damaged."""
        seal = self.manifest.files.get(name)
        is_missing = not (self.folder / name).exists()
        damage = DamagedFile(name, is_missing, None if seal is None else seal.rows)
        return damage_error(self.folder, [damage])

    def _read_manifest_again(self) -> None:
        """Take up what a writer has written since.

        Where the cache grew, the files of fewer buckets stay until the next writer comes.
        """
        manifest = load_manifest(self.folder).manifest
        if manifest.buckets == self.buckets:
            self.manifest = manifest
        elif manifest.retired:
            self.manifest = replace(self.manifest, files=manifest.retired, pending=None)
        else:
            raise CacheError(f"{self.folder}: it grew while it was read", hint="Run again.")


def _in_order_of_time(answers: pa.Table) -> pa.Table:
    """Answers, oldest first; files hold them in that order but for those of another clock."""
    times = answers.column("answered_ns").to_numpy()
    is_in_order = bool((times[1:] >= times[:-1]).all())
    return answers if is_in_order else answers.sort_by("answered_ns")


def _schema_of(columns: set[str]) -> pa.Schema:
    fields = [field for field in ANSWERS if field.name in columns]
    return pa.schema(fields)


def _prefixes(digests: pa.Array | pa.ChunkedArray) -> DigestPrefixes:
    """First 8 bytes of each digest, as numbers; none of the digests is null."""
    if isinstance(digests, pa.ChunkedArray):
        digests = digests.combine_chunks()
    if len(digests) == 0:
        return np.empty(0, np.uint64)
    _, data = digests.buffers()
    halves = np.frombuffer(data, np.uint64).reshape(-1, 2)
    end = digests.offset + len(digests)
    return halves[digests.offset : end, 0].copy()
