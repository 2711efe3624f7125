"""Cells on which models gave several values: the votes and the catalog choose together.

The contract: docs/design.md#the-catalog-as-a-witness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .arrays import ABSENT, BoolArray, Codes, FloatArray
from .blocks import blocks_of
from .catalog.signals import Signals, centre
from .pattern_decisions import BlockSignals, PatternDecisions, decide_patterns

if TYPE_CHECKING:
    from .decision_rule import Rule


def choose_values(
    votes: Codes, decisions: PatternDecisions, rule: Rule, signals: Signals
) -> PatternDecisions:
    """Decide those cells anew on which several values were given.

    Args:
        votes: [n_cells, n_models], those that count.
        decisions: What the votes alone decide, a row for each cell.
        rule: Has a weight for each signal.
        signals: What the catalog says of the votes.
    """
    cells = np.flatnonzero(gives_several_values(votes))
    if not len(cells):
        return decisions
    own_votes = votes[cells]
    own_signals = _of_blocks(own_votes, signals.rows(cells), rule)
    return decisions.with_rows(cells, decide_patterns(own_votes, rule, own_signals))


def gives_several_values(votes: Codes) -> BoolArray:
    """[n_cells]: whether two models gave different values."""
    is_value = votes > ABSENT
    highest = votes.max(axis=1, initial=ABSENT, keepdims=True)
    is_another = is_value & (votes != highest)
    return np.asarray(is_another.any(axis=1))


def _of_blocks(votes: Codes, signals: Signals, rule: Rule) -> BlockSignals:
    blocks = blocks_of(votes)
    is_value = votes > ABSENT
    of_votes = centre(signals.of_votes(), is_value)
    weighted_votes = of_votes @ _weight_of(rule)
    weighted = np.zeros(votes.shape)
    value_blocks = np.zeros(votes.shape, np.bool_)
    n_models = votes.shape[1]
    for model in range(n_models):
        cells = np.flatnonzero(is_value[:, model])
        block = blocks[cells, model]
        weighted[cells, block] = weighted_votes[cells, model]
        value_blocks[cells, block] = True
    return BlockSignals(weighted, value_blocks)


def _weight_of(rule: Rule) -> FloatArray:
    if rule.signal_weight is None:
        raise ValueError("the rule does not hear the catalog")
    return rule.signal_weight
