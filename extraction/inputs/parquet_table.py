"""Parquet files as tables of texts."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .source_file import SourceFile
from .table import Row, Table, as_text, id_text

ROWS_A_READ = 8192


def open_parquet(file: SourceFile, settings: InputSettings) -> Table:
    """Open a Parquet file; a gzipped one is unpacked into memory, since it is read from its end.

    Raises:
        InputError: It is not a Parquet file.
    """
    try:
        reader = pq.ParquetFile(_source(file))
    except (pa.ArrowInvalid, OSError, EOFError) as error:
        raise InputError(f"{file.path}: not a Parquet file: {error}") from error
    return Table(file.path, tuple(reader.schema_arrow.names), _rows(file, reader, settings.id))


def _source(file: SourceFile) -> object:
    if file.is_gzipped:
        return pa.BufferReader(gzip.decompress(file.path.read_bytes()))
    return file.path


def _rows(file: SourceFile, reader: pq.ParquetFile, id_column: str) -> Iterator[Row]:
    try:
        for batch in reader.iter_batches(ROWS_A_READ):
            columns = []
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                text_of = id_text if name == id_column else as_text
                columns.append(map(text_of, column.to_pylist()))
            yield from zip(*columns, strict=True)
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(f"{file.path}: broken Parquet file: {error}") from error
    finally:
        reader.close()
