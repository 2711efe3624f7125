"""Parquet files of the cache: read under a schema, and written as a whole."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...configs.errors import CacheError
from ..storage.atomic_write import replacing


def read_parquet(path: Path, schema: pa.Schema) -> pa.Table:
    """The columns of a schema from a file; an empty table where there is no such file.

    Raises:
        CacheError: The file is broken.
    """
    try:
        known_columns = set(pq.read_schema(path).names)
        columns = [
            field.name for field in schema if field.name in known_columns or not field.nullable
        ]
        table = pq.read_table(path, columns=columns, partitioning=None)
        return _with_new_columns(table, schema).cast(schema)
    except FileNotFoundError:
        return schema.empty_table()
    except (OSError, pa.ArrowException) as error:
        raise CacheError(
            f"{path}: cannot be read: {error}", hint="Restore the file from a backup."
        ) from error


def _with_new_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with nulls in the columns that its file, of an older attrx, does not have."""
    for place, field in enumerate(schema):
        if field.nullable and field.name not in table.column_names:
            nulls = pa.nulls(table.num_rows, field.type)
            table = table.add_column(place, field, nulls)
    return table


def write_parquet(path: Path, table: pa.Table) -> None:
    """Put a table in the place of a file, in one row group.

    Raises:
        CacheError: The disk is full or not writable; the old file still stands.
    """
    with replacing(path, like_folder=True) as temporary:
        pq.write_table(
            table,
            temporary,
            compression="zstd",
            compression_level=3,
            row_group_size=max(table.num_rows, 1),
        )


def largest_value(path: Path, column: str) -> int:
    """The largest value of a whole-number column, from the file's statistics; 0 if it has none."""
    if not path.exists():
        return 0
    metadata = pq.read_metadata(path)
    place = metadata.schema.to_arrow_schema().get_field_index(column)
    largest = 0
    for number in range(metadata.num_row_groups):
        statistics = metadata.row_group(number).column(place).statistics
        if statistics is not None and statistics.has_min_max:
            largest = max(largest, int(statistics.max))
    return largest
