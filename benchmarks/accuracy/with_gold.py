"""The stack on a little gold: accuracy and calibration on the cells that were not drawn.

    python -m benchmarks.accuracy.with_gold DATA

Accuracy is against the best single model. Beside it, what picking the best model on the same gold
gives. Means of 24 seeded draws.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attrx.ensemble.arrays import BoolArray, FloatArray
from attrx.ensemble.gold.calibration import calibrate, confidence, expected_calibration_error
from attrx.ensemble.gold.gold_votes import GoldVotes
from attrx.ensemble.gold.sampling import (
    Stratum,
    allocate,
    cell_hashes,
    sampling_weight,
    smallest_hashes,
)
from attrx.ensemble.methods.stack import fit_stack
from attrx.ensemble.product_hashes import product_hashes

from .oa_mine import read_oa_mine
from .vote_sets import BABE, FIVE, VoteSet, read_babe, single_right

DRAWS = 24


@dataclass(frozen=True)
class Draw:
    """Which cells are labelled, and what each stands for."""

    chosen: BoolArray
    weight: FloatArray


@dataclass(frozen=True)
class Score:
    """One draw, on the cells that were not drawn."""

    stack: float
    picked: float
    confidence_error: float
    share_error: float


def random_cells(n: int) -> Callable[[VoteSet, GoldVotes, int], Draw]:
    """N cells at random."""

    def draw(votes: VoteSet, gold: GoldVotes, seed: int) -> Draw:
        return _chosen(
            len(votes.true), np.random.default_rng(seed).choice(len(votes.true), n, replace=False)
        )

    return draw


def disagreements(n: int) -> Callable[[VoteSet, GoldVotes, int], Draw]:
    """N cells at random where models disagree."""

    def draw(votes: VoteSet, gold: GoldVotes, seed: int) -> Draw:
        among = np.flatnonzero(gold.n_blocks > 1)
        return _chosen(len(votes.true), np.random.default_rng(seed).choice(among, n, replace=False))

    return draw


def gold_sample(n: int) -> Callable[[VoteSet, GoldVotes, int], Draw]:
    """N cells as `attrx gold sample` draws them, most of them where models disagree."""

    def draw(votes: VoteSet, gold: GoldVotes, seed: int) -> Draw:
        names = np.concatenate([[t.attribute.name] * len(t.gold) for t in votes.tables])
        hashes = np.concatenate(
            [
                cell_hashes(
                    product_hashes([f"cell {k}" for k in range(len(t.gold))]),
                    t.attribute.name,
                    seed,
                )
                for t in votes.tables
            ]
        )
        strata = {
            Stratum(disagree, name): (names == name)
            & ((gold.n_blocks > 1) if disagree else (gold.n_blocks == 1))
            for name in dict.fromkeys(names.tolist())
            for disagree in (True, False)
        }
        sizes = {stratum: int(cells.sum()) for stratum, cells in strata.items()}
        sample = allocate(sizes, n, seed)
        chosen = _chosen(
            len(names),
            np.concatenate([smallest_hashes(hashes, strata[s], k) for s, k in sample.items()]),
        ).chosen
        kinds = {kind: sampling_weight(sizes, sample, kind) for kind in (True, False)}
        return Draw(chosen, np.where(gold.n_blocks > 1, kinds[True], kinds[False]))

    return draw


HOW = {
    "200 random": random_cells(200),
    "50 disagreements": disagreements(50),
    "200 disagreements": disagreements(200),
    "500 random": random_cells(500),
    "200 by gold sample": gold_sample(200),
}


def main(data: Path) -> None:
    """Print the table."""
    oa_mine = read_oa_mine(data)
    sets = [
        chosen
        for name in BABE
        for whole in [read_babe(data, name)]
        for chosen in (whole, whole.choose(FIVE))
    ]
    sets += [oa_mine, oa_mine.labelled()]
    for how, draw in HOW.items():
        print(
            f"\n{how:28}{'cells':>6}{'stack':>9}{'worst':>9}{'picked':>9}{'ECE':>7}{'of share':>10}"
        )
        rows = []
        for at, votes in enumerate(sets):
            scores = list(_scores(votes, draw))
            mean = [
                float(np.mean([getattr(s, name) for s in scores]))
                for name in Score.__dataclass_fields__
            ]
            name = (
                f"{votes.name} ({len(votes.models)} models)"
                if at < len(sets) - 1
                else "OA-Mine, gold cells"
            )
            worst = min(s.stack for s in scores)
            print(
                f"{name:28}{len(votes.true):6}{mean[0]:+9.4f}{worst:+9.3f}{mean[1]:+9.4f}", end=""
            )
            print(f"{mean[2]:7.3f}{mean[3]:10.3f}")
            rows.append(mean)
        means = np.mean(rows, axis=0)
        print(f"{'mean of the sets':34}{means[0]:+9.4f}{'':9}{means[1]:+9.4f}")


def _scores(votes: VoteSet, draw: Callable[[VoteSet, GoldVotes, int], Draw]) -> Iterator[Score]:
    gold, alone, start = votes.gold, single_right(votes), votes.start
    disagree = gold.n_blocks > 1
    for seed in range(DRAWS):
        sample = draw(votes, gold, seed)
        labelled = replace(gold, weight=sample.weight).rows(sample.chosen)
        stack = fit_stack(labelled, start)
        parts = votes.decide_by_stack(stack)
        code = np.concatenate([part.code for part in parts])
        share = np.concatenate([part.share for part in parts])
        right = np.maximum(code, 0) == votes.true
        weight = _rest_weight(sample.chosen, disagree)
        singles = [_mean(alone[:, i], weight) for i in range(alone.shape[1])]
        picked = int((alone * (sample.weight * sample.chosen)[:, None]).sum(axis=0).argmax())
        features = votes.features(parts)
        calibration = calibrate(
            features[sample.chosen], right[sample.chosen], sample.weight[sample.chosen]
        )
        probability = confidence(features, calibration)
        yield Score(
            _mean(right, weight) - max(singles),
            singles[picked] - max(singles),
            _error(probability, right, weight),
            _error(share, right, weight),
        )


def _rest_weight(chosen: BoolArray, disagree: BoolArray) -> FloatArray:
    """Weights of cells: 0 if drawn, and disagreements have the part that they have in the set."""
    weight = np.zeros(len(chosen))
    for kind in (True, False):
        among = disagree == kind
        weight[among & ~chosen] = among.mean() / max((among & ~chosen).sum(), 1)
    return weight


def _mean(right: BoolArray, weight: FloatArray) -> float:
    return float((right * weight).sum() / weight.sum())


def _error(probability: FloatArray, right: BoolArray, weight: FloatArray) -> float:
    known = ~np.isnan(probability)
    if not known[weight > 0].any():
        return float("nan")
    return expected_calibration_error(probability[known], right[known], weight[known])


def _chosen(n_cells: int, cells: np.ndarray) -> Draw:
    chosen = np.zeros(n_cells, np.bool_)
    chosen[cells] = True
    return Draw(chosen, np.ones(n_cells))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
