"""Gold: cells whose true value is known (docs/design.md#gold)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ...configs.notices import Notice
from ..groups import ALL

Cell = tuple[str, str]
"""(product id, attribute)."""


@dataclass
class Gold:
    """The labelled cells.

    Attributes:
        accepted: cell -> the values that are right, as written; None is n/a.
        canonical: cell -> those values as the vocabulary reads them; None is n/a, "" what cannot be
            read.
        weight: cell -> its sampling weight, > 0.
        blank: Cells with a row that has no value; other rows of them may have one.
        unknown_attributes: attribute that the config does not have -> rows.
    """

    accepted: dict[Cell, list[str | None]] = field(default_factory=dict)
    canonical: dict[Cell, list[str | None]] = field(default_factory=dict)
    weight: dict[Cell, float] = field(default_factory=dict)
    blank: set[Cell] = field(default_factory=set)
    unknown_attributes: Counter[str] = field(default_factory=Counter)

    @property
    def nothing(self) -> str:
        """Why there is nothing to use, in words; empty where a cell is labelled, or only other attributes are."""
        if self.accepted:
            return ""
        if self.blank:
            return (
                f"none of its {len(self.blank):,} cells is labelled yet: fill in the column value"
            )
        return "" if self.unknown_attributes else "there is no cell in it"

    def unscored(self, scored: int) -> Iterator[Notice]:
        """What of the gold could not be used, in words, where only so many cells were scored."""
        for attribute, rows in self.unknown_attributes.items():
            text = (
                f"gold: {rows} rows on '{attribute}', which is not an attribute of the config, were"
                " not scored"
            )
            yield Notice("gold_unknown_attribute", text, groups=((ALL, attribute),))
        if (unscored := len(self.accepted) - scored) > 0:
            text = (
                f"gold: {unscored} cells were not scored: their products are not in the cache, or"
                " lack the attribute"
            )
            yield Notice("gold_unscored", text)
