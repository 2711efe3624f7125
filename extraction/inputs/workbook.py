"""Workbooks of spreadsheets (.xlsx): the rows of one sheet, as a stream."""

from __future__ import annotations

import contextlib
import datetime
import io
import itertools
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import openpyxl

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .bounds import MOST_EXPANSION, MOST_SHEET_ROWS, unpack_into_memory
from .source_file import SourceFile
from .table import ONE_ROW_PER_PRODUCT, Row, Table

HEADER_ROWS = 10
"""Rows among which the one with the names is looked for."""
FREE_PART_BYTES = 1 << 24
MOST_STRINGS_BYTES = 1 << 29
"""Of the texts of all cells, which openpyxl has in memory."""
MOST_SHEET_BYTES = 1 << 33
"""Of a sheet, which is read as a stream."""


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
    with _open_book(file) as book:
        name = sheet or book.sheetnames[0]
        if name not in book.sheetnames:
            raise InputError(
                f"{file.path}: no sheet '{name}'; found: {', '.join(book.sheetnames)}",
                hint="Name one of them under input.sheet in the config.",
            )
        worksheet = book[name]
        worksheet.reset_dimensions()  # some programs write dimensions that are too small
        rows = worksheet.iter_rows(values_only=True, max_row=MOST_SHEET_ROWS + 1)
        try:
            for number, row in enumerate(rows, 1):
                if number > MOST_SHEET_ROWS:
                    raise InputError(f"{file.path}: has more rows than a sheet can have")
                yield tuple(_cell_text(value).strip() for value in row)
        except InputError:
            raise
        except Exception as error:  # of a stranger's bytes the libraries raise what they like
            raise InputError(f"{file.path}: broken workbook: {error}") from error


@contextlib.contextmanager
def _open_book(file: SourceFile) -> Iterator[Any]:
    """A workbook, if it unpacks to what it can honestly hold.

    Raises:
        InputError: It unpacks to more, or is no workbook.
    """
    with _open_content(file) as content:
        try:
            with zipfile.ZipFile(content) as archive:
                for part in archive.infolist():
                    check_part(file.path, part)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of styles and validations that are not read
                book = openpyxl.load_workbook(content, read_only=True, data_only=True)
        except InputError:
            raise
        except Exception as error:  # likewise
            raise InputError(f"{file.path}: not a workbook (.xlsx): {error}") from error
        try:
            yield book
        finally:
            book.close()


def _open_content(file: SourceFile) -> IO[bytes]:
    """The bytes of a workbook, which is read from its end."""
    if file.is_gzipped:
        return io.BytesIO(unpack_into_memory(file.open_bytes, file.path))
    return file.open_bytes()


def check_part(path: Path, part: zipfile.ZipInfo) -> None:
    """Make sure that a part of a workbook is not packed beyond what sheets are.

    Reading a part ends at the size that the archive names.

    Raises:
        InputError: It is.
    """
    is_text_of_all_cells = part.filename.endswith("sharedStrings.xml")
    most_bytes = MOST_STRINGS_BYTES if is_text_of_all_cells else MOST_SHEET_BYTES
    is_bomb = part.file_size > FREE_PART_BYTES and (
        part.file_size > MOST_EXPANSION * max(part.compress_size, 1)
    )
    if is_bomb or part.file_size > most_bytes:
        raise InputError(
            f"{path}: its part {part.filename} unpacks from {part.compress_size:,} to"
            f" {part.file_size:,} bytes, more than a sheet can honestly hold",
            hint="Save the sheet as CSV, and give attrx that.",
        )


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
