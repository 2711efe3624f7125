"""What can still be read of a damaged Parquet file, by row group and column.

A row is rescued if all can be read of it that says what it is; what else a damaged column held of
it is null. Of a row group with a damaged page, the rows before that page are rescued.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from .bucket_files import SCHEMAS
from .parquet_files import with_new_columns

_IDENTITY = frozenset(["model_part", "text_digest", "other_text_digest", "category"])
"""Columns that may be null and mean something then: a null in place of a value would be a lie."""
_ROWS_A_BATCH = 256


@dataclass(frozen=True)
class Rescue:
    """What was rescued of a file.

    Attributes:
        table: The rows, under the schema of their kind.
        rows: How many the file had, as far as it says; None where it does not.
        blanked_rows: How many of the rescued rows lack something that was not vital.
    """

    table: pa.Table
    rows: int | None
    blanked_rows: int


@dataclass(frozen=True)
class _RescuedGroup:
    """What was rescued of a row group."""

    table: pa.Table
    blanked_rows: int


def rescue_rows(path: Path, kind: str) -> Rescue:
    """Read all rows of a file that can be read; it need not exist.

    Args:
        path: The file.
        kind: products or answers.
    """
    schema = SCHEMAS[kind]
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            groups = [_rescue_group(file, number, schema) for number in range(_n_groups(file))]
            rows = file.metadata.num_rows
    except (OSError, pa.ArrowException):
        return Rescue(schema.empty_table(), None, 0)
    table = pa.concat_tables([schema.empty_table(), *(group.table for group in groups)])
    return Rescue(table, rows, sum(group.blanked_rows for group in groups))


def _n_groups(file: pq.ParquetFile) -> int:
    return int(file.metadata.num_row_groups)


def _rescue_group(file: pq.ParquetFile, number: int, schema: pa.Schema) -> _RescuedGroup:
    columns = [field.name for field in schema if field.name in file.schema_arrow.names]
    try:
        whole = file.read_row_group(number, columns=columns)
        return _RescuedGroup(with_new_columns(whole, schema).cast(schema), 0)
    except (OSError, pa.ArrowException):
        return _rescue_columns(file, number, schema)


def _rescue_columns(file: pq.ParquetFile, number: int, schema: pa.Schema) -> _RescuedGroup:
    """The rows up to the first damage in a vital column, with nulls for what else is damaged."""
    rows = file.metadata.row_group(number).num_rows
    parts: dict[str, pa.ChunkedArray] = {}
    for field in schema:
        if field.name in file.schema_arrow.names:
            parts[field.name] = _readable_start(file, number, field)
    vital = [len(parts.get(name, ())) for name in _vital_columns(schema, file)]
    n_rescued = min([rows, *vital])
    arrays = []
    n_least = n_rescued
    for field in schema:
        part = parts.get(field.name, pa.chunked_array([], field.type)).slice(0, n_rescued)
        if field.name in parts:
            n_least = min(n_least, len(part))
        nulls = pa.nulls(n_rescued - len(part), field.type)
        arrays.append(pa.chunked_array([*part.chunks, nulls], field.type))
    return _RescuedGroup(pa.Table.from_arrays(arrays, schema=schema), n_rescued - n_least)


def _vital_columns(schema: pa.Schema, file: pq.ParquetFile) -> Iterator[str]:
    for field in schema:
        is_vital = not field.nullable or field.name in _IDENTITY
        if is_vital and (not field.nullable or field.name in file.schema_arrow.names):
            yield field.name


def _readable_start(file: pq.ParquetFile, number: int, field: pa.Field) -> pa.ChunkedArray:
    """The values of a column of a row group up to its first damaged page."""
    chunks: list[pa.Array] = []
    batches = file.iter_batches(_ROWS_A_BATCH, row_groups=[number], columns=[field.name])
    try:
        for batch in batches:
            chunks.append(batch.column(0).cast(field.type))
    except (OSError, pa.ArrowException):
        pass
    return pa.chunked_array(chunks, field.type)
