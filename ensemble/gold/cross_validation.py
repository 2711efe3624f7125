"""A method that learns from gold, on cells that it has not learned from.

The contract: docs/design.md#the-verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, IntArray
from ..decision_rule import Decisions, Rule, decide, first_backers
from .gold_votes import GoldVotes


@dataclass(frozen=True, slots=True, eq=False)
class HeldOutDecisions:
    """What is decided on each gold cell by a fit to the other folds.

    Attributes:
        winner: [n_cells] place of the first model that gave the winning value, -1 where nobody
            voted.
        right: [n_cells] bool, the winning value is right.
    """

    winner: npt.NDArray[np.int64]
    right: BoolArray

    @classmethod
    def of(cls, gold: GoldVotes, decisions: Decisions) -> HeldOutDecisions:
        """Decisions on gold cells, in the codes of `GoldVotes.codes`."""
        winner = first_backers(gold.codes, decisions)
        cells = np.arange(len(winner))
        is_right = gold.right[cells, winner]
        return cls(winner, is_right & (winner >= 0))


def cross_validate(
    gold: GoldVotes, folds: IntArray, fit_rule: Callable[[GoldVotes], Rule]
) -> HeldOutDecisions:
    """Fit a rule to all folds but one, and decide that one, in turn.

    Args:
        gold: The gold cells.
        folds: [n_cells], from `sampling.product_folds`.
        fit_rule: Gold cells -> how others are decided, in the codes of `GoldVotes.codes`.
    """
    n_cells = len(folds)
    winner = np.full(n_cells, -1, np.int64)
    codes = gold.codes
    for fold in np.unique(folds):
        in_fold = folds == fold
        training = gold.rows(~in_fold)
        rule = fit_rule(training)
        fold_codes = codes[in_fold]
        decisions = decide(fold_codes, rule, gold.rows(in_fold).catalog_signals)
        winner[in_fold] = first_backers(fold_codes, decisions)
    cells = np.arange(n_cells)
    return HeldOutDecisions(
        winner=winner,
        right=gold.right[cells, winner] & (winner >= 0),
    )
