"""CSV, TSV, and whatever else a sign separates into columns, as a stream of rows."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .bad_rows import BadRow, BadRows
from .bounds import MOST_FIELD_CHARACTERS, BoundedLines, LongLine
from .dialect import LONGEST_ROW_LINES, UNQUOTED_FEEDS, Dialect, TextOpener, detect_dialect
from .source_file import SourceFile, TextFile, open_text
from .table import ONE_ROW_PER_PRODUCT, Row, Table

_OPEN_QUOTE = "a quoted text that does not end"


def open_delimited(file: SourceFile, settings: InputSettings) -> Table:
    """Open a file whose separator is configured, or else found out.

    Raises:
        InputError: It has no header, or cannot be read.
    """
    return _open(open_text(file, settings), settings, settings.separator)


def open_tab_separated(file: SourceFile, settings: InputSettings) -> Table:
    """Open a file that is separated by tabs, unless the config says another separator.

    Raises:
        InputError: It has no header, or cannot be read.
    """
    return _open(open_text(file, settings), settings, settings.separator or "\t")


def open_delimited_sheet(file: SourceFile, settings: InputSettings) -> Table:
    """Open a file that a person's spreadsheet saved: rows may be shorter than the header.

    Raises:
        InputError: It has no header, or cannot be read.
    """
    return _open(open_text(file, settings), settings, None, pads_rows=True)


def _open(
    text: TextFile, settings: InputSettings, separator: str | None, *, pads_rows: bool = False
) -> Table:
    dialect = detect_dialect(
        text.open,
        settings.columns,
        separator=separator,
        quotes=None if settings.quotes == "auto" else settings.quotes,
        header_row=settings.header_row,
    )
    bad_rows = BadRows(text.path, are_skipped=settings.bad_rows == "skip")
    rows = read_rows(text.open, dialect, bad_rows, pads_rows=pads_rows)
    header = next(rows, None)
    if header is None:
        raise InputError(f"{text.path}: no header found", hint=ONE_ROW_PER_PRODUCT)
    columns = tuple(name.strip() for name in header)
    return Table(text.path, columns, rows, text.encoding, bad_rows, dialect)


def read_rows(
    open_text: TextOpener, dialect: Dialect, bad_rows: BadRows, *, pads_rows: bool = False
) -> Iterator[Row]:
    """The header, then the rows; every row is as long as the header.

    Rows in which nothing stands are no rows: spreadsheets leave them behind. Fields beyond the
    header in which nothing stands are left out, for the same reason.

    Args:
        open_text: Opens the file.
        dialect: How it is written.
        bad_rows: Told of rows that cannot be read.
        pads_rows: Whether a row may end before the header does.

    Raises:
        InputError: A row cannot be read, and such rows are not left out.
    """
    csv.field_size_limit(MOST_FIELD_CHARACTERS)
    with open_text() as text:
        lines = _RowLines(text)
        lines.skip(dialect.header_line - 1)
        width = 0
        number = 0
        header: Row = ()
        for row in _read_each_row(lines, dialect):
            if isinstance(row, list) and lines.is_plain and _is_usual(row, width):
                yield tuple(row)
            elif isinstance(row, LongLine):
                raise _long_text(row, lines, number, dialect, header)
            elif isinstance(row, csv.Error):
                _report_broken_quotes(lines, row, number, bad_rows)
                lines.give_back()
            elif not any(field.strip() for field in row):
                continue
            elif width == 0:
                width = len(row)
                header = tuple(row)
                yield header
            else:
                if pads_rows:
                    row.extend([""] * (width - len(row)))
                fields = _fit_to_header(row, width)
                if fields is None:
                    _report_width(lines, len(row), width, number, bad_rows)
                elif dialect.separator in UNQUOTED_FEEDS and lines.are_all_rows(
                    dialect.separator, width
                ):
                    _report_merged_lines(lines, number, bad_rows)
                    lines.give_back()
                else:
                    yield fields
            number += 1


def _read_each_row(
    lines: _RowLines, dialect: Dialect
) -> Iterator[list[str] | csv.Error | LongLine]:
    """Each row, or what is wrong with it."""
    reader = dialect.reader(lines)
    while True:
        yield from lines.read_plain_rows(dialect)
        lines.begin_row()
        try:
            row = next(reader)
        except StopIteration:
            return
        except (csv.Error, LongLine) as error:
            yield error
        else:
            yield row


def _is_usual(row: list[str], width: int) -> bool:
    """Whether a row has the header's length and begins with a text, as nearly all do."""
    return width > 0 and len(row) == width and bool(row[0].strip())


def _fit_to_header(row: list[str], width: int) -> Row | None:
    """The row at the header's length; None where it has other fields."""
    if len(row) == width:
        return tuple(row)
    if len(row) > width and not any(row[width:]):
        return tuple(row[:width])
    return None


def _long_text(
    error: LongLine, lines: _RowLines, number: int, dialect: Dialect, header: Row
) -> InputError:
    """Says which text of a row is too long."""
    csv.field_size_limit(sys.maxsize)
    row_so_far = lines.row_text + error.start
    fields = next(dialect.reader([row_so_far], strict=False))
    lengths = list(map(len, fields))
    longest = max(lengths)
    place = lengths.index(longest)
    column = f"column '{header[place]}'" if place < len(header) else f"field {place + 1}"
    return InputError(
        f"{error.path}: row {number} (line {lines.first_line}), {column}: a text of more than"
        f" {MOST_FIELD_CHARACTERS:,} characters",
        hint=error.hint,
    )


def _report_width(
    lines: _RowLines, length: int, width: int, number: int, bad_rows: BadRows
) -> None:
    fields = "1 field" if length == 1 else f"{length} fields"
    bad_rows.add(
        BadRow(lines.first_line, f" has {fields}, the header has {width}", lines.row_text),
        number=number,
        hint="A text that holds the separator must stand in double quotes.",
    )


def _report_broken_quotes(
    lines: _RowLines, error: csv.Error, number: int, bad_rows: BadRows
) -> None:
    bad_rows.add(
        BadRow(lines.first_line, f": {error}", lines.row_lines[0]),
        number=number,
        hint="Look for a double quote that is not closed, or not doubled inside a quoted text; "
        "'input.quotes' in the config says how a file quotes.",
    )


def _report_merged_lines(lines: _RowLines, number: int, bad_rows: BadRows) -> None:
    bad_rows.add(
        BadRow(
            lines.first_line,
            f": a double quote would make one text of {len(lines.row_lines)} lines that are rows",
            lines.row_lines[0],
        ),
        number=number,
        hint="Where quotes are signs like any other, set 'input.quotes: none' in the config.",
    )


class _RowLines:
    """The lines of a file, of which those of the row under way can be given back.

    A quote that is never closed would swallow the rest of the file; given back are all lines but
    the one on which it stands.
    """

    def __init__(self, text: BoundedLines) -> None:
        self._text = text
        self._returned_lines: list[str] = []
        self._next_line = 1
        self._first_line = 1
        self._row_lines: list[str] = []
        self._block: list[str] = []
        self._place = 0
        self.is_plain = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._row_lines) >= LONGEST_ROW_LINES:
            raise csv.Error(_OPEN_QUOTE)
        line = self._returned_lines.pop() if self._returned_lines else next(self._text)
        self._next_line += 1
        self._row_lines.append(line)
        return line

    def read_plain_rows(self, dialect: Dialect) -> Iterator[list[str]]:
        """The next rows, many lines at once, as long as each is a line of its own."""
        while not self._returned_lines:
            lines = self._text.read_block()
            self._block = lines
            rows = _rows_of_lines(lines, dialect)
            if rows is None:
                self._returned_lines = lines[::-1]
                return
            if not lines:
                return
            self.is_plain = True
            for place, row in enumerate(rows):
                self._place = place
                yield row
            self.is_plain = False
            self._next_line += len(lines)

    @property
    def first_line(self) -> int:
        """Number of the line that the row begins on, from 1."""
        return self._next_line + self._place if self.is_plain else self._first_line

    @property
    def row_lines(self) -> list[str]:
        """The lines of the row, as far as they were read."""
        return [self._block[self._place]] if self.is_plain else self._row_lines

    @property
    def row_text(self) -> str:
        """The lines of the row."""
        return "".join(self.row_lines)

    def skip(self, count: int) -> None:
        """Leave out the next lines."""
        for _ in range(count):
            next(self, None)

    def begin_row(self) -> None:
        """What is read from here on belongs to the next row."""
        self._first_line = self._next_line
        self._row_lines = []

    def give_back(self) -> None:
        """Read all lines of the row but the first once more."""
        following = self.row_lines[1:]
        self._returned_lines += reversed(following)
        self._next_line -= len(following)

    def are_all_rows(self, separator: str, width: int) -> bool:
        """Whether the row has several lines, and each of them would be a row of its own."""
        return len(self.row_lines) > 1 and all(
            line.count(separator) + 1 == width for line in self.row_lines
        )


def _rows_of_lines(lines: list[str], dialect: Dialect) -> list[list[str]] | None:
    """The rows, where each line is one; else None."""
    try:
        rows = list(dialect.reader(lines))
    except csv.Error:
        return None
    return rows if len(rows) == len(lines) else None
