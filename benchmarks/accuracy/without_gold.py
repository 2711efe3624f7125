"""Weights learned without gold: accuracy against the best single model on the same cells.

`OA-Mine, listed` judges the cells that have a value, by weights from all cells, as a shop has them;
`learned there` by weights from these cells alone.

python -m benchmarks.accuracy.without_gold DATA
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from attrx.ensemble.arrays import BoolArray
from attrx.ensemble.methods.iwmv import Chance, learn_iwmv
from attrx.ensemble.weights import Weights, fixed_weights

from .oa_mine import read_oa_mine
from .vote_sets import (
    BABE,
    FIVE,
    VoteSet,
    accuracy,
    f1,
    read_babe,
    single_right,
    with_lazy_models,
)

SHRINK = 100.0


def main(data: Path) -> None:
    """Print the table."""
    oa_mine = read_oa_mine(data)
    sets = [
        chosen
        for name in BABE
        for whole in [read_babe(data, name)]
        for chosen in (whole, whole.choose(FIVE))
    ]
    print(
        f"{'votes':34}{'cells':>6} {'best model':26}{'alone':>7}"
        f"{'majority':>10}{'uniform':>10}{'observed':>10}{'+ catalog':>10}"
    )
    for votes in [*sets, oa_mine]:
        is_judged = np.ones(len(votes.true), np.bool_)
        _print_row(votes, votes.name, is_judged)
    _print_row(oa_mine, "OA-Mine, listed", oa_mine.true > 0)
    listed = oa_mine.labelled()
    _print_row(listed, "OA-Mine, learned there", listed.true > 0)
    print(f"\nF1 with lazy models, all schema cells: {'uniform':>10}{'observed':>10}")
    for seed in range(3):
        lazy = with_lazy_models(oa_mine, seed)
        values = [
            f1(lazy.decide_by(_learn(lazy, chance)), lazy.true)
            for chance in ("uniform", "observed")
        ]
        print(f"  draw {seed}{values[0]:>42.4f}{values[1]:>10.4f}")


def _print_row(votes: VoteSet, name: str, is_judged: BoolArray) -> None:
    alone = single_right(votes)[is_judged].mean(axis=0)
    best = float(alone.max())
    majority = fixed_weights(votes.groups, np.ones(len(votes.models)))
    observed = _learn(votes, "observed")
    decided = [votes.decide_by(each) for each in (majority, _learn(votes, "uniform"), observed)]
    decided.append(votes.decide_by(observed, hears_catalog=True))
    true = votes.true[is_judged]
    gains = [accuracy(codes[is_judged], true) - best for codes in decided]
    title = f"{name} ({len(votes.models)} models)"
    print(f"{title:34}{len(true):6} {votes.models[int(alone.argmax())]:26}{best:7.4f}", end="")
    print("".join(f"{gain:+10.4f}" for gain in gains))


def _learn(votes: VoteSet, chance: Chance) -> Weights:
    return learn_iwmv(votes.groups, chance=chance, shrink=SHRINK)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
