"""Which of two sets of learned weights stands, where the same answers lead to both.

Rounds of learning come to rest where weights and agreements explain each other, and there can be
two such places: two camps of models, each right by its own lights. A few new products then decide
between them, and the values of a whole catalog turn over from one night to the next. So the
weights of the night before stay, unless the answers clearly speak for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..arrays import FloatArray
from ..groups import Group
from ..pattern_table import PatternTable
from ..weights import Weights

FEW = 0.01
"""Share of the cells on which two sets of weights may decide otherwise and count as one."""
CLEARLY = 2.0
"""Standard errors by which the answers must speak for weights that are learned afresh."""
_LEAST = 0.02
"""Accuracies and chances of 0 and 1 are taken for this much more, or less."""


def choose_fixed_point(groups: Sequence[Group], fresh: Weights, earlier: Weights) -> Weights:
    """The weights that stand.

    The two are compared by the log-likelihood of the cells, in which both are at home (Vuong 1989,
    doi:10.2307/1912557).

    Args:
        groups: What both were learned from.
        fresh: Learned from the start that the method has.
        earlier: Learned from the weights of an earlier run.

    Returns:
        `fresh`, the same to the last bit, where both decide nearly all cells alike, where one has
        not come to rest, or where the answers speak for it; else `earlier`, which then says what
        it stands for.
    """
    if not (fresh.converged and earlier.converged):
        return fresh
    table = PatternTable(groups)
    differs = np.abs(table.vote(fresh.weight) - table.vote(earlier.weight)).sum(axis=1) > 0
    if table.cells @ differs <= FEW * table.cells.sum():
        return fresh
    gain = _log_likelihood(table, fresh) - _log_likelihood(table, earlier)
    total_gain = float(table.cells @ gain)
    mean_gain = total_gain / table.cells.sum()
    standard_error = float(np.sqrt(table.cells @ (gain - mean_gain) ** 2))
    if total_gain > CLEARLY * standard_error:
        return fresh
    return replace(earlier, instead_of=fresh.weight)


def _log_likelihood(table: PatternTable, weights: Weights) -> FloatArray:
    """[n_patterns], with the agreements as accuracies."""
    agreement = np.nan_to_num(weights.agreement, nan=0.5)
    accuracy = np.clip(agreement, _LEAST, 1 - _LEAST)
    votes = np.maximum(weights.votes, _LEAST)
    by_chance = np.nan_to_num(weights.chance)
    chance = (by_chance * votes).sum(axis=1) / votes.sum(axis=1)
    return table.log_likelihood(accuracy, np.clip(chance, _LEAST, 1 - _LEAST))
