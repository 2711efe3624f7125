"""Products on their way through a run: read once, checked, and laid out by bucket on disk.

A million products do not fit where ten thousand do, so the input is written to Arrow files in a
scratch folder while it is read, and every later step takes one bucket at a time.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.errors import CacheError, InputError
from ...configs.notices import Notice
from ...configs.product import Product
from ...configs.settings import Settings
from ...ensemble.groups import ALL
from ..cache.digests import id_hash, text_digest
from ..cache.schema import FIELD, PRODUCTS
from .tables import (
    ONE_ROW_PER_PRODUCT,
    Row,
    Table,
    open_table,
)

BATCH_ROWS = 4096
CATEGORIES_SHOWN = 8
SPOOLED = pa.schema(
    [*PRODUCTS, pa.field("id_hash", pa.uint64()), pa.field("columns", pa.list_(pa.string()))]
)


@dataclass(frozen=True)
class _Columns:
    """Where the input keeps what a run needs."""

    id: int
    text: tuple[tuple[str, int], ...]
    category: int | None
    extra: tuple[int, ...]


class Spool:
    """The products of one input, in a scratch folder that goes when the spool is closed.

    Attributes:
        source: The products file.
        size: Number of products.
        extra: Names of the further columns that were kept, for providers that look things up in the
            row.
        categories: The categories that occur.
        notes: What a user should know about how the file was read.
    """

    def __init__(self, folder: Path, source: Path, extra: Sequence[str] = ()) -> None:
        self.folder = folder
        self.source = source
        self.extra = tuple(extra)
        self.size = 0
        self.categories: set[str] = set()
        self.notes: list[Notice] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def buckets(self, count: int) -> Iterator[tuple[int, pa.Table]]:
        """Walk the products bucket by bucket, each bucket in the order of the input.

        Args:
            count: Number of buckets, a power of two.

        Yields:
            (bucket number, table of `SPOOLED`), empty buckets left out.

        Raises:
            InputError: An id stands in two rows.
        """
        paths = [self._whole] if count == 1 else self._split(count)
        for bucket, path in enumerate(paths):
            with pa.ipc.open_stream(path) as reader:
                table = reader.read_all()
            if table.num_rows:
                _check_unique(table, self.source)
                yield bucket, table

    def check_ids(self, count: int) -> None:
        """Raise the InputError of a duplicate id before anything is asked."""
        for _ in self.buckets(count):
            pass

    @property
    def _whole(self) -> Path:
        return self.folder / "products.arrows"

    def _split(self, count: int) -> list[Path]:
        """Write one file per bucket, once."""
        paths = [self.folder / f"{bucket:05d}-of-{count:05d}.arrows" for bucket in range(count)]
        if paths[0].exists():
            return paths
        writers = [pa.ipc.new_stream(path, SPOOLED) for path in paths]
        with pa.ipc.open_stream(self._whole) as reader:
            for batch in reader:
                place = batch.column("id_hash").to_numpy() & np.uint64(count - 1)
                for bucket in np.unique(place):
                    writers[bucket].write_batch(batch.take(np.flatnonzero(place == bucket)))
        for writer in writers:
            writer.close()
        return paths


def spool_products(
    path: Path, settings: Settings, scratch: Path, *, limit: int | None, extra: Sequence[str]
) -> Spool:
    """Read a products file to its end (or to `limit` products) into a new spool.

    Args:
        path: The products file.
        settings: Names of the columns.
        scratch: An existing folder on the disk of the cache.
        limit: Keep the first so many products.
        extra: Further columns to keep where the input has them, besides id, texts and category.

    Raises:
        InputError: A column is missing, an id is empty, there is no product, or the file is broken.
        CacheError: The disk is full or not writable.
    """
    table = open_table(path, settings.input)
    extra = [name for name in extra if name in table.columns]
    columns = _find_columns(table, settings, extra)
    folder = Path(tempfile.mkdtemp(prefix="spool-", dir=scratch))
    spool = Spool(folder, path, extra)
    try:
        _fill(spool, table, columns, limit)
        if not spool.size:
            raise InputError(f"{path}: has a header and no products", hint=ONE_ROW_PER_PRODUCT)
    except OSError as error:
        spool.__exit__(None, None, None)
        raise CacheError(
            f"{folder}: {error.strerror or error}", hint="Free some disk space and run again."
        ) from error
    except BaseException:
        spool.__exit__(None, None, None)
        raise
    spool.notes += [*_guessed_encoding(table), *_idle_attributes(spool, settings)]
    return spool


def _guessed_encoding(table: Table) -> Iterator[Notice]:
    """Says what was made of a file that is not UTF-8, so that a wrong guess is seen before it is paid for."""
    if table.encoding and table.encoding.sample:
        text = (
            f"{table.path} is not UTF-8; read as {table.encoding.name}, it says '{table.encoding.sample}': if that is"
            " wrong, name its encoding under input.encoding in the config"
        )
        yield Notice("input_encoding", text)


def _idle_attributes(spool: Spool, settings: Settings) -> Iterator[Notice]:
    """Says which attributes have nothing to do: a category that is spelt in another way is one that never occurs."""
    for attribute in settings.attributes:
        wanted = attribute.applies_to
        if wanted and not any(attribute.applies(category) for category in spool.categories):
            text = (
                f"attribute '{attribute.name}' applies to no product that was read: it is for {_listed(wanted)}, and"
                f" the categories read are {_listed(sorted(spool.categories)) or 'all empty'}"
            )
            yield Notice("attribute_without_products", text, groups=((ALL, attribute.name),))


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:CATEGORIES_SHOWN])
    return shown + (" ..." if len(names) > CATEGORIES_SHOWN else "")


def _find_columns(table: Table, settings: Settings, extra: Sequence[str]) -> _Columns:
    category = settings.input.category
    return _Columns(
        id=table.index(settings.input.id, "input.id"),
        text=tuple((name, table.index(name, "input.text")) for name in settings.input.text),
        category=None if category is None else table.index(category, "input.category"),
        extra=tuple(table.index(name, "needed by a model") for name in extra),
    )


def _fill(spool: Spool, table: Table, columns: _Columns, limit: int | None) -> None:
    rows = iter(table.rows if limit is None else itertools.islice(table.rows, limit))
    textless = 0
    with pa.ipc.new_stream(spool._whole, SPOOLED) as writer:
        while chunk := list(itertools.islice(rows, BATCH_ROWS)):
            writer.write_batch(_batch(table, columns, spool.size + 1, chunk))
            spool.size += len(chunk)
            if columns.category is not None:
                spool.categories.update({row[columns.category].strip() for row in chunk} - {""})
            textless += sum(not any(row[i].strip() for _, i in columns.text) for row in chunk)
    if textless:
        text = f"{textless} products have no text at all; they are not asked about"
        spool.notes.append(Notice("products_without_text", text))


def _batch(table: Table, columns: _Columns, first: int, rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows of the input as `SPOOLED`; `first` is the number of the first one."""
    ids = [row[columns.id].strip() for row in rows]
    if "" in ids:
        column = table.columns[columns.id]
        raise InputError(
            f"{table.path}: row {first + ids.index('')} has no id (column '{column}' is empty)"
        )
    names, places = [name for name, _ in columns.text], [place for _, place in columns.text]
    texts = [row[place] for row in rows for place in places]
    pairs = pa.StructArray.from_arrays(
        [pa.array(names * len(rows)), pa.array(texts, pa.string())], fields=list(FIELD)
    )
    extra = [row[place] for row in rows for place in columns.extra]
    category = columns.category
    arrays = {
        "row": range(first, first + len(rows)),
        "product_id": ids,
        "category": [None if category is None else row[category].strip() or None for row in rows],
        "fields": pa.ListArray.from_arrays(_offsets(len(rows), len(places)), pairs),
        "text_digest": [
            text_digest(zip(names, (row[i] for i in places), strict=True)) for row in rows
        ],
        "id_hash": [id_hash(product_id) for product_id in ids],
        "columns": pa.ListArray.from_arrays(
            _offsets(len(rows), len(columns.extra)), pa.array(extra, pa.string())
        ),
    }
    return pa.RecordBatch.from_arrays(
        [pa.array(arrays[f.name], f.type) for f in SPOOLED], schema=SPOOLED
    )


def _offsets(lists: int, length: int) -> pa.Int32Array:
    return pa.array(np.arange(lists + 1, dtype=np.int32) * length)


def _check_unique(table: pa.Table, source: Path) -> None:
    ids = table.column("product_id")
    counts = ids.value_counts()
    if len(counts) == table.num_rows:
        return
    counts = counts.filter(pc.greater(counts.field("counts"), 1))
    repeated = counts.field("values")[0]
    rows = table.filter(pc.equal(ids, repeated)).column("row").to_pylist()
    raise InputError(
        f"{source}: id '{repeated}' stands in row {rows[0]} and in row {rows[1]}; ids must be unique",
        hint="Remove one of the rows, or name another column under input.id.",
    )


def products_of(table: pa.Table, extra: Sequence[str]) -> Iterator[Product]:
    """The rows of a spooled bucket as records."""
    for batch in table.to_batches(max_chunksize=BATCH_ROWS):
        pairs = pc.list_flatten(batch.column("fields"))
        fields = list(
            zip(pairs.field("name").to_pylist(), pairs.field("text").to_pylist(), strict=True)
        )
        values = pc.list_flatten(batch.column("columns")).to_pylist()
        n_fields, n_extra = len(fields) // batch.num_rows, len(extra)
        names = zip(
            batch.column("product_id").to_pylist(),
            batch.column("category").to_pylist(),
            strict=True,
        )
        for row, (product_id, category) in enumerate(names):
            yield Product(
                id=product_id,
                fields=tuple(fields[row * n_fields : (row + 1) * n_fields]),
                category=category,
                columns=dict(zip(extra, values[row * n_extra : (row + 1) * n_extra], strict=True)),
            )
