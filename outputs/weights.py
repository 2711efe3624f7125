"""`weights.csv`: how much each model counts for each group of cells, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from ..ensemble.arrays import ABSENT
from ..ensemble.groups import Group, Pair, group_of
from ..ensemble.learning import Combiner
from ..ensemble.patterns import PatternCounts
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from .files import write_frame


@dataclass(frozen=True)
class WeightRow:
    """One model in one group; the fields are the columns of the file.

    Attributes:
        category: The category, `*` for all.
        attribute: The attribute, `*` for all.
        model: The model's name.
        weight: How much its vote counts; None where it never voted, in any group.
        agreement: Share of its votes equal to the combined value; None where it never voted.
        chance: The agreement that chance alone gives; None where it never voted.
        cells: Cells of the group.
        voted: Cells to which it gave a value.
        absent: Cells to which it said n/a.
        missing: Cells without a usable answer of it.
        accuracy: Against gold; None without.
        gold_cells: Gold cells behind `accuracy`; None without.
    """

    category: str
    attribute: str
    model: str
    weight: float | None
    agreement: float | None
    chance: float | None
    cells: int
    voted: int
    absent: int
    missing: int
    accuracy: float | None = None
    gold_cells: int | None = None


def weight_rows(combiner: Combiner) -> tuple[WeightRow, ...]:
    """The rows of all groups, models in the order of the config."""
    rows = []
    for group_index, group in enumerate(combiner.groups):
        for model_index in range(len(combiner.settings.models)):
            rows.append(_weight_row(combiner, group, group_index, model_index))
    voters = {row.model for row in rows if row.voted or row.absent}
    # What a method gives a model that never voted says nothing about it.
    return tuple(row if row.model in voters else replace(row, weight=None) for row in rows)


def _weight_row(combiner: Combiner, group: Group, group_index: int, model_index: int) -> WeightRow:
    place = group_index, model_index
    weights = combiner.weights
    values = 0
    absent = 0
    for part in group.parts:
        values += _count_values(part, model_index)
        absent += int(part.absent[model_index])
    accuracy, gold_cells = _on_gold(combiner, group.pair, model_index)
    return WeightRow(
        category=group.category,
        attribute=group.attribute,
        model=combiner.settings.models[model_index].name,
        weight=float(weights.weight[place]),
        agreement=_none_for_nan(weights.agreement[place]),
        chance=_none_for_nan(weights.chance[place]) if weights.votes[place] else None,
        cells=group.n_cells,
        voted=values,
        absent=absent,
        missing=group.n_cells - values - absent,
        accuracy=accuracy,
        gold_cells=gold_cells,
    )


def _on_gold(combiner: Combiner, group: Pair, model_index: int) -> tuple[float | None, int | None]:
    """Accuracy of one model on the gold cells of a group, and how many these are."""
    gold = combiner.gold
    if gold is None:
        return None, None
    group_by = combiner.settings.ensemble.group_by
    in_group = np.zeros(len(gold.pairs), bool)
    for cell, pair in enumerate(gold.pairs):
        in_group[cell] = group_of(pair, group_by) == group
    if not in_group.any():
        return None, 0
    right = gold.right[in_group, model_index]
    weight = gold.weight[in_group]
    accuracy = np.average(right, weights=weight)
    return float(accuracy), len(right)


def _count_values(part: PatternCounts, model_index: int) -> int:
    """Cells of a part to which a model gave a value: it voted, and not for n/a."""
    block = part.blocks[:, model_index]
    is_vote = block >= 0
    absent = part.labels.of_label(ABSENT)
    is_own_vote = block[absent.pattern] == absent.block
    votes = part.cells[is_vote].sum()
    absent_votes = absent.cells[is_own_vote].sum()
    return int(votes - absent_votes)


def _none_for_nan(value: np.float64) -> float | None:
    if np.isnan(value):
        return None
    return float(value)


def write_weights(path: Path, rows: tuple[WeightRow, ...]) -> None:
    """Write `weights.csv`."""
    table = pd.DataFrame(list(map(vars, rows)))
    for name in ("category", "attribute", "model"):
        names = table[name]
        table[name] = names.map(spreadsheet_safe)
    table = table.astype({"gold_cells": "Int64"})
    write_frame(path, table)
