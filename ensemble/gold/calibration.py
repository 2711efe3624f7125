"""Confidence: the probability that a decided value is right, calibrated on gold.

The contract: docs/design.md#confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray
from ..decision_rule import Decisions
from .gold_votes import GoldVotes


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often models are right, by whether they agree.

    Attributes:
        some_right: P(some model is right | the models disagree).
        unanimous_right: P(right | all voters agree); None without gold on such cells.
        disagreeing: Gold cells where models disagree.
        unanimous: Gold cells where all voters agree.
    """

    some_right: float
    unanimous_right: float | None
    disagreeing: int
    unanimous: int


def calibrate(gold: GoldVotes) -> Calibration:
    """Estimate both probabilities from gold as (x + 1) / (n + 2), x being weighted by the cells' sampling weights."""
    some_right: BoolArray = np.asarray(gold.right.any(axis=1))
    unanimous: BoolArray = gold.n_blocks == 1
    disagree: BoolArray = gold.n_blocks > 1
    return Calibration(
        some_right=_smoothed(some_right, gold.weight, disagree),
        unanimous_right=_smoothed(some_right, gold.weight, unanimous) if unanimous.any() else None,
        disagreeing=int(disagree.sum()),
        unanimous=int(unanimous.sum()),
    )


def confidence(decisions: Decisions, calibration: Calibration) -> FloatArray:
    """[n_cells] float64 in [0, 1] for the stack's decisions; nan where nobody voted, or gold cannot say."""
    unanimous = np.nan if calibration.unanimous_right is None else calibration.unanimous_right
    by_pattern = np.where(
        decisions.n_blocks == 1, unanimous, decisions.share * calibration.some_right
    )
    return np.where(decisions.n_blocks == 0, np.nan, by_pattern)


def expected_calibration_error(
    stated: FloatArray, right: BoolArray, weight: FloatArray, bins: int = 10
) -> float:
    """Mean distance of stated probability and share of right cells, over equal-width bins weighted by their cells.

    Args:
        stated: [n_cells] in [0, 1], no nan.
        right: [n_cells] bool.
        weight: [n_cells].
        bins: Number of bins.
    """
    place = np.minimum((stated * bins).astype(np.int64), bins - 1)
    off = np.bincount(place, weight * (stated - right), bins)
    return float(np.abs(off).sum() / weight.sum())


def _smoothed(hit: BoolArray, weight: FloatArray, among: BoolArray) -> float:
    """(x + 1) / (n + 2); with sampling weights, x is n times the weighted share, and n the number of labels."""
    n = int(among.sum())
    share = float((weight * hit)[among].sum() / weight[among].sum()) if n else 0.0
    return (n * share + 1) / (n + 2)
