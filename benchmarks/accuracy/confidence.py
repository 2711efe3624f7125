"""How well confidence tells right values from wrong ones, and what can go out unread by it.

    python -m benchmarks.accuracy.confidence DATA

By the stack on random gold, on the cells that were not drawn; means of 24 seeded draws. AUC is that
of confidence for right values; `before` is that of what is usual, without gold. accept@95 is the
largest part of the cells, the surest first, of which 95 % are right. The rule's columns are what
attrx lets out for `accept_precision: 0.95`, how many of these are right, and in how many draws
fewer than 94 %.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attrx.ensemble.acceptance import ConfidenceCounts
from attrx.ensemble.arrays import BoolArray, FloatArray
from attrx.ensemble.gold.calibration import (
    WITHOUT_GOLD,
    calibrate,
    confidence,
    expected_calibration_error,
)
from attrx.ensemble.methods.stack import fit_stack

from .oa_mine import read_oa_mine
from .vote_sets import BABE, VoteSet, read_babe
from .with_gold import DRAWS, HOW

PRECISION = 0.95


@dataclass(frozen=True)
class Score:
    """One draw, on the cells that were not drawn."""

    auc: float
    auc_without_gold: float
    accept_at_95: float
    calibration_error: float
    let_out: float
    let_out_right: float

    @property
    def columns(self) -> list[float]:
        """All of it."""
        return list(vars(self).values())


def main(data: Path) -> None:
    """Print the table."""
    oa_mine = read_oa_mine(data)
    sets = {"OA-Mine": oa_mine, "OA-Mine, gold cells": oa_mine.labelled()}
    sets |= {name: read_babe(data, name) for name in BABE}
    for how in ("200 random", "500 random"):
        print(f"\n{how:22}    AUC  before  accept@95    ECE  let out  right  below .94")
        for name, votes in sets.items():
            scores = [score.columns for score in _scores(votes, how)]
            auc, before, accept, error, let_out, right = np.mean(scores, axis=0)
            low = np.mean([score[-1] < 0.94 for score in scores])
            print(f"{name:22}{auc:7.3f}{before:8.3f}{accept:11.3f}{error:7.3f}", end="")
            print(f"{let_out:9.3f}{right:7.3f}{low:11.2f}")


def _scores(votes: VoteSet, how: str) -> Iterator[Score]:
    gold = votes.gold
    for seed in range(DRAWS):
        sample = HOW[how](votes, gold, seed)
        labelled = replace(gold, weight=sample.weight).rows(sample.chosen)
        parts = votes.decide_by_stack(fit_stack(labelled, votes.start))
        code = np.concatenate([part.code for part in parts])
        right = code == votes.true
        features = votes.features(parts)
        drawn = sample.chosen
        calibration = calibrate(features[drawn], right[drawn], sample.weight[drawn])
        rest = ~drawn & ~np.isnan(features[:, 0])
        own_right = right[rest]
        stated = confidence(features[rest], calibration)
        counts = ConfidenceCounts()
        counts.add(stated)
        goes_out = counts.accept(PRECISION).accepts(stated)
        yield Score(
            _auc(stated, own_right),
            _auc(confidence(features[rest], WITHOUT_GOLD), own_right),
            _accept(stated, own_right),
            expected_calibration_error(stated, own_right, np.ones(len(stated))),
            float(goes_out.mean()),
            float(own_right[goes_out].mean()) if goes_out.any() else 1.0,
        )


def _auc(stated: FloatArray, right: BoolArray) -> float:
    """The chance that a right value has a higher confidence than a wrong one; ties count half."""
    _, place, counts = np.unique(stated, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    n_right = int(right.sum())
    n_wrong = len(right) - n_right
    return float((rank[right].sum() - n_right * (n_right + 1) / 2) / (n_right * n_wrong))


def _accept(stated: FloatArray, right: BoolArray) -> float:
    """accept@95; cells of one confidence go together."""
    order = np.argsort(-stated, kind="stable")
    n_cells = np.arange(1, len(right) + 1)
    precision = np.cumsum(right[order]) / n_cells
    is_last = np.append(np.diff(stated[order]) != 0, True)
    enough = np.flatnonzero(is_last & (precision >= PRECISION))
    return float(n_cells[enough[-1]] / len(right)) if len(enough) else 0.0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
