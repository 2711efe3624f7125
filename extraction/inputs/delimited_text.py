"""CSV, TSV, and whatever else a sign separates into columns."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .source_file import SourceFile, TextFile, open_text
from .table import ONE_ROW_PER_PRODUCT, Row, Table

SEPARATORS = (",", "\t", ";", "|")
"""Those that are tried where nobody says which it is."""


def open_delimited(file: SourceFile, settings: InputSettings) -> Table:
    """Open a file whose separator is configured, or else found out.

    Raises:
        InputError: It has no header, or cannot be read.
    """
    text = open_text(file, settings)
    return _open(text, settings.separator or _detect_separator(text, settings))


def open_tab_separated(file: SourceFile, settings: InputSettings) -> Table:
    """Open a file that is separated by tabs, unless the config says another separator.

    Raises:
        InputError: It has no header, or cannot be read.
    """
    return _open(open_text(file, settings), settings.separator or "\t")


def _open(text: TextFile, separator: str) -> Table:
    rows = _rows(text, separator)
    header = next(rows, None)
    if header is None:
        raise InputError(f"{text.path}: no header found", hint=ONE_ROW_PER_PRODUCT)
    return Table(text.path, _column_names(header), rows, text.encoding)


def _column_names(header: Row) -> tuple[str, ...]:
    return tuple(map(str.strip, header))


def _detect_separator(text: TextFile, settings: InputSettings) -> str:
    """The separator that splits the header into the columns that the config names.

    Where several do as well, the one that makes the most columns.
    """
    config_columns = {settings.id, *settings.text}
    if settings.category:
        config_columns.add(settings.category)

    def fit(separator: str) -> tuple[int, int]:
        columns = _column_names(next(_rows(text, separator), ()))
        return len(config_columns.intersection(columns)), len(columns)

    return max(SEPARATORS, key=fit)


def _rows(text: TextFile, separator: str) -> Iterator[Row]:
    """The header, then the rows; every row must be as long as the header."""
    csv.field_size_limit(sys.maxsize)
    width = 0
    number = 0
    with text.open() as lines:
        reader = csv.reader(lines, delimiter=separator, strict=True)
        try:
            for row in reader:
                if not row:
                    continue
                width = width or len(row)
                if len(row) != width:
                    where = f"{text.path}: row {number} (line {reader.line_num})"
                    raise _wrong_width(where, len(row), width)
                yield tuple(row)
                number += 1
        except csv.Error as error:
            raise InputError(
                f"{text.path}: row {number} (line {reader.line_num}): {error}",
                hint="Look for a double quote that is not closed,"
                " or not doubled inside a quoted text.",
            ) from error


def _wrong_width(where: str, fields: int, width: int) -> InputError:
    plural = "s" if fields > 1 else ""
    return InputError(
        f"{where} has {fields} field{plural}, the header has {width}",
        hint="A text that holds the separator must stand in double quotes.",
    )
