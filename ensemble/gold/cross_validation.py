"""A method that learns from gold, on cells that it has not learned from.

The contract: docs/design.md#the-verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, FloatArray, IntArray
from ..decision_rule import Rule, decide, first_backers
from .calibration import calibrate, confidence
from .gold_votes import GoldVotes


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutDecisions:
    """What is decided on each gold cell by a fit to the other folds.

    Attributes:
        winner: [n_cells] place of the first model that gave the winning value, -1 where nobody
            voted.
        confidence: [n_cells] float64, nan where it is blank.
        right: [n_cells] bool, the winning value is right.
    """

    winner: npt.NDArray[np.int64]
    confidence: FloatArray
    right: BoolArray


def cross_validate(
    gold: GoldVotes, folds: IntArray, fit_rule: Callable[[GoldVotes], Rule]
) -> HeldOutDecisions:
    """Fit a rule and its confidence to all folds but one, and decide that one, in turn.

    Args:
        gold: The gold cells.
        folds: [n_cells], from `sampling.product_folds`.
        fit_rule: Gold cells -> how others are decided, in the codes of `GoldVotes.codes`.
    """
    winner = np.full(len(folds), -1, np.int64)
    probability = np.full(len(folds), np.nan)
    codes = gold.codes
    for fold in np.unique(folds):
        in_fold = folds == fold
        training = gold.rows(~in_fold)
        decisions = decide(codes[in_fold], fit_rule(training))
        winner[in_fold] = first_backers(codes[in_fold], decisions)
        probability[in_fold] = confidence(decisions, calibrate(training))
    winner_is_right = gold.right[np.arange(len(winner)), winner]
    return HeldOutDecisions(winner, probability, (winner >= 0) & winner_is_right)
