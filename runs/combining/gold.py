"""Gold files: cells whose true value is known (DESIGN, section 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from ...configs.errors import InputError
from ...configs.settings import Settings
from ...prompts.absence import is_absent
from ...prompts.spelling import bare, matched
from ..outputs import from_spreadsheet

COLUMNS = ("product_id", "attribute", "value")
Cell = tuple[str, str]
"""(product id, attribute)."""


@dataclass
class Gold:
    """The labelled cells.

    Attributes:
        accepted: cell -> the values that are right, as written; None is n/a.
        weight: cell -> its sampling weight, > 0.
        unknown_attributes: attribute that the config does not have -> rows.
    """

    accepted: dict[Cell, list[str | None]] = field(default_factory=dict)
    weight: dict[Cell, float] = field(default_factory=dict)
    unknown_attributes: Counter[str] = field(default_factory=Counter)

    def unscored(self, scored: int) -> Iterator[str]:
        """What of the gold could not be used, in words, where only so many cells were scored."""
        for attribute, rows in self.unknown_attributes.items():
            yield f"gold: {rows} rows on '{attribute}', which is not an attribute of the config, were not scored"
        if (unscored := len(self.accepted) - scored) > 0:
            yield f"gold: {unscored} cells were not scored: their products are not in the cache, or lack the attribute"


def read_gold(path: Path, settings: Settings) -> Gold:
    """Read a gold file: columns product_id, attribute, value, and perhaps weight.

    Several rows of one cell are alternatives, n/a among them; a blank value is not labelled.

    Raises:
        InputError: The file or a column is missing, or a weight is not a positive number.
    """
    table = _read(path)
    known, gold = {attribute.name for attribute in settings.attributes}, Gold()
    weights = table["weight"] if "weight" in table.columns else [""] * len(table)
    for number, (product_id, attribute, value, weight) in enumerate(
        zip(table["product_id"], table["attribute"], table["value"], weights, strict=True), 1
    ):
        cell, said = (product_id.strip(), attribute.strip()), from_spreadsheet(value).strip()
        if cell[1] not in known:
            gold.unknown_attributes[cell[1]] += 1
        elif said:
            gold.accepted.setdefault(cell, []).append(None if _says_absent(said, settings, cell[1]) else said)
            gold.weight[cell] = _weight(weight, f"{path}: row {number}")
    return gold


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:  # pandas' parser errors are ValueErrors
        raise InputError(f"{path}: cannot be read as a gold file: {error}") from error
    if not isinstance(table.index, pd.RangeIndex):  # pandas takes what is too much in the first row for row names
        raise InputError(
            f"{path}: row 1 has more fields than the header",
            hint="A text that holds a comma must stand in double quotes.",
        )
    missing = [name for name in COLUMNS if name not in table.columns]
    if missing:
        raise InputError(
            f"{path}: no column '{missing[0]}'; found: {', '.join(map(str, table.columns))}",
            hint=f"A gold file has the columns {', '.join(COLUMNS)}, and perhaps weight.",
        )
    return table


def _says_absent(value: str, settings: Settings, attribute: str) -> bool:
    """Whether a gold value is n/a; a value that is on the attribute's list never is."""
    section = settings.attribute(attribute)
    return value not in section.values and is_absent(bare(matched(value)), listed=section.closed)


def _weight(text: str, where: str) -> float:
    try:
        weight = float(text) if text.strip() else 1.0
    except ValueError:
        weight = -1.0
    if not 0 < weight < float("inf"):
        raise InputError(f"{where}: weight '{text}' is not a positive number")
    return weight
