"""A products file -> a spool: its rows are checked, and written to disk as they are read."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ...configs.errors import CacheError, InputError
from ...configs.notices import Notice
from ...configs.settings import Settings
from ...ensemble.groups import ALL
from ..cache.digests import id_hash, text_digest
from ..cache.schema import FIELD
from .formats import open_table
from .spool import PRODUCTS_A_BATCH, SPOOL_SCHEMA, Spool
from .table import ONE_ROW_PER_PRODUCT, Row, Table

CATEGORIES_SHOWN = 8


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
    extra_columns = [name for name in extra if name in table.columns]
    columns = _find_columns(table, settings, extra_columns)
    folder = Path(tempfile.mkdtemp(prefix="spool-", dir=scratch))
    spool = Spool(folder, path, extra_columns)
    try:
        _fill(spool, table, columns, limit)
        if not spool.size:
            raise InputError(f"{path}: has a header and no products", hint=ONE_ROW_PER_PRODUCT)
    except OSError as error:
        spool.close()
        raise CacheError(
            f"{folder}: {error.strerror or error}", hint="Free some disk space and run again."
        ) from error
    except BaseException:
        spool.close()
        raise
    spool.notices += _notices_of_encoding(table)
    spool.notices += _notices_of_idle_attributes(spool, settings)
    return spool


def _notices_of_encoding(table: Table) -> Iterator[Notice]:
    """What was made of a file that is not UTF-8: a wrong guess is seen before it is paid for."""
    if table.encoding and table.encoding.sample:
        text = (
            f"{table.path} is not UTF-8; read as {table.encoding.name}, it says"
            f" '{table.encoding.sample}': if that is wrong, name its encoding under input.encoding"
            " in the config"
        )
        yield Notice("input_encoding", text)


def _notices_of_idle_attributes(spool: Spool, settings: Settings) -> Iterator[Notice]:
    """Attributes that apply to no product: a category that is spelt differently never occurs."""
    for attribute in settings.attributes:
        if not attribute.applies_to or any(map(attribute.applies, spool.categories)):
            continue
        text = (
            f"attribute '{attribute.name}' applies to no product that was read: it is for"
            f" {_quote_all(attribute.applies_to)}, and the categories read are"
            f" {_quote_all(sorted(spool.categories)) or 'all empty'}"
        )
        yield Notice("attribute_without_products", text, groups=((ALL, attribute.name),))


def _quote_all(names: Sequence[str]) -> str:
    listing = ", ".join(f"'{name}'" for name in names[:CATEGORIES_SHOWN])
    return listing + (" ..." if len(names) > CATEGORIES_SHOWN else "")


@dataclass(frozen=True)
class _Columns:
    """Where the input keeps what a run needs: positions in its rows.

    Attributes:
        id: Of the product's id.
        id_name: Name of that column.
        texts: Of the columns that the prompt shows.
        text_names: Names of these columns.
        category: Of the category, if there is one.
        extra: Of the further columns.
    """

    id: int
    id_name: str
    texts: tuple[int, ...]
    text_names: tuple[str, ...]
    category: int | None
    extra: tuple[int, ...]

    def category_of(self, row: Row) -> str | None:
        """The category of a product; None where it has none."""
        if self.category is None:
            return None
        return row[self.category].strip() or None

    def texts_of(self, row: Row) -> list[str]:
        """What the prompt shows of a product."""
        return [row[place] for place in self.texts]


def _find_columns(table: Table, settings: Settings, extra_columns: Sequence[str]) -> _Columns:
    names = settings.input
    category = None
    if names.category is not None:
        category = table.index(names.category, "input.category")
    return _Columns(
        id=table.index(names.id, "input.id"),
        id_name=names.id,
        texts=tuple(table.index(name, "input.text") for name in names.text),
        text_names=tuple(names.text),
        category=category,
        extra=tuple(table.index(name, "needed by a model") for name in extra_columns),
    )


def _fill(spool: Spool, table: Table, columns: _Columns, limit: int | None) -> None:
    rows = itertools.islice(table.rows, limit)
    products_without_text = 0
    with pa.ipc.new_stream(spool.products_path, SPOOL_SCHEMA) as writer:
        while chunk := list(itertools.islice(rows, PRODUCTS_A_BATCH)):
            writer.write_batch(_record_batch(table.path, columns, spool.size + 1, chunk))
            spool.size += len(chunk)
            for row in chunk:
                if category := columns.category_of(row):
                    spool.categories.add(category)
                if not any(map(str.strip, columns.texts_of(row))):
                    products_without_text += 1
    if products_without_text:
        text = f"{products_without_text} products have no text at all; they are not asked about"
        spool.notices.append(Notice("products_without_text", text))


def _record_batch(
    path: Path, columns: _Columns, first_row: int, rows: Sequence[Row]
) -> pa.RecordBatch:
    """Rows of the input as `SPOOL_SCHEMA`; the first of them has the number `first_row`."""
    ids = [row[columns.id].strip() for row in rows]
    if "" in ids:
        number = first_row + ids.index("")
        raise InputError(f"{path}: row {number} has no id (column '{columns.id_name}' is empty)")
    texts: list[str] = []
    text_digests = []
    extra_texts: list[str] = []
    for row in rows:
        texts_of_row = columns.texts_of(row)
        texts += texts_of_row
        text_digests.append(text_digest(zip(columns.text_names, texts_of_row, strict=True)))
        extra_texts += [row[place] for place in columns.extra]
    arrays = {
        "row": range(first_row, first_row + len(rows)),
        "product_id": ids,
        "category": map(columns.category_of, rows),
        "fields": _field_lists(columns.text_names, texts, len(rows)),
        "text_digest": text_digests,
        "id_hash": map(id_hash, ids),
        "columns": _equal_lists(pa.array(extra_texts, pa.string()), len(rows)),
    }
    return pa.RecordBatch.from_arrays(
        [pa.array(arrays[field.name], field.type) for field in SPOOL_SCHEMA], schema=SPOOL_SCHEMA
    )


def _field_lists(names: Sequence[str], texts: list[str], n_rows: int) -> pa.ListArray:
    """Names and texts of all products, one list of `schema.FIELD` a product."""
    all_names = pa.array(list(names) * n_rows, pa.string())
    all_texts = pa.array(texts, pa.string())
    pairs = pa.StructArray.from_arrays([all_names, all_texts], fields=list(FIELD))
    return _equal_lists(pairs, n_rows)


def _equal_lists(values: pa.Array, n_lists: int) -> pa.ListArray:
    """Values in lists of one length."""
    length = len(values) // n_lists
    offsets = np.arange(n_lists + 1, dtype=np.int32) * length
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values)
