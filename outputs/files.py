"""Writing results: Parquet and CSV in batches, JSON; each file whole or not at all.

CSV is for people, and people open it in spreadsheets, which run a text that looks like a formula.
Such texts get a leading `'`; ids and Parquet are never altered.
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Protocol

import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from ..configs.errors import InputError
from ..extraction.inputs.spreadsheet import FORMULA, NUMBER
from ..extraction.storage.atomic_write import replacing
from .csv_format import STANDARD, CsvFormat

IDS = frozenset({"product_id"})
"""Columns that are never altered."""


class TableWriter(Protocol):
    """Takes the batches of one file."""

    def write(self, table: pa.Table) -> None:
        """Add rows."""


class _Parquet:
    def __init__(self, writer: pq.ParquetWriter) -> None:
        self._writer = writer

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)


class _Csv:
    def __init__(self, writer: pa_csv.CSVWriter, schema: pa.Schema) -> None:
        self._writer = writer
        self._schema = schema

    def write(self, table: pa.Table) -> None:
        columns = []
        for name in self._schema.names:
            columns.append(_safe_column(table.column(name), name))
        safe_table = pa.Table.from_arrays(columns, schema=self._schema)
        self._writer.write_table(safe_table)


def _safe_column(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(pa.string())
    if not pa.types.is_string(column.type) or name in IDS:
        return column
    looks_like_formula = pc.match_substring_regex(column, FORMULA)
    is_number = pc.match_substring_regex(column, NUMBER)
    runs = pc.and_(looks_like_formula, pc.invert(is_number))
    safe = pc.binary_join_element_wise("'", column, "")
    return pc.if_else(runs, safe, column)


@contextlib.contextmanager
def open_parquet(path: Path, schema: pa.Schema) -> Iterator[TableWriter]:
    """Open a Parquet file that takes its place when the block ends well."""
    with (
        replacing(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        yield _Parquet(writer)


@contextlib.contextmanager
def open_csv(path: Path, schema: pa.Schema) -> Iterator[TableWriter]:
    """Open a CSV file that takes its place when the block ends well."""
    plain = _without_dictionaries(schema)
    with replacing(path) as temporary, pa_csv.CSVWriter(temporary, plain) as writer:
        yield _Csv(writer, plain)


def _without_dictionaries(schema: pa.Schema) -> pa.Schema:
    fields = []
    for column in schema:
        is_dictionary = pa.types.is_dictionary(column.type)
        plain_type = pa.string() if is_dictionary else column.type
        fields.append((column.name, plain_type))
    return pa.schema(fields)


class LineEnds:
    """Ends lines with LF where `csv` writes CR LF.

    Only with the latter does Python before 3.13 quote a text that holds a CR by itself, which is
    the end of a row for those who read the file.

    Args:
        file: Where the lines go; opened with `newline=""`.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, line: str) -> int:
        """Write one line, with its end."""
        return self._file.write(line.removesuffix("\r\n") + "\n")


def write_parquet(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables of one schema, at least one, to a Parquet file."""
    _write(open_parquet, path, tables)


def write_csv(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write tables of one schema, at least one, to a CSV file."""
    _write(open_csv, path, tables)


def _write(open_writer: Any, path: Path, tables: Iterable[pa.Table]) -> None:
    remaining = iter(tables)
    first = next(remaining)
    with open_writer(path, first.schema) as writer:
        writer.write(first)
        for table in remaining:
            writer.write(table)


@contextlib.contextmanager
def open_rows(path: Path, header: Sequence[str], csv_format: CsvFormat = STANDARD) -> Iterator[Any]:
    """Open a CSV file that takes rows of text, for a table whose columns are the user's own.

    Args:
        path: The file.
        header: Its columns.
        csv_format: How it is written.

    Raises:
        UnicodeEncodeError: A text cannot be written in the format's encoding.
    """
    encoding = csv_format.encoding
    with replacing(path) as temporary, temporary.open("w", newline="", encoding=encoding) as file:
        writer = csv.writer(LineEnds(file), delimiter=csv_format.separator)
        writer.writerow(header)
        yield writer


def write_frame(path: Path, frame: pd.DataFrame) -> None:
    """Write a table of pandas to a CSV file."""
    with (
        replacing(path) as temporary,
        temporary.open("w", newline="", encoding=STANDARD.encoding) as file,
    ):
        lines: Any = LineEnds(file)  # pandas calls nothing but `write`
        frame.to_csv(lines, index=False, lineterminator="\r\n")


def write_json(path: Path, content: Any) -> None:
    """Write JSON that a person can read."""
    text = orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    with replacing(path) as temporary:
        temporary.write_bytes(text + b"\n")


def make_folder(path: Path) -> None:
    """Make the output folder.

    Raises:
        InputError: It cannot be made, or is a file.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path}: cannot be made: {error.strerror or error}") from error
