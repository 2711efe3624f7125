"""Which of two sets of learned weights stands, where the same answers lead to both.

Rounds of learning come to rest where weights and agreements explain each other, and there can be
several such places: camps of models, each right by its own lights. A few new products then decide
between them, and the values of a whole catalog turn over from one night to the next. So the
weights of the night before stay, as long as tonight's answers leave them where they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..arrays import FloatArray
from ..groups import Group
from ..pattern_table import PatternTable
from ..weights import Weights

FEW = 0.01
"""Share of the cells on which two sets of weights may decide otherwise and count as one."""


def choose_fixed_point(
    groups: Sequence[Group], fresh: Weights, earlier: Weights, start: FloatArray
) -> Weights:
    """The weights that stand.

    Which of two such places is nearer to the truth, the answers do not say: models that err alike
    make either likely.

    Args:
        groups: What both were learned from.
        fresh: Learned from the start that the method has.
        earlier: Learned from the weights of an earlier run.
        start: [n_groups, n_models], those weights of the earlier run.

    Returns:
        `earlier`, which then says what it stands for, where it came to rest beside its start and
        decides otherwise than `fresh`; else `fresh`, the same to the last bit.
    """
    if not (fresh.converged and earlier.converged):
        return fresh
    table = PatternTable(groups)
    has_moved = _decide_otherwise(table, start, earlier.weight)
    if has_moved or not _decide_otherwise(table, fresh.weight, earlier.weight):
        return fresh
    return replace(earlier, instead_of=fresh.weight)


def _decide_otherwise(table: PatternTable, weight: FloatArray, other_weight: FloatArray) -> bool:
    """Whether two sets of weights differ on more than a few cells."""
    differs = abs(table.vote(weight) - table.vote(other_weight)).sum(axis=1) > 0
    return bool(table.cells @ differs > FEW * table.cells.sum())
