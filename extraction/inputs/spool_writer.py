"""A products file -> a spool: its rows are checked, and written to disk as they are read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.errors import InputError
from ...configs.settings import Settings
from ..cache.digests import id_hash, text_digest
from ..cache.schema import FIELD
from ..storage.disk_errors import disk_error
from ..storage.scratch import make_scratch
from .file_state import require_state
from .formats import open_table
from .html_text import html_to_text, is_html
from .input_notices import notices_of_table
from .spool import PRODUCTS_A_BATCH, SPOOL_SCHEMA, Spool
from .table import ONE_ROW_PER_PRODUCT, Row, Table

MOST_CHARACTERS_A_BATCH = 1 << 25


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
    folder = make_scratch(scratch, "spool")
    spool = Spool(folder, path, settings, extra_columns)
    try:
        _fill(spool, table, columns, limit)
        if not spool.size:
            raise InputError(f"{path}: has a header and no products", hint=ONE_ROW_PER_PRODUCT)
        if table.state is not None:  # where a limit ended the reading
            require_state(path, table.state)
    except OSError as error:
        spool.close()
        raise disk_error(folder, error) from error
    except BaseException:
        spool.close()
        raise
    spool.bad_rows = table.bad_rows
    spool.notices += notices_of_table(table)
    return spool


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
        html: What becomes of texts in HTML, as in the config.
    """

    id: int
    id_name: str
    texts: tuple[int, ...]
    text_names: tuple[str, ...]
    category: int | None
    extra: tuple[int, ...]
    html: Literal["auto", "keep"]

    def category_of(self, row: Row) -> str | None:
        """The category of a product; None where it has none."""
        if self.category is None:
            return None
        return row[self.category].strip() or None

    def shown_texts(self, row: Row) -> _ShownTexts:
        """What the prompt shows of a product."""
        texts = [row[place] for place in self.texts]
        if not any(map(is_html, texts)):
            return _ShownTexts(texts)
        cleaned_texts = [html_to_text(text) for text in texts]
        if self.html == "keep":
            return _ShownTexts(texts, cleaned_texts)
        return _ShownTexts(cleaned_texts, texts)


@dataclass(frozen=True)
class _ShownTexts:
    """The texts of a product, and what they are where HTML is treated in the other way.

    Attributes:
        texts: As the prompt shows them.
        other_texts: Cleaned where they are kept, kept where they are cleaned; None where that makes
            no difference.
    """

    texts: list[str]
    other_texts: list[str] | None = None

    def other_digest(self, names: Sequence[str]) -> bytes | None:
        """Digest of the other texts."""
        if self.other_texts is None:
            return None
        return text_digest(zip(names, self.other_texts, strict=True))


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
        html=names.html,
    )


def _fill(spool: Spool, table: Table, columns: _Columns, limit: int | None) -> None:
    rows = iter(table.rows if limit is None else _first_products(table.rows, columns.id, limit))
    first_row = 1
    id_hashes: list[pa.Array] = []
    with pa.ipc.new_stream(spool.products_path, SPOOL_SCHEMA) as writer:
        for chunk in _chunks(rows):
            batch = _record_batch(table.path, columns, first_row, chunk)
            writer.write_batch(batch)
            id_hashes.append(batch.column("id_hash"))
            first_row += len(chunk)
            spool.note_ids(batch.column("product_id"))
    if id_hashes:
        spool.size = pc.count_distinct(pa.chunked_array(id_hashes)).as_py()


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """The rows in lists of `PRODUCTS_A_BATCH`, or fewer where their texts are long."""
    chunk: list[Row] = []
    n_characters = 0
    for row in rows:
        chunk.append(row)
        n_characters += sum(map(len, row))
        if len(chunk) == PRODUCTS_A_BATCH or n_characters > MOST_CHARACTERS_A_BATCH:
            yield chunk
            chunk = []
            n_characters = 0
    if chunk:
        yield chunk


def _first_products(rows: Iterable[Row], id_column: int, limit: int) -> Iterator[Row]:
    """The rows of the first so many products, up to the first row of the next one."""
    ids: set[str] = set()
    for row in rows:
        ids.add(row[id_column].strip())
        if len(ids) > limit:
            return
        yield row


def _record_batch(
    path: Path, columns: _Columns, first_row: int, rows: Sequence[Row]
) -> pa.RecordBatch:
    """Rows of the input as `SPOOL_SCHEMA`; the first of them has the number `first_row`."""
    ids = [row[columns.id].strip() for row in rows]
    if "" in ids:
        number = first_row + ids.index("")
        raise InputError(
            f"{path}: row {number} has no id (column '{columns.id_name}' is empty)",
            hint="Where several rows make one product, name the column that all of them fill"
            " under input.id.",
        )
    texts: list[str] = []
    text_digests = []
    other_digests = []
    extra_texts: list[str] = []
    for row in rows:
        shown = columns.shown_texts(row)
        texts += shown.texts
        text_digests.append(text_digest(zip(columns.text_names, shown.texts, strict=True)))
        other_digests.append(shown.other_digest(columns.text_names))
        extra_texts += [row[place] for place in columns.extra]
    arrays = {
        "row": range(first_row, first_row + len(rows)),
        "product_id": ids,
        "category": map(columns.category_of, rows),
        "fields": _field_lists(columns.text_names, texts, len(rows)),
        "text_digest": text_digests,
        "other_text_digest": other_digests,
        "id_hash": map(id_hash, ids),
        "columns": _equal_lists(pa.array(extra_texts, pa.string()), len(rows)),
        "further_rows": itertools.repeat(None, len(rows)),
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
