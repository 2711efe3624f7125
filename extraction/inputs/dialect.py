"""How a text of separated fields is written.

What separates, what quotes, and where the names stand.

Shops' files follow no single rule. Excel writes `sep=;` first; feeds of tab-separated texts use no
quotes, so that `27"` is a monitor and not an open text; dumps of databases put a backslash before a
quote; Amazon's flat files have two rows above the one with the names. All of it is told from the
file: what splits a row into the columns that the config names, and what leaves the fewest rows
broken.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from .bounds import MOST_FIELD_CHARACTERS, BoundedLines

if TYPE_CHECKING:
    from _csv import Reader

Quotes = Literal["doubled", "backslash", "none"]
TextOpener = Callable[[], AbstractContextManager[BoundedLines]]

SEPARATORS = (",", "\t", ";", "|")
UNQUOTED_FEEDS = ("\t", "|")
"""Separators of feeds that often do without quotes."""
SAMPLE_CHARACTERS = 1 << 20
HEADER_ROWS = 10
"""Rows among which the one with the names is looked for."""
LONGEST_ROW_LINES = 10_000
"""Lines that one quoted text may span; more is a quote that was never closed."""
_SEPARATOR_LINE = re.compile(r'\s*"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    r"""How one file is written.

    Attributes:
        separator: What stands between two fields.
        quotes: How a quote within a quoted text is written: `doubled` (`""`), `backslash` (`\"`);
            `none` where quotes are signs like any other.
        skips_spaces: Whether a space after a separator is no part of the field.
        header_line: The line on which the row of names begins, from 1.
    """

    separator: str
    quotes: Quotes = "doubled"
    skips_spaces: bool = False
    header_line: int = 1

    def reader(self, lines: Iterable[str], *, strict: bool = True) -> Reader:
        """Rows of some lines, by the csv module.

        Raises:
            csv.Error: While rows are read, where a quoted text does not end as it should.
        """
        if self.quotes == "backslash":
            lines = map(self._without_null, lines)
        return csv.reader(lines, strict=strict, **self._format())

    def _without_null(self, line: str) -> str:
        r"""The line with nothing where a database wrote `\N`; the csv module would leave `N`."""
        if "\\N" not in line:
            return line
        separator = re.escape(self.separator)
        return re.sub(rf"(^|{separator})\\N(?={separator}|\r?\n|$)", r"\1", line)

    def _format(self) -> dict[str, Any]:
        common = {"delimiter": self.separator, "skipinitialspace": self.skips_spaces}
        match self.quotes:
            case "none":
                return {**common, "quoting": csv.QUOTE_NONE}
            case "backslash":
                return {**common, "escapechar": "\\"}
            case "doubled":
                return common


def detect_dialect(
    open_text: TextOpener,
    columns: frozenset[str],
    *,
    separator: str | None = None,
    quotes: Quotes | None = None,
    header_row: int | None = None,
) -> Dialect:
    """Find out how a file is written.

    Args:
        open_text: Opens the file, as often as it is called.
        columns: Names that the header should have.
        separator: What separates, where that is known.
        quotes: How it quotes, where that is known.
        header_row: The line of the names, from 1, where that is known.
    """
    csv.field_size_limit(MOST_FIELD_CHARACTERS)
    with open_text() as text:
        sample = text.read(SAMPLE_CHARACTERS)
        is_whole = not text.read(1)
    lines = sample.splitlines(keepends=True)
    if not is_whole:
        lines = lines[:-1] or lines
    skipped_lines = 0
    if lines and (separator_line := _SEPARATOR_LINE.fullmatch(lines[0])):
        separator = separator or separator_line.group(1)
        skipped_lines = 1
    candidates = SEPARATORS if separator is None else (separator,)
    headers = [_find_header(lines, each, columns, skipped_lines) for each in candidates]
    best = max(headers, key=lambda header: (header.known_columns, header.width))
    line = best.line if header_row is None else header_row
    dialect = Dialect(best.separator, header_line=line)
    if quotes is not None:
        return replace(dialect, quotes=quotes)
    body = lines[line - 1 :]
    if dialect.separator in UNQUOTED_FEEDS:
        return replace(dialect, quotes=_quotes_of_feed(open_text, dialect))
    return _best_quoting(body, dialect, is_whole=is_whole)


@dataclass(frozen=True)
class _Header:
    """The most likely row of names with one separator."""

    separator: str
    line: int
    known_columns: int
    width: int


def _find_header(
    lines: list[str], separator: str, columns: frozenset[str], skipped_lines: int
) -> _Header:
    """The first of the first rows that has the most of the columns."""
    dialect = Dialect(separator, skips_spaces=True)
    best = _Header(separator, skipped_lines + 1, 0, 0)
    for number, line in enumerate(lines[:HEADER_ROWS], 1):
        if number <= skipped_lines:
            continue
        names = next(dialect.reader([line], strict=False), [])
        known_columns = len(columns & {name.strip() for name in names})
        if best.width == 0 and names:
            best = replace(best, width=len(names), line=number)
        if known_columns > best.known_columns:
            best = _Header(separator, number, known_columns, len(names))
    return best


def _best_quoting(lines: list[str], dialect: Dialect, *, is_whole: bool) -> Dialect:
    """The way of quoting that leaves the fewest rows broken.

    The common one where all do as well.
    """
    text = "".join(lines)
    has_late_quotes = dialect.separator + ' "' in text
    candidates = [dialect]
    if has_late_quotes:
        candidates.append(replace(dialect, skips_spaces=True))
    if '\\"' in text:
        candidates += [replace(each, quotes="backslash") for each in candidates]
    return min(candidates, key=lambda each: _broken_rows(lines, each, is_whole=is_whole))


def _broken_rows(lines: list[str], dialect: Dialect, *, is_whole: bool) -> tuple[int, int]:
    """Rows that do not have as many fields as the first, and lines that ended up in no good row."""
    reader = dialect.reader(lines)
    width = 0
    broken = 0
    good_lines = 0
    while True:
        first_line = reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return broken, len(lines) - good_lines
        except csv.Error:
            # At the end of a sample, a text may well go on.
            if is_whole or reader.line_num < len(lines):
                broken += 1
            continue
        width = width or len(row)
        if not row or (len(row) == width and not _begins_late(row, dialect)):
            good_lines += reader.line_num - first_line
        else:
            broken += 1


def _begins_late(row: list[str], dialect: Dialect) -> bool:
    """Whether a quote stands behind a space, where it does not quote."""
    return not dialect.skips_spaces and any(field.startswith(' "') for field in row)


def _quotes_of_feed(open_text: TextOpener, dialect: Dialect) -> Quotes:
    """Whether quotes quote in a feed; the whole file is looked at.

    A quote at the start of a field speaks for quoting where the row comes out right only with it,
    and against it where the lines that the quoted text would span are rows of their own.
    """
    separator = dialect.separator
    for_quotes = 0
    against_quotes = 0
    with open_text() as text:
        lines = _Lookahead(text)
        lines.skip(dialect.header_line - 1)
        width = 0
        for line in lines:
            width = width or line.count(separator) + 1
            if not (line.startswith('"') or separator + '"' in line):
                continue
            span = lines.quoted_span(line)
            are_rows = all(each.count(separator) + 1 == width for each in span)
            if len(span) > 1:
                against_quotes += are_rows
                for_quotes += not are_rows
            elif not are_rows:
                for_quotes += 1
            elif not _is_well_quoted(line, dialect):
                against_quotes += 1
    return "none" if against_quotes > for_quotes else "doubled"


def _is_well_quoted(line: str, dialect: Dialect) -> bool:
    try:
        next(dialect.reader([line]))
    except csv.Error:
        return False
    return True


class _Lookahead:
    """Lines of a file, some of which are looked at before their turn."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._next_lines: list[str] = []

    def __iter__(self) -> Iterator[str]:
        while True:
            if self._next_lines:
                yield self._next_lines.pop(0)
                continue
            line = next(self._lines, None)
            if line is None:
                return
            yield line

    def skip(self, count: int) -> None:
        """Leave out the next lines."""
        for _ in range(count):
            next(self._lines, None)

    def quoted_span(self, line: str) -> list[str]:
        """The lines of a row that begins with this one, if its quotes quote; at most 1,000."""
        span = [line]
        quotes = line.count('"')
        while quotes % 2 and len(span) < 1000:
            position = len(span) - 1
            if position == len(self._next_lines):
                following = next(self._lines, None)
                if following is None:
                    break
                self._next_lines.append(following)
            span.append(self._next_lines[position])
            quotes += span[-1].count('"')
        return span
