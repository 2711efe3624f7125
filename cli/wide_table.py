"""A table that is split where it is wider than the terminal: nothing in it is ever cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

GAP = 3
"""Between two columns."""
WIDEST_TEXT = 40
"""A text that is wider is wrapped rather than that its column goes into a table of its own."""


@dataclass
class Column:
    """One column.

    Attributes:
        header: Its name.
        justify: `right` for numbers.
        cells: Its cells, row by row.
    """

    header: str
    justify: Literal["left", "right"]
    cells: list[str] = field(default_factory=list)

    @property
    def width(self) -> int:
        """Places that it takes unwrapped."""
        return max(map(cell_len, [self.header, *self.cells]))


class WideTable:
    """A table, printed in as many parts as it takes, one below the other.

    Args:
        columns: Their names; one that ends in `>` is right-aligned.
        keys: How many columns from the left name a row, and stand in every part.
    """

    def __init__(self, *columns: str, keys: int = 1) -> None:
        self.columns: list[Column] = []
        self._n_keys = keys
        for name in columns:
            justify: Literal["left", "right"] = "right" if name.endswith(">") else "left"
            self.columns.append(Column(name.removesuffix(">"), justify))

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return len(self.columns[0].cells)

    def add_row(self, *cells: str) -> None:
        """Add a row, one text for each column."""
        for column, cell in zip(self.columns, cells, strict=True):
            column.cells.append(cell)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The parts that the table is printed in."""
        for columns in self._parts(options.max_width):
            yield self._table(columns, options.max_width)

    def _parts(self, width: int) -> Iterator[list[Column]]:
        """The columns of each part: those that name a row, and as many others as fit."""
        keys = self.columns[: self._n_keys]
        keys_width = sum(key.width + GAP for key in keys)
        part: list[Column] = []
        free = width - keys_width
        for column in self.columns[self._n_keys :]:
            needed = column.width
            if column.justify == "left":
                needed = min(needed, WIDEST_TEXT)
            if part and needed > free:
                yield [*keys, *part]
                part = []
                free = width - keys_width
            part.append(column)
            free -= needed + GAP
        yield [*keys, *part]

    def _table(self, columns: list[Column], width: int) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
        for column in columns:
            is_number = column.justify == "right" and column.width + GAP < width
            # What does not fit is folded: the texts first, so that numbers stay whole.
            table.add_column(
                Text(column.header), justify=column.justify, no_wrap=is_number, overflow="fold"
            )
        for cells in zip(*(column.cells for column in columns), strict=True):
            if any(cells[self._n_keys :]) or len(columns) == len(self.columns):
                table.add_row(*map(Text, cells))
        return table
