"""Algorithm 1 of Li & Yu (2014, arXiv 1411.4086) as published, for reproduction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...configs.settings import Attribute
from ..arrays import FloatArray
from ..decision_rule import Rule
from ..groups import Group
from ..pattern_table import PatternTable
from ..weights import Round, Weights, learn_in_rounds
from .method import Evidence, Method


class Paper(Method):
    """v_i = L * agreement_i - 1, no floor, no shrinkage; an n/a is no vote, ties are hard."""

    name = "paper"
    absent = "missing"
    baselines = ("majority",)  # iwmv would learn from counts in which an n/a is no vote

    def learn(self, evidence: Evidence) -> Weights:
        """Learn as published."""
        return learn_paper(evidence.groups)

    def rule(self, weights: Weights, row: int, attribute: Attribute) -> Rule:
        """A tie goes to the model that comes first in the config."""
        return replace(super().rule(weights, row, attribute), hard_ties=True)


def learn_paper(groups: Sequence[Group]) -> Weights:
    """Start from v = 1, then v_i = L * agreement_i - 1; no floor, no shrinkage, hard ties.

    The groups must have been counted with `absent="missing"`. A model without votes gets weight 0.
    Hard ties go to the value of the model that comes first in the config: patterns know models, not
    values, and renaming a value then changes nothing here either.
    """
    table = PatternTable(groups)
    by_chance = table.uniform_chance()

    def learn_round(weight: FloatArray) -> Round:
        win = table.vote(weight, hard_ties=True)
        agreement = table.shrunk_share(table.credit(win), 0.0)
        weight = np.where(table.votes > 0, agreement / by_chance - 1, 0.0)
        return Round(weight, agreement, by_chance)

    return learn_in_rounds(table, np.ones(table.votes.shape), learn_round)
