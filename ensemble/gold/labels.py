"""Gold: cells whose true value is known (docs/design.md#gold)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from ...configs.notices import Notice
from ..groups import ALL

Cell = tuple[str, str]
"""(product id, attribute)."""


@dataclass
class Gold:
    """The labelled cells.

    Attributes:
        accepted_values: cell -> the values that are right, as written; None is n/a.
        canonical: cell -> those values as the vocabulary reads them; None is n/a, "" what cannot be
            read.
        weight: cell -> its sampling weight, > 0.
        blank: Cells with a row that has no value; other rows of them may have one.
        unknown_attributes: attribute that the config does not have -> rows.
        remarks: What a spreadsheet had changed and was read as it was before, in words.
        sheet_notices: What of the sheet may be wrong.
    """

    accepted_values: dict[Cell, list[str | None]] = field(default_factory=dict)
    canonical: dict[Cell, list[str | None]] = field(default_factory=dict)
    weight: dict[Cell, float] = field(default_factory=dict)
    blank: set[Cell] = field(default_factory=set)
    unknown_attributes: Counter[str] = field(default_factory=Counter)
    remarks: list[str] = field(default_factory=list)
    sheet_notices: list[Notice] = field(default_factory=list)

    @property
    def why_empty(self) -> str:
        """Why there is nothing to use, in words.

        Empty where a cell is labelled, or where only other attributes are.
        """
        if self.accepted_values or (self.unknown_attributes and not self.blank):
            return ""
        if self.blank:
            cells = f"{len(self.blank):,} cells"
            return f"none of its {cells} is labelled yet: fill in the column value"
        return "there is no cell in it"

    def tell_remarks(self, note: Callable[[str], None]) -> None:
        """Say what of a sheet was read as it was before a spreadsheet changed it."""
        for remark in self.remarks:
            note(f"gold: {remark}")

    def products_with(self, attribute: str) -> list[str]:
        """The products whose cell of an attribute is labelled, sorted."""
        products = {product for product, name in self.accepted_values if name == attribute}
        return sorted(products)

    def unscored_notices(self, n_scored_cells: int) -> Iterator[Notice]:
        """What of the gold could not be used, where only so many cells were scored."""
        for notice in self.sheet_notices:
            yield replace(notice, text=f"gold: {notice.text}")
        for attribute, rows in self.unknown_attributes.items():
            text = (
                f"gold: {rows} rows on '{attribute}', which is not an attribute of the config, were"
                " not scored"
            )
            yield Notice("gold_unknown_attribute", text, groups=((ALL, attribute),))
        n_unscored_cells = len(self.accepted_values) - n_scored_cells
        if n_unscored_cells > 0:
            text = (
                f"gold: {n_unscored_cells} cells were not scored: their products are not in the"
                " cache, or lack the attribute"
            )
            yield Notice("gold_unscored", text)
