"""Parquet files as tables of texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .bounds import (
    MOST_FIELD_CHARACTERS,
    check_expansion,
    unpack_into_memory,
)
from .source_file import SourceFile
from .table import Row, Table, as_text, id_text

ROWS_A_READ = 8192
BYTES_A_READ = 1 << 26
"""Fewer rows are in memory at once where they are more than this."""
_DICTIONARY = "RLE_DICTIONARY"


def open_parquet(file: SourceFile, settings: InputSettings) -> Table:
    """Open a Parquet file; a gzipped one is unpacked into memory, since it is read from its end.

    Raises:
        InputError: It is not a Parquet file.
    """
    try:
        source = _source(file)
        with pq.ParquetFile(source) as reader:
            metadata = reader.metadata
        _check_metadata(file.path, metadata)
        reader = pq.ParquetFile(source, read_dictionary=_dictionary_columns(metadata))
    except (pa.ArrowInvalid, OSError, EOFError) as error:
        raise InputError(f"{file.path}: not a Parquet file: {error}") from error
    return Table(file.path, tuple(reader.schema_arrow.names), _rows(file, reader, settings.id))


def _source(file: SourceFile) -> Path | pa.Buffer:
    if file.is_gzipped:
        return pa.py_buffer(unpack_into_memory(file.open_bytes, file.path))
    return file.path


def _column_chunks(metadata: pq.FileMetaData) -> Iterator[pq.ColumnChunkMetaData]:
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for place in range(group.num_columns):
            yield group.column(place)


def _check_metadata(path: Path, metadata: pq.FileMetaData) -> None:
    """Make sure that no text can be too long; it would be in memory whole.

    Raises:
        InputError: One can.
    """
    for chunk in _column_chunks(metadata):
        if chunk.total_uncompressed_size > MOST_FIELD_CHARACTERS * max(chunk.num_values, 1):
            raise _long_text(path, f"column '{chunk.path_in_schema}'")


def _dictionary_columns(metadata: pq.FileMetaData) -> list[str]:
    """Columns that name each text once, so that a few bytes may stand for many."""
    columns: dict[str, None] = {}
    for chunk in _column_chunks(metadata):
        is_text = chunk.physical_type == "BYTE_ARRAY"
        if is_text and _DICTIONARY in chunk.encodings:
            columns[chunk.path_in_schema] = None
    return list(columns)


def _rows_a_read(metadata: pq.FileMetaData) -> int:
    """How many rows are read at once."""
    most_rows = ROWS_A_READ
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        n_bytes = max(group.total_byte_size, 1)
        rows = BYTES_A_READ * group.num_rows // n_bytes
        most_rows = min(most_rows, max(rows, 1))
    return most_rows


def _rows(file: SourceFile, reader: pq.ParquetFile, id_column: str) -> Iterator[Row]:
    try:
        for batch in _small_batches(file.path, reader):
            columns = []
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                text_of = id_text if name == id_column else as_text
                values = _plain(column).to_pylist()
                texts = map(text_of, values)
                columns.append(texts)
            yield from zip(*columns, strict=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{file.path}: broken Parquet file: {error}") from error
    finally:
        reader.close()


def _small_batches(path: Path, reader: pq.ParquetFile) -> Iterator[pa.RecordBatch]:
    """The rows in parts of about `BYTES_A_READ` at most.

    Raises:
        InputError: A text is too long, or there is more of them than the file can honestly hold.
    """
    n_bytes = 0
    first_row = 1
    for batch in reader.iter_batches(_rows_a_read(reader.metadata)):
        bytes_of_batch = 0
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            bytes_of_batch += _check_lengths(path, name, column, first_row)
        n_bytes += bytes_of_batch
        check_expansion(path, n_bytes)
        n_parts = bytes_of_batch // BYTES_A_READ + 1
        rows_a_part = batch.num_rows // n_parts + 1
        for start in range(0, batch.num_rows, rows_a_part):
            yield batch.slice(start, rows_a_part)
        first_row += batch.num_rows


def _check_lengths(path: Path, name: str, column: pa.Array, first_row: int) -> int:
    """The bytes of a column's texts, none of which may be too long; 0 for other columns.

    Raises:
        InputError: One is.
    """
    if pa.types.is_dictionary(column.type):
        lengths_of_texts = pc.binary_length(column.dictionary)
        lengths = lengths_of_texts.take(column.indices)
    elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        lengths = pc.binary_length(column)
    else:
        return 0
    longest = pc.max(lengths).as_py() or 0
    if longest > MOST_FIELD_CHARACTERS:
        place = pc.index(lengths, longest).as_py()
        raise _long_text(path, f"row {first_row + place}, column '{name}'")
    total = pc.sum(lengths.cast(pa.int64()))
    return total.as_py() or 0


def _plain(column: pa.Array) -> pa.Array:
    """A column without a dictionary."""
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def _long_text(path: Path, where: str) -> InputError:
    return InputError(
        f"{path}: {where}: a text of more than {MOST_FIELD_CHARACTERS:,} bytes",
        hint="Leave it out of the file: no model reads so much.",
    )
