"""The sampling weights of gold cells: looked up where the draw is known, else the sheet's.

The contract: docs/design.md#the-sample.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ...configs.errors import InputError
from ...configs.notices import Notice
from ...configs.wording import quantity
from ...ensemble.gold.labels import Gold
from ..cache.gold_draws import Draw
from .gold_sheet import GoldRow, GoldSheet

DOUBTFUL = "doubtful"
"""Kind of the cells that were drawn by their doubt."""
LABELLED = "labelled"
"""Kind of the cells that a sheet has from an earlier one, with their labels."""
_SAME_WEIGHT = 1e-4
"""Weights are written with six digits."""
_MOST_TIMES = 500
"""A spreadsheet that takes the decimal sign for one of thousands multiplies by 1,000."""


def weigh(gold: Gold, sheet: GoldSheet, labelled_rows: Sequence[GoldRow], draw: Draw) -> None:
    """Give each labelled cell its weight.

    Args:
        gold: Its weights are filled in, and what may be wrong with them.
        sheet: The file.
        labelled_rows: Its rows with a value, on cells as the cache has them.
        draw: What is known of cells of the sheet that were drawn.

    Raises:
        InputError: A weight that a person gave is not a positive number.
    """
    if not _is_of_draw(sheet, labelled_rows, draw):
        draw = {}
    unknown_sample_rows = []
    changed_weights = 0
    for row in labelled_rows:
        if row.cell in draw:
            gold.weight[row.cell] = draw[row.cell].weight
            changed_weights += bool(row.weight) and not _has_weight(row, draw[row.cell].weight)
        elif row.stratum:
            unknown_sample_rows.append(row)
        else:
            gold.weight[row.cell] = row.read_weight()
    if changed_weights:
        gold.remarks.append(
            f"{quantity(changed_weights, 'weight')} of the sheet differ from those that were drawn,"
            " which count"
        )
    if unknown_sample_rows:
        _weigh_without_draw(gold, unknown_sample_rows)


def _is_of_draw(sheet: GoldSheet, labelled_rows: Sequence[GoldRow], draw: Draw) -> bool:
    """Whether the sheet is of a sample, perhaps without its columns that say so."""
    if sheet.is_sample:
        return True
    return not sheet.is_review and all(row.cell in draw for row in labelled_rows)


def _has_weight(row: GoldRow, weight: float) -> bool:
    try:
        return abs(row.read_weight() / weight - 1) < _SAME_WEIGHT
    except InputError:
        return False


def _weigh_without_draw(gold: Gold, rows: Sequence[GoldRow]) -> None:
    """Take the weights of a sample from its sheet, where they can be a sample's.

    All cells of one kind, where models agree or where they disagree, have one weight; those that
    were drawn by their doubt have several.
    """
    weights_of_kind: dict[str, set[float]] = defaultdict(set)
    try:
        for row in rows:
            _, _, kind = row.stratum.rpartition(":")
            weights_of_kind[kind].add(row.read_weight())
            gold.weight[row.cell] = row.read_weight()
        is_sound = all(_is_sound(kind, weights) for kind, weights in weights_of_kind.items())
    except InputError:
        is_sound = False
    if is_sound:
        outcome = "taken from the sheet, where a spreadsheet may have changed them"
    else:
        outcome = "not used, since a spreadsheet has changed them: each such cell counts 1"
        gold.weight.update((row.cell, 1.0) for row in rows)
    text = (
        f"the cache does not know the sample that {quantity(len(rows), 'cell')} were drawn in:"
        f" their weights are {outcome}"
    )
    gold.sheet_notices.append(Notice("gold_weights", text))


def _is_sound(kind: str, weights: set[float]) -> bool:
    if kind in {DOUBTFUL, LABELLED}:
        return max(weights) < _MOST_TIMES * min(weights)
    return len(weights) == 1
