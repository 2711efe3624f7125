"""`weights.csv`: how much each model counts for each group of cells, and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..ensemble.arrays import ABSENT
from ..ensemble.groups import Group, Pair, group_of
from ..ensemble.learning import Combiner
from ..ensemble.patterns import PatternCounts
from ..extraction.cache.atomic_write import replacing
from ..extraction.inputs.spreadsheet import spreadsheet_safe


@dataclass(frozen=True)
class WeightRow:
    """One model in one group.

    Attributes:
        category: The category, `*` for all.
        attribute: The attribute, `*` for all.
        model: The model's name.
        weight: How much its vote counts.
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
    weight: float
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
    return tuple(
        _row(combiner, group, g, m)
        for g, group in enumerate(combiner.groups)
        for m in range(len(combiner.settings.models))
    )


def _row(combiner: Combiner, group: Group, g: int, m: int) -> WeightRow:
    weights, cells = combiner.weights, sum(part.n_cells for part in group.parts)
    absent = sum(int(part.absent[m]) for part in group.parts)
    accuracy, gold_cells = _on_gold(combiner, group.pair, m)
    voted = sum(_values_said(part, m) for part in group.parts)
    return WeightRow(
        category=group.category,
        attribute=group.attribute,
        model=combiner.settings.models[m].name,
        weight=float(weights.weight[g, m]),
        agreement=_known(weights.agreement[g, m]),
        chance=_known(weights.chance[g, m]) if weights.votes[g, m] else None,
        cells=cells,
        voted=voted,
        absent=absent,
        missing=cells - voted - absent,
        accuracy=accuracy,
        gold_cells=gold_cells,
    )


def _on_gold(combiner: Combiner, group: Pair, model: int) -> tuple[float | None, int | None]:
    """Accuracy of one model on the gold cells of a group, and how many these are."""
    gold = combiner.gold
    if gold is None:
        return None, None
    group_by = combiner.settings.ensemble.group_by
    own = np.array([group_of(pair, group_by) == group for pair in gold.pairs])
    if not own.any():
        return None, 0
    return float(np.average(gold.right[own, model], weights=gold.weight[own])), int(own.sum())


def _values_said(part: PatternCounts, model: int) -> int:
    """Cells of a part to which a model gave a value: it voted, and not for n/a."""
    votes = int(part.cells[part.blocks[:, model] >= 0].sum())
    in_block = part.blocks[part.labels[:, 0], model] == part.labels[:, 1]
    said_absent = int(part.labels[in_block & (part.labels[:, 2] == ABSENT), 3].sum())
    return votes - said_absent


def _known(value: np.float64) -> float | None:
    return None if np.isnan(value) else float(value)


def write_weights(path: Path, rows: tuple[WeightRow, ...]) -> None:
    """Write `weights.csv`."""
    table = pd.DataFrame([asdict(row) for row in rows])
    for name in ("category", "attribute", "model"):
        table[name] = table[name].map(spreadsheet_safe)
    table = table.astype({"gold_cells": "Int64"})
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, lineterminator="\n")
