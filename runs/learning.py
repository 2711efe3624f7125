"""First pass: count agreement patterns over all buckets and learn the weights from the counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..configs.settings import Attribute, Settings
from ..ensemble.arrays import Absent, BoolArray, IntArray
from ..ensemble.decide import Rule
from ..ensemble.groups import Group, Pair, form_groups, group_of
from ..ensemble.patterns import PatternCounts, count_patterns, merge_counts
from ..ensemble.weights import Weights, fixed_weights, learn_iwmv, learn_paper
from ..extraction.ballots import Ballots
from .votes import AttributeVotes, VoteSource, categories_of, votes_on

SINGLE = "single:"


@dataclass(frozen=True)
class Learned:
    """What the first pass leaves.

    Attributes:
        groups: The groups of cells that share weights.
        weights: Their weights, in the same order.
        settings: The configuration.
        n_products: Products seen.
    """

    groups: tuple[Group, ...]
    weights: Weights
    settings: Settings
    n_products: int

    def rule(self, category: str, attribute: Attribute) -> Rule:
        """How cells of this category and attribute are decided."""
        ensemble = self.settings.ensemble
        row = self.weights.row(group_of((category, attribute.name), ensemble.group_by))
        return Rule(
            weight=self.weights.weight[row],
            agreement=self.weights.agreement[row],
            absent=absent_of(attribute, ensemble.method),
            hard_ties=self.weights.hard_ties,
            voters=_voters(self.settings),
        )


def absent_of(attribute: Attribute, method: str) -> Absent:
    """How an n/a votes: as the config says; never, as published."""
    return "missing" if method == "paper" else attribute.absent


def learn(source: VoteSource, settings: Settings) -> Learned:
    """Count the patterns of all cells and learn the weights of all groups."""
    counted: dict[Pair, list[PatternCounts]] = {}
    n_products = 0
    for ballots in source.buckets():
        n_products += ballots.products.num_rows
        for index in range(len(settings.attributes)):
            votes = votes_on(ballots, settings, index)
            for category, cells in by_category(votes, ballots, settings):
                pair = (category, votes.attribute.name)
                counted.setdefault(pair, []).append(_count(votes, cells, settings.ensemble.method))
    merged = {pair: merge_counts(parts) for pair, parts in counted.items()}
    method = settings.ensemble.method
    absent: Absent | None = "missing" if method == "paper" else None
    groups = form_groups(merged, settings.attributes, settings.ensemble.group_by, absent)
    return Learned(groups, _learn(groups, settings), settings, n_products)


def by_category(votes: AttributeVotes, ballots: Ballots, settings: Settings) -> Iterator[tuple[str, IntArray]]:
    """The cells of each category, or all under "" where categories share their weights."""
    everything = np.arange(len(votes.rows))
    if settings.ensemble.group_by != "category":
        yield "", everything
        return
    names = categories_of(ballots, votes.rows)
    for name in np.unique(names):
        yield str(name), everything[names == name]


def _count(votes: AttributeVotes, cells: IntArray, method: str) -> PatternCounts:
    attribute = votes.attribute
    return count_patterns(votes.codes[cells], closed=attribute.closed, absent=absent_of(attribute, method))


def _learn(groups: tuple[Group, ...], settings: Settings) -> Weights:
    ensemble = settings.ensemble
    if ensemble.method == "paper":
        return learn_paper(groups)
    if ensemble.method == "iwmv":
        return learn_iwmv(groups, chance=ensemble.chance, shrink=ensemble.shrink)
    only = _voters(settings)
    weight = np.ones(len(settings.models)) if only is None else only.astype(np.float64)
    return fixed_weights(groups, weight)


def _voters(settings: Settings) -> BoolArray | None:
    """Whose votes count: one model's with `single:<model>`, else everyone's (None)."""
    method = settings.ensemble.method
    if not method.startswith(SINGLE):
        return None
    return np.array([model.name == method.removeprefix(SINGLE) for model in settings.models])
