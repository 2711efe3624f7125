"""Sheets that a person fills in, as workbooks (.xlsx).

Every text stays a text: nothing runs, and no id becomes a number. The allowed values of closed
attributes are a drop-down, kept on a second sheet, where a list may be as long as it likes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import MultiCellRange
from openpyxl.worksheet.datavalidation import DataValidation

from ..extraction.storage.atomic_write import replacing

TEXT_FORMAT = "@"
"""Also what is typed into a cell of this format stays as it is typed."""
CELLS, VALUES = "cells", "values"
"""Names of the two sheets."""
_VALUE_COLUMN = "C"
_NUMBER_COLUMNS = frozenset({"weight", "share", "confidence"})
_NARROW, _WIDE = 16, 60


@dataclass(frozen=True)
class WorkbookSheet:
    """What goes into a workbook.

    Attributes:
        header: Names of the columns, of which the third is filled in.
        text_columns: Those that hold products' texts.
        choices: Attribute -> what may be filled in; attributes that allow anything are left out.
        rows: The rows; the second cell of each names its attribute.
    """

    header: Sequence[str]
    text_columns: frozenset[str]
    choices: Mapping[str, Sequence[str]]
    rows: Iterable[Sequence[str]]


@dataclass
class _RowRanges:
    """The rows of one attribute, as ranges of the column that is filled in."""

    ranges: list[tuple[int, int]] = field(default_factory=list)

    def add(self, row: int) -> None:
        """Add a row that comes after those so far."""
        if self.ranges and self.ranges[-1][1] == row - 1:
            first, _ = self.ranges.pop()
        else:
            first = row
        self.ranges.append((first, row))

    @property
    def cells(self) -> MultiCellRange:
        """The cells."""
        names = [f"{_VALUE_COLUMN}{first}:{_VALUE_COLUMN}{last}" for first, last in self.ranges]
        return MultiCellRange(" ".join(names))


def write_workbook(path: Path, sheet: WorkbookSheet) -> None:
    """Write a workbook, whole or not at all."""
    book = openpyxl.Workbook(write_only=True)
    cells = book.create_sheet(CELLS)
    cells.freeze_panes = "D2"
    for place, name in enumerate(sheet.header, 1):
        is_wide = name in sheet.text_columns
        cells.column_dimensions[get_column_letter(place)].width = _WIDE if is_wide else _NARROW
    cells.append([_header_cell(cells, name) for name in sheet.header])
    rows_of_attribute = {name: _RowRanges() for name in sheet.choices}
    for number, row in enumerate(sheet.rows, 2):
        cells.append(_row_cells(cells, row, sheet.header))
        attribute = row[1]
        if attribute in rows_of_attribute:
            rows_of_attribute[attribute].add(number)
    _write_choices(book.create_sheet(VALUES), sheet.choices)
    for place, name in enumerate(sheet.choices, 1):
        ranges = rows_of_attribute[name]
        if ranges.ranges:
            drop_down = _drop_down(place, len(sheet.choices[name]))
            drop_down.sqref = ranges.cells
            cells.data_validations.append(drop_down)
    with replacing(path) as temporary:
        book.save(temporary)


def _drop_down(place: int, n_choices: int) -> DataValidation:
    """A list to choose from; what is typed in spite of it is asked about, and taken."""
    column = get_column_letter(place)
    return DataValidation(
        type="list",
        formula1=f"={VALUES}!${column}$2:${column}${n_choices + 1}",
        allow_blank=True,
        errorStyle="warning",
        showErrorMessage=True,
        error="This value is not on the attribute's list.",
    )


def _write_choices(sheet: Any, choices: Mapping[str, Sequence[str]]) -> None:
    """The second sheet: a column for each attribute."""
    sheet.append([_header_cell(sheet, name) for name in choices])
    longest = max(map(len, choices.values()), default=0)
    for place in range(longest):
        row = []
        for values in choices.values():
            value = values[place] if place < len(values) else ""
            row.append(_text_cell(sheet, value))
        sheet.append(row)


def _row_cells(sheet: Any, row: Sequence[str], header: Sequence[str]) -> list[Any]:
    cells = []
    for name, text in zip(header, row, strict=True):
        if name in _NUMBER_COLUMNS:
            cells.append(float(text) if text else None)
        else:
            cells.append(_text_cell(sheet, text))
    return cells


def _header_cell(sheet: Any, name: str) -> Any:
    cell = _text_cell(sheet, name)
    cell.font = Font(bold=True)
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    """A cell that is a text, whatever it looks like."""
    legal_text = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell = WriteOnlyCell(sheet, legal_text or None)
    if legal_text:
        cell.data_type = "s"
    cell.number_format = TEXT_FORMAT
    return cell
