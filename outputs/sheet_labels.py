"""What people typed into the sheets of earlier runs, kept for the sheet that takes their place.

A label belongs to its cell, wherever the cell stands in the new sheet. So does what stands in
columns that somebody added. What belongs to no cell any more is written at the end; a sheet that
cannot be read stays beside the new one, under another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import orjson

from ..configs.errors import CacheError, InputError
from ..configs.settings import Settings
from ..ensemble.gold.labels import Gold
from ..extraction.inputs.gold_restoring import (
    CONFIRMATION,
    ValueRestorer,
    with_known_attributes,
    with_known_ids,
)
from ..extraction.inputs.gold_sheet import (
    GoldRow,
    GoldSheet,
    read_gold_sheet,
    with_decimal_point,
)
from ..prompts.reading.vocabulary import Vocabulary
from .commit_record import RUN, output_path
from .file_digests import SHEETS
from .sheets import FIRST_COLUMNS, model_header, text_header

EXTRA_COLUMNS = ("review", "share", "confidence")
"""Columns of the review queue behind those that all sheets have."""
Cell = tuple[str, str]
"""Product id and attribute."""


@dataclass(frozen=True)
class SheetLabel:
    """A row of a sheet into which somebody typed something.

    Attributes:
        product_id: The product; perhaps none.
        attribute: The attribute; perhaps none.
        value: What was typed into `value`, a number with a point before its decimals; empty where
            nothing was.
        current: The value that was proposed beside it.
        is_confirmation: Whether `ok` was typed, so that `value` is the proposed one.
        further: Column that somebody added -> what stands in it.
    """

    product_id: str
    attribute: str
    value: str
    current: str
    is_confirmation: bool = False
    further: tuple[tuple[str, str], ...] = ()

    @property
    def cell(self) -> Cell:
        """Product id and attribute."""
        return self.product_id, self.attribute

    def value_beside(self, current: str) -> str:
        """What is filled in where another value may be proposed by now."""
        has_same_proposal = self.is_confirmation and current == self.current
        return CONFIRMATION if has_same_proposal else self.value


@dataclass
class SheetLabels:
    """The labels of all sheets of an output folder.

    Attributes:
        rows_of_cell: Cell -> its labels, several where alternatives were given.
        unreadable: Sheets that cannot be read.
        identities: Sheet -> what tells whether somebody has saved it since; None where there is no
            sheet.
        filled_in: Sheets into which somebody typed something.
    """

    rows_of_cell: dict[Cell, list[SheetLabel]] = field(default_factory=dict)
    unreadable: dict[Path, InputError] = field(default_factory=dict)
    identities: dict[Path, tuple[int, int, int] | None] = field(default_factory=dict)
    filled_in: set[Path] = field(default_factory=set)

    @property
    def cells(self) -> int:
        """Cells with a label."""
        return sum(any(row.value for row in rows) for rows in self.rows_of_cell.values())

    def product_ids(self, attribute: str) -> list[str]:
        """The products with something typed beside an attribute, in order."""
        return sorted(product for product, name in self.rows_of_cell if name == attribute)

    def are_current(self) -> bool:
        """Whether nobody has saved a sheet since it was read."""
        return all(_identity(path) == identity for path, identity in self.identities.items())

    def add(self, rows: Iterable[SheetLabel]) -> None:
        """Add the labels of a sheet that was saved later than those so far."""
        rows_of_cell: dict[Cell, list[SheetLabel]] = {}
        for row in rows:
            rows_of_cell.setdefault(row.cell, []).append(row)
        for cell, rows_of_sheet in rows_of_cell.items():
            is_of_a_cell = all(cell)
            earlier_rows = [] if is_of_a_cell else self.rows_of_cell.get(cell, [])
            rows_of_both = [*earlier_rows, *rows_of_sheet]
            different_rows = dict.fromkeys(rows_of_both)
            self.rows_of_cell[cell] = list(different_rows)


def read_sheet_labels(folders: Sequence[Path], settings: Settings) -> SheetLabels:
    """Read what was typed into the sheets of some output folders.

    Of two sheets with labels for one cell, the one that was saved later holds.

    Args:
        folders: Output folders.
        settings: The configuration; its cache tells ids that a spreadsheet took for numbers.
    """
    labels = SheetLabels()
    paths = []
    for folder in folders:
        for name in sorted(SHEETS):
            path = output_path(folder, name)
            labels.identities[path] = identity = _identity(path)
            if identity:
                paths.append((identity[1], path))
    for _, path in sorted(paths):
        try:
            rows = list(_labels_of(path, settings))
        except InputError as error:
            labels.unreadable[path] = error
            continue
        labels.add(rows)
        if rows:
            labels.filled_in.add(path)
    return labels


def _labels_of(path: Path, settings: Settings) -> Iterator[SheetLabel]:
    """The rows of a sheet in which somebody typed something."""
    sheet = read_gold_sheet(path)
    columns_of_ours = _columns_of_ours(path.parent, settings)
    typed_rows = []
    for row in with_known_attributes(sheet.rows, settings):
        further = []
        for name, text in row.further:
            if text and name not in columns_of_ours:
                further.append((name, text))
        is_of_a_cell = all(row.cell)
        if row.value or further or not is_of_a_cell:
            typed_row = replace(row, further=tuple(further))
            typed_rows.append(typed_row)
    restorer = ValueRestorer(sheet, {}, settings, Gold())
    vocabularies = {each.name: Vocabulary(each) for each in settings.attributes}
    for row in with_known_ids(typed_rows, (), settings, Gold()):
        vocabulary = vocabularies.get(row.attribute)
        value = "" if vocabulary is None else restorer.restore(row, vocabulary)
        is_ok = row.value.casefold() == CONFIRMATION
        yield SheetLabel(
            product_id=row.product_id,
            attribute=row.attribute,
            value=value or row.value,
            current=_proposal(row, sheet, settings),
            is_confirmation=is_ok and value not in ("", CONFIRMATION),
            further=row.further,
        )


def _proposal(row: GoldRow, sheet: GoldSheet, settings: Settings) -> str:
    """The value that was proposed, a number with a point before its decimals."""
    numbers = {each.name for each in settings.attributes if each.type == "number"}
    text = row.current or ""
    is_with_commas = sheet.has_decimal_commas and row.attribute in numbers
    return with_decimal_point(text) if is_with_commas else text


def _columns_of_ours(folder: Path, settings: Settings) -> frozenset[str]:
    """The columns of a sheet that attrx wrote, by its `run.json`, or by what sheets have."""
    try:
        run = orjson.loads(output_path(folder, RUN).read_bytes())
        return frozenset(run["review_columns"])
    except (OSError, ValueError, KeyError, TypeError, CacheError):
        columns = {*FIRST_COLUMNS, *EXTRA_COLUMNS}
        for model in settings.models:
            header = model_header(model.name)
            columns.add(header)
        for name in settings.input.text:
            header = text_header(name)
            columns.update((name, header))
        return frozenset(columns)


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
