"""What can still be read of a damaged Parquet file, page by page.

A row is rescued if all can be read of it that says what it is; what else a damaged page held of it
is null. So a damaged page costs the rows that it held a part of, or only that part of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .bucket_files import SCHEMAS
from .page_headers import BrokenHeader
from .page_healing import chunk_start, heal_column
from .parquet_files import with_new_columns

_IDENTITY = frozenset(["model_part", "text_digest", "other_text_digest", "category"])
"""Columns that may be null and mean something then: a null in place of a value would be a lie."""
_ROWS_A_BATCH = 256

Mask = npt.NDArray[np.bool_]
"""[rows] whether a row of a row group could be read."""


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


@dataclass(frozen=True)
class _Leaf:
    """One column of a row group as Parquet has it; a list of structs has one for each field.

    Attributes:
        values: [rows] its values; what stands in rows that could not be read means nothing.
        is_readable: Which rows could be read.
    """

    values: pa.Array
    is_readable: Mask


def rescue_rows(path: Path, kind: str) -> Rescue:
    """Read all rows of a file that can be read; it need not exist.

    Args:
        path: The file.
        kind: products or answers.
    """
    schema = SCHEMAS[kind]
    try:
        content = path.read_bytes()
        with _open(content) as file:
            groups = list(_rescue_groups(content, file, schema))
            rows = file.metadata.num_rows
    except (OSError, pa.ArrowException):
        return Rescue(schema.empty_table(), None, 0)
    tables = [schema.empty_table()]
    blanked_rows = 0
    for group in groups:
        tables.append(group.table)
        blanked_rows += group.blanked_rows
    table = pa.concat_tables(tables)
    return Rescue(table, rows, blanked_rows)


def _open(content: bytes) -> pq.ParquetFile:
    source = pa.BufferReader(content)
    return pq.ParquetFile(source, page_checksum_verification=True)


def _rescue_groups(
    content: bytes, file: pq.ParquetFile, schema: pa.Schema
) -> Iterator[_RescuedGroup]:
    known_names = set(file.schema_arrow.names)
    columns = [name for name in schema.names if name in known_names]
    for number in range(file.metadata.num_row_groups):
        try:
            rows = file.read_row_group(number, columns=columns)
            table = with_new_columns(rows, schema)
            table = table.cast(schema)
        except (OSError, pa.ArrowException):
            damaged_group = _DamagedGroup(content, file, number)
            yield damaged_group.rescue(schema)
        else:
            yield _RescuedGroup(table, 0)


class _DamagedGroup:
    """A row group of which not all can be read.

    Args:
        content: The whole file.
        file: The same, opened.
        number: Of the row group.
    """

    def __init__(self, content: bytes, file: pq.ParquetFile, number: int) -> None:
        self._content = content
        self._file = file
        self._number = number
        self._group = file.metadata.row_group(number)
        self._rows = self._group.num_rows

    def rescue(self, schema: pa.Schema) -> _RescuedGroup:
        """The rows whose vital columns can be read; the others have nulls for what cannot."""
        is_rescued = self._all_rows()
        is_complete = self._all_rows()
        leaves_of = {}
        for field in schema:
            leaves = self._leaves(field.name)
            is_readable = self._is_readable(leaves)
            is_complete &= is_readable
            if _is_vital(field):
                is_rescued &= is_readable
            leaves_of[field.name] = leaves
        arrays = []
        for field in schema:
            leaves = leaves_of[field.name]
            array = _column(field, leaves, is_rescued)
            arrays.append(array)
        table = pa.Table.from_arrays(arrays, schema=schema)
        is_blanked = is_rescued & ~is_complete
        n_blanked = int(np.count_nonzero(is_blanked))
        return _RescuedGroup(table, n_blanked)

    def _all_rows(self) -> Mask:
        return np.ones(self._rows, np.bool_)

    def _is_readable(self, leaves: dict[str, _Leaf]) -> Mask:
        is_readable = self._all_rows()
        for leaf in leaves.values():
            is_readable &= leaf.is_readable
        return is_readable

    def _leaves(self, name: str) -> dict[str, _Leaf]:
        """The leaves of a column by the last part of their paths; none where there is no column."""
        leaves = {}
        for place in range(self._group.num_columns):
            path = self._group.column(place).path_in_schema
            names = path.split(".")
            if names[0] == name:
                leaf_name = names[-1]
                leaves[leaf_name] = self._read_leaf(place, path)
        return leaves

    def _read_leaf(self, place: int, path: str) -> _Leaf:
        try:
            values = self._read_column(self._file, path)
        except (OSError, pa.ArrowException):
            return self._rescue_leaf(place, path)
        return _Leaf(values, self._all_rows())

    def _rescue_leaf(self, place: int, path: str) -> _Leaf:
        try:
            return self._heal(place, path)
        except (BrokenHeader, OSError, pa.ArrowException):
            return self._start_of(path)

    def _read_column(self, file: pq.ParquetFile, path: str) -> pa.Array:
        table = file.read_row_group(self._number, columns=[path])
        column = table.column(0)
        return column.combine_chunks()

    def _heal(self, place: int, path: str) -> _Leaf:
        """The values around the damaged pages."""
        chunk = self._group.column(place)
        column = self._file.metadata.schema.column(place)
        healed = heal_column(self._content, chunk, column)
        start = chunk_start(chunk)
        end = start + chunk.total_compressed_size
        before = self._content[:start]
        after = self._content[end:]
        content = before + healed.content + after
        is_readable = self._all_rows()
        for rows in healed.damaged_rows:
            is_readable[rows.start : rows.stop] = False
        with _open(content) as file:
            values = self._read_column(file, path)
        return _Leaf(values, is_readable)

    def _start_of(self, path: str) -> _Leaf:
        """The values up to the first damage, where the pages cannot be told apart."""
        batches = self._file.iter_batches(_ROWS_A_BATCH, row_groups=[self._number], columns=[path])
        arrays: list[pa.Array] = []
        try:
            for batch in batches:
                arrays.append(batch.column(0))
        except (OSError, pa.ArrowException):
            pass
        root = path.partition(".")[0]
        kind = self._file.schema_arrow.field(root).type
        if arrays:
            kind = arrays[0].type
        n_read = sum(map(len, arrays))
        rest = pa.nulls(self._rows - n_read, kind)
        arrays.append(rest)
        values = pa.chunked_array(arrays, kind)
        is_readable = self._all_rows()
        is_readable[n_read:] = False
        return _Leaf(values.combine_chunks(), is_readable)


def _is_vital(field: pa.Field) -> bool:
    """Whether a row means nothing, or something else, without its value."""
    return not field.nullable or field.name in _IDENTITY


def _column(field: pa.Field, leaves: dict[str, _Leaf], is_rescued: Mask) -> pa.Array:
    """The values of a column in the rows that are rescued."""
    mask = pa.array(is_rescued)
    if not leaves:
        n_rescued = int(np.count_nonzero(is_rescued))
        return pa.nulls(n_rescued, field.type)
    if pa.types.is_list(field.type):
        lists = {}
        for name, leaf in leaves.items():
            lists[name] = leaf.values.filter(mask)
        return _joined_lists(field.type, lists)
    (leaf,) = leaves.values()
    null = pa.scalar(None, leaf.values.type)
    is_readable = pa.array(leaf.is_readable)
    values = pc.if_else(is_readable, leaf.values, null)
    rescued_values = values.filter(mask)
    return rescued_values.cast(field.type)


def _joined_lists(kind: pa.DataType, lists: dict[str, pa.Array]) -> pa.Array:
    """Lists of structs of one field each, put together to lists of structs of all of them."""
    some_lists = next(iter(lists.values()))
    lengths = pc.list_value_length(some_lists)
    ends = np.cumsum(lengths.to_numpy(zero_copy_only=False))
    offsets = np.append([0], ends)
    n_values = int(offsets[-1])
    fields = list(kind.value_type)
    arrays = []
    for field in fields:
        if field.name in lists:
            structs = pc.list_flatten(lists[field.name])
            values = structs.field(0)
            array = values.cast(field.type)
        else:
            array = pa.nulls(n_values, field.type)
        arrays.append(array)
    elements = pa.StructArray.from_arrays(arrays, fields=fields)
    places = pa.array(offsets, pa.int32())
    return pa.ListArray.from_arrays(places, elements, type=kind)
