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
    """Estimate both probabilities from gold as (x + 1) / (n + 2), x by sampling weights."""
    some_right: BoolArray = np.asarray(gold.right.any(axis=1))
    unanimous: BoolArray = gold.n_blocks == 1
    disagreeing: BoolArray = gold.n_blocks > 1
    unanimous_right = None
    if unanimous.any():
        unanimous_right = _smooth_share(some_right[unanimous], gold.weight[unanimous])
    return Calibration(
        some_right=_smooth_share(some_right[disagreeing], gold.weight[disagreeing]),
        unanimous_right=unanimous_right,
        disagreeing=int(disagreeing.sum()),
        unanimous=int(unanimous.sum()),
    )


def confidence(decisions: Decisions, calibration: Calibration) -> FloatArray:
    """[n_cells] float64 in [0, 1]; nan where nobody voted, or gold cannot say.

    Args:
        decisions: With softmax shares.
        calibration: What gold says of them.
    """
    unanimous_right = calibration.unanimous_right
    if_unanimous = np.nan if unanimous_right is None else unanimous_right
    if_disagreeing = decisions.share * calibration.some_right  # nan where nobody voted
    return np.where(decisions.n_blocks == 1, if_unanimous, if_disagreeing)


def expected_calibration_error(
    probability: FloatArray, right: BoolArray, weight: FloatArray, bins: int = 10
) -> float:
    """Mean distance of a stated probability and the share of right cells, over equal-width bins.

    Args:
        probability: [n_cells] in [0, 1], no nan.
        right: [n_cells] bool.
        weight: [n_cells]; a bin weighs as much as its cells.
        bins: Number of bins.
    """
    place = (probability * bins).astype(np.int64)
    place[place == bins] = bins - 1
    error = weight * (probability - right)
    error_of_bin = np.bincount(place, error)
    return float(np.abs(error_of_bin).sum() / weight.sum())


def _smooth_share(hit: BoolArray, weight: FloatArray) -> float:
    """(x + 1) / (n + 2), n being the number of cells, and x n times the weighted share of hits."""
    n_cells = len(hit)
    share = float((weight * hit).sum() / weight.sum()) if n_cells else 0.0
    return (n_cells * share + 1) / (n_cells + 2)
