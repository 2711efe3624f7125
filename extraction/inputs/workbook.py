"""Workbooks of spreadsheets (.xlsx): the rows of one sheet, as a stream."""

from __future__ import annotations

import datetime
import gzip
import io
import itertools
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .source_file import SourceFile
from .table import ONE_ROW_PER_PRODUCT, Row, Table

HEADER_ROWS = 10
"""Rows among which the one with the names is looked for."""


def open_workbook(file: SourceFile, settings: InputSettings) -> Table:
    """Open a sheet of a workbook: the first, or the configured one.

    Raises:
        InputError: It is no workbook, has no such sheet, or nothing stands in it.
    """
    rows = _sheet_rows(file, settings.sheet)
    first_rows = list(itertools.islice(rows, max(HEADER_ROWS, settings.header_row or 0)))
    if not first_rows:
        raise InputError(f"{file.path}: the sheet is empty", hint=ONE_ROW_PER_PRODUCT)
    header = _header_position(first_rows, settings)
    names = first_rows[header]
    width = max((place for place, name in enumerate(names, 1) if name), default=0)
    products = itertools.chain(first_rows[header + 1 :], rows)
    return Table(file.path, names[:width], _rows_at_width(products, width))


def _header_position(rows: Sequence[Row], settings: InputSettings) -> int:
    """Which of the first rows has the most of the configured columns; the first where none has."""
    if settings.header_row is not None:
        return min(settings.header_row, len(rows)) - 1
    known_columns = [len(settings.columns.intersection(row)) for row in rows]
    return known_columns.index(max(known_columns))


def _rows_at_width(rows: Iterable[Row], width: int) -> Iterator[Row]:
    """Rows in which something stands, each of one length: sheets leave empty cells out."""
    for row in rows:
        if any(row[:width]):
            yield (*row[:width], *[""] * (width - len(row)))


def _sheet_rows(file: SourceFile, sheet: str | None) -> Iterator[Row]:
    """All rows of a sheet as texts."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and validations that are not read
            book = openpyxl.load_workbook(_content(file), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError, EOFError, ValueError) as error:
        raise InputError(f"{file.path}: not a workbook (.xlsx): {error}") from error
    try:
        name = sheet or book.sheetnames[0]
        if name not in book.sheetnames:
            raise InputError(
                f"{file.path}: no sheet '{name}'; found: {', '.join(book.sheetnames)}",
                hint="Name one of them under input.sheet in the config.",
            )
        worksheet = book[name]
        worksheet.reset_dimensions()  # some programs write dimensions that are too small
        for row in worksheet.iter_rows(values_only=True):
            yield tuple(_cell_text(value).strip() for value in row)
    finally:
        book.close()


def _content(file: SourceFile) -> Path | IO[bytes]:
    if file.is_gzipped:
        return io.BytesIO(gzip.decompress(file.path.read_bytes()))
    return file.path


def _cell_text(value: Any) -> str:
    """A cell as a person reads it: whole numbers without .0, dates without a time of midnight."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return str(value)
