"""Products on their way through a run: laid out by bucket on disk.

A million products do not fit where ten thousand do, so the input is written to Arrow files in a
scratch folder while it is read (`spool_writer.py`), and every later step takes one bucket at a
time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.errors import InputError
from ...configs.notices import Notice
from ...configs.product import Product
from ..cache.schema import PRODUCTS

PRODUCTS_A_BATCH = 4096
SPOOL_SCHEMA = pa.schema(
    [
        *PRODUCTS,
        pa.field("id_hash", pa.uint64()),
        # Texts of the further columns, in the order of `Spool.extra_columns`.
        pa.field("columns", pa.list_(pa.string())),
    ]
)


class Spool:
    """The products of one input, in a scratch folder that goes when the spool is closed.

    Attributes:
        source: The products file.
        extra_columns: Names of the further columns that were kept, for providers that look things
            up in the row.
        size: Number of products.
        categories: The categories that occur.
        notices: What a user should know about how the file was read.
    """

    def __init__(self, folder: Path, source: Path, extra_columns: Sequence[str] = ()) -> None:
        self.folder = folder
        self.source = source
        self.extra_columns = tuple(extra_columns)
        self.size = 0
        self.categories: set[str] = set()
        self.notices: list[Notice] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the scratch folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def products_path(self) -> Path:
        """All products in the order of the input: an Arrow stream of `SPOOL_SCHEMA`."""
        return self.folder / "products.arrows"

    def buckets(self, count: int) -> Iterator[tuple[int, pa.Table]]:
        """Walk the products bucket by bucket, each bucket in the order of the input.

        Args:
            count: Number of buckets, a power of two.

        Yields:
            (bucket number, table of `SPOOL_SCHEMA`), empty buckets left out.

        Raises:
            InputError: An id stands in two rows.
        """
        paths = [self.products_path] if count == 1 else self._split(count)
        for bucket, path in enumerate(paths):
            with pa.ipc.open_stream(path) as reader:
                table = reader.read_all()
            if table.num_rows:
                _check_unique(table, self.source)
                yield bucket, table

    def check_ids(self, count: int) -> None:
        """Look at all ids, before anything is asked.

        Args:
            count: Number of buckets, a power of two.

        Raises:
            InputError: An id stands in two rows.
        """
        for _ in self.buckets(count):
            pass

    def _split(self, count: int) -> list[Path]:
        """Write one file per bucket, once."""
        paths = [self.folder / f"{bucket:05d}-of-{count:05d}.arrows" for bucket in range(count)]
        if paths[0].exists():
            return paths
        writers = [pa.ipc.new_stream(path, SPOOL_SCHEMA) for path in paths]
        with pa.ipc.open_stream(self.products_path) as reader:
            for batch in reader:
                bucket_of_row = batch.column("id_hash").to_numpy() & np.uint64(count - 1)
                for bucket in np.unique(bucket_of_row):
                    rows = np.flatnonzero(bucket_of_row == bucket)
                    writers[bucket].write_batch(batch.take(rows))
        for writer in writers:
            writer.close()
        return paths


def _check_unique(table: pa.Table, source: Path) -> None:
    ids = table.column("product_id")
    counts = ids.value_counts()
    if len(counts) == table.num_rows:
        return
    duplicates = counts.filter(pc.greater(counts.field("counts"), 1))
    product_id = duplicates.field("values")[0]
    first, second, *_ = table.filter(pc.equal(ids, product_id)).column("row").to_pylist()
    raise InputError(
        f"{source}: id '{product_id}' stands in row {first} and in row {second};"
        " ids must be unique",
        hint="Remove one of the rows, or name another column under input.id.",
    )


def products_of(table: pa.Table, extra_columns: Sequence[str]) -> Iterator[Product]:
    """The rows of a spooled bucket as records.

    Args:
        table: Table of `SPOOL_SCHEMA`.
        extra_columns: Names of the further columns in it.
    """
    for batch in table.to_batches(max_chunksize=PRODUCTS_A_BATCH):
        ids = batch.column("product_id").to_pylist()
        categories = batch.column("category").to_pylist()
        pairs = pc.list_flatten(batch.column("fields"))
        field_names = pairs.field("name").to_pylist()
        field_texts = pairs.field("text").to_pylist()
        fields = tuple(zip(field_names, field_texts, strict=True))
        extra_texts = pc.list_flatten(batch.column("columns")).to_pylist()
        fields_a_product = len(fields) // batch.num_rows
        for row, (product_id, category) in enumerate(zip(ids, categories, strict=True)):
            first_field = row * fields_a_product
            first_column = row * len(extra_columns)
            columns = extra_texts[first_column : first_column + len(extra_columns)]
            yield Product(
                id=product_id,
                fields=fields[first_field : first_field + fields_a_product],
                category=category,
                columns=dict(zip(extra_columns, columns, strict=True)),
            )
