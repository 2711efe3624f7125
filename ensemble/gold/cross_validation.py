"""The stack on cells it was not fitted to: cross-validation by product folds.

The contract: docs/design.md#the-verdict.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import (
    ABSENT,
    MISSING,
    FloatArray,
    IntArray,
)
from ..decision_rule import decide
from ..methods.stack import fit_stack, stack_rule
from .calibration import calibrate, confidence
from .gold_votes import GoldVotes


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutDecisions:
    """What the stack says on each gold cell when fitted to the other folds.

    Attributes:
        winner: [n_cells] place of the first model that gave the winning value, -1 where nobody
            voted.
        confidence: [n_cells] float64, nan where it is blank.
        right: [n_cells] bool, the winning value is right.
    """

    winner: npt.NDArray[np.int64]
    confidence: FloatArray
    right: npt.NDArray[np.bool_]


def cross_validate(
    gold: GoldVotes, folds: IntArray, agreement_weight: FloatArray, leader: int | None = None
) -> HeldOutDecisions:
    """Fit the stack and its confidence to all folds but one, and decide that one, in turn.

    Args:
        gold: The gold cells.
        folds: [n_cells], from `sampling.product_folds`.
        agreement_weight: As for `fit_stack`; it is learned without gold, so every fold may use it.
        leader: As for `fit_stack`.
    """
    winner = np.full(len(folds), -1, np.int64)
    stated = np.full(len(folds), np.nan)
    codes = gold.codes
    for fold in np.unique(folds):
        held_out = folds == fold
        training = gold.rows(~held_out)
        stack = fit_stack(training, agreement_weight, leader)
        decisions = decide(codes[held_out], stack_rule(stack, agreement_weight, "label", ABSENT))
        backing = (codes[held_out] == decisions.code[:, None]) & (codes[held_out] != MISSING)
        winner[held_out] = np.where(backing.any(axis=1), backing.argmax(axis=1), -1)
        stated[held_out] = confidence(decisions, calibrate(training))
    right = (winner >= 0) & gold.right[np.arange(len(winner)), winner]
    return HeldOutDecisions(winner, stated, right)
