"""Iterative weighted majority voting: weights without labels.

Li & Yu 2014 (arXiv 1411.4086, Algorithm 1), as LLM-Ensemble (Fang et al., SIGIR 2024, arXiv
2403.00863) uses it, on agreement patterns; docs/design.md#learning-without-labels. `patterns.py`
says why the counts are enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from ...configs.settings import Attribute, EnsembleSettings
from ..arrays import FloatArray
from ..decision_rule import Rule
from ..groups import Group
from ..pattern_table import PatternTable
from ..rank_one import CAP, FLOOR, PairCounts, ones_where_all_zero, rank_one_start
from ..weights import Round, Weights, follow_leader, learn_in_rounds
from .conditional_logit import SIGNAL_MEAN
from .fixed_points import choose_fixed_point
from .method import Evidence, Method

Chance = Literal["observed", "uniform"]


class Iwmv(Method):
    """Weights from agreement, beyond what chance alone would give."""

    name = "iwmv"
    baselines = ("majority",)

    def learn(self, evidence: Evidence) -> Weights:
        """Learn from who agrees with whom; a leader decides wherever it votes."""
        options = evidence.settings.ensemble
        weights = learn_iwmv(evidence.groups, chance=options.chance, shrink=options.shrink)
        leader = evidence.leader
        if leader is not None:
            return follow_leader(evidence.groups, weights, leader)
        if evidence.earlier is not None:
            start = evidence.earlier.in_place_of(weights, evidence.models)
            other_weights = learn_iwmv(
                evidence.groups, chance=options.chance, shrink=options.shrink, start=start
            )
            weights = choose_fixed_point(evidence.groups, weights, other_weights, start)
        return weights

    def rule(self, weights: Weights, row: int, attribute: Attribute) -> Rule:
        """Between values, the catalog has a say."""
        rule = super().rule(weights, row, attribute)
        return replace(rule, signal_weight=SIGNAL_MEAN)

    def describe(self, settings: EnsembleSettings) -> str:
        """With what shares its weights, and what counts as chance."""
        sharing = {
            "all": "one weight per model",
            "attribute": "weights per attribute",
            "category": "weights per category and attribute",
        }
        return f"combined by iwmv, {sharing[settings.group_by]}, chance as {settings.chance}"


def learn_iwmv(
    groups: Sequence[Group], *, chance: Chance, shrink: float, start: FloatArray | None = None
) -> Weights:
    """Iterative weighted majority voting with shrinkage and correction for chance.

    Args:
        groups: At least one.
        chance: `observed`: chance agreement from what the models say, with the rank-one start;
            `uniform`: 1 / L.
        shrink: How many votes (for pairs of models: common cells) the mean over all groups counts
            for.
        start: [n_groups, n_models] the first weights; None = those of `chance`.
    """
    table = PatternTable(groups)
    if chance == "uniform":
        return _learn_uniform(table, shrink, start)

    def learn_round(weight: FloatArray) -> Round:
        win = table.vote(weight)
        agreement = table.shrunk_share(table.credit(win), shrink)
        by_chance = table.shrunk_share(table.chance_credit(win), shrink)
        return Round(
            weight=_weight(agreement, by_chance, CAP),
            agreement=agreement,
            chance=by_chance,
        )

    if start is None:
        start = rank_one_start(PairCounts.of(groups), shrink)
    return learn_in_rounds(table, start, learn_round)


def _learn_uniform(table: PatternTable, shrink: float, start: FloatArray | None) -> Weights:
    by_chance = table.uniform_chance()

    def learn_round(weight: FloatArray) -> Round:
        win = table.vote(weight)
        agreement = table.shrunk_share(table.credit(win), shrink)
        return Round(
            weight=_weight(agreement, by_chance, 1.0),
            agreement=agreement,
            chance=by_chance,
        )

    if start is None:
        start = np.ones(table.votes.shape)
    return learn_in_rounds(table, start, learn_round)


def _weight(agreement: FloatArray, by_chance: FloatArray, cap: float) -> FloatArray:
    """Step 4: v_i = (agreement_i - e_i) / max(1 - e_i, .02), at least 0; all 1 where all are 0."""
    beyond_chance = (agreement - by_chance) / np.maximum(1 - by_chance, FLOOR)
    return ones_where_all_zero(np.minimum(beyond_chance, cap))
