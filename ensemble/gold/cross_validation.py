"""A method that learns from gold, on cells that it has not learned from.

The contract: docs/design.md#the-verdict.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..arrays import IntArray
from .gold_votes import GoldVotes


def cross_validate(
    gold: GoldVotes, folds: IntArray, decide_fold: Callable[[GoldVotes, GoldVotes], IntArray]
) -> IntArray:
    """[n_cells] place of the first model whose vote wins on each cell, -1 where nobody voted.

    Args:
        gold: The gold cells.
        folds: [n_cells], from `sampling.product_folds`.
        decide_fold: Learns from the first gold cells, and says which model's vote wins on each of
            the second.
    """
    winner = np.full(len(folds), -1, np.int64)
    for fold in np.unique(folds):
        in_fold = folds == fold
        winner[in_fold] = decide_fold(gold.rows(~in_fold), gold.rows(in_fold))
    return winner
