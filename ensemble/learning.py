"""First pass: count agreement patterns over all buckets and learn the weights from the counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from ..configs.errors import ConfigError, InputError
from ..configs.notices import Notice
from ..configs.settings import Attribute, Settings
from .arrays import (
    Absent,
    BoolArray,
    FloatArray,
    IntArray,
)
from .decision_rule import Rule
from .diagnostics import diagnose
from .gold.calibration import Calibration, calibrate
from .gold.gold_cells import GoldCells, GoldCollector
from .gold.labels import Gold
from .groups import (
    Group,
    Pair,
    form_groups,
    group_of,
    tilted_code,
)
from .methods.stack import (
    Stack,
    fit_stack,
    stack_rule,
    stack_weights,
)
from .patterns import PatternCounts, count_patterns, merge_counts
from .rank_one import Agreement, rank_one_start
from .votes import (
    AttributeVotes,
    BucketVotes,
    categories_of,
    votes_on,
)
from .weights import (
    Weights,
    fixed_weights,
    follow_leader,
    learn_iwmv,
    learn_paper,
)

SINGLE = "single:"
STACK = "stack"


@dataclass(frozen=True)
class Combiner:
    """What the first pass leaves.

    Attributes:
        groups: The groups of cells that share weights.
        weights: Their weights, in the same order.
        settings: The configuration.
        n_products: Products seen.
        gold: The gold cells among them; None without a gold file.
        stack: The stack that was fitted to them, where that is the method.
        calibration: What makes its shares a confidence.
    """

    groups: tuple[Group, ...]
    weights: Weights
    settings: Settings
    n_products: int
    gold: GoldCells | None = None
    stack: Stack | None = None
    calibration: Calibration | None = None

    @property
    def n_cells(self) -> int:
        """Cells of all groups."""
        return sum(part.n_cells for group in self.groups for part in group.parts)

    @property
    def start(self) -> FloatArray:
        """[n_models] rank-one weights of all groups pooled, to which the stack is anchored."""
        return np.asarray(rank_one_start(Agreement.of(self.groups).pooled(), 0.0)[0])

    @property
    def leader(self) -> int | None:
        """Place of the model that the user named as the leader."""
        names, leader = (
            [model.name for model in self.settings.models],
            self.settings.ensemble.leader,
        )
        return None if leader is None else names.index(leader)

    @property
    def diagnostics(self) -> tuple[Notice, ...]:
        """What to know before trusting the weights; nothing where one model is used alone."""
        ensemble, models = self.settings.ensemble, [model.name for model in self.settings.models]
        if ensemble.method.startswith(SINGLE) or not self.groups:
            return ()
        leader = ensemble.leader is not None and self.stack is None
        return diagnose(
            self.groups, self.weights, models, gold=self.stack is not None, leader=leader
        )

    def rule(self, category: str, attribute: Attribute) -> Rule:
        """How cells of this category and attribute are decided."""
        ensemble = self.settings.ensemble
        row = self.weights.row(group_of((category, attribute.name), ensemble.group_by))
        if self.stack is not None:
            mark = tilted_code(attribute, attribute.absent)
            return stack_rule(self.stack, self.weights.agreement[row], attribute.absent, mark)
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


def learn(source: Iterable[BucketVotes], settings: Settings, gold: Gold | None = None) -> Combiner:
    """Count the patterns of all cells and learn the weights of all groups.

    Raises:
        ConfigError: The method is `stack`, and there is no gold.
        InputError: None of the gold cells is among the cells.
    """
    require_gold(settings, gold)
    collector = None if gold is None else GoldCollector(settings, gold)
    counted: dict[Pair, list[PatternCounts]] = {}
    n_products = 0
    for bucket in source:
        n_products += bucket.products.num_rows
        for index in range(len(settings.attributes)):
            votes = votes_on(bucket, settings, index)
            if collector is not None:
                collector.add(bucket, votes)
            for category, cells in by_category(votes, bucket, settings):
                pair = (category, votes.attribute.name)
                counted.setdefault(pair, []).append(_count(votes, cells, settings.ensemble.method))
    if not counted:  # no cells at all: groups without cells, rather than no groups
        nothing = np.zeros((0, len(settings.models)), np.int32)
        counted = {
            ("", a.name): [count_patterns(nothing, closed=a.closed)] for a in settings.attributes
        }
    merged = {pair: merge_counts(parts) for pair, parts in counted.items()}
    method = settings.ensemble.method
    absent: Absent | None = "missing" if method == "paper" else None
    groups = form_groups(merged, settings.attributes, settings.ensemble.group_by, absent)
    if collector is None:
        return Combiner(groups, learn_groups(groups, settings), settings, n_products)
    return _with_gold(
        Combiner(
            groups, learn_groups(groups, settings), settings, n_products, collector.collected()
        )
    )


def require_gold(settings: Settings, gold: object | None) -> None:
    """Raise the ConfigError of a method that learns from gold where there is none."""
    if settings.ensemble.method == STACK and gold is None:
        raise ConfigError(
            "the method 'stack' learns from gold, and there is none",
            hint="Give it with --gold FILE.",
        )


def _with_gold(combiner: Combiner) -> Combiner:
    """Fit the stack, where that is the method."""
    gold, settings = combiner.gold, combiner.settings
    if gold is None or not gold.cells:
        raise InputError(
            "none of the gold cells can be used", hint="Are its product ids those of the input?"
        )
    if settings.ensemble.method != STACK:
        return combiner
    votes, _ = gold.votes(settings.attributes)
    stack = fit_stack(votes, combiner.start, combiner.leader)
    weights = stack_weights(combiner.groups, stack, combiner.start)
    return replace(combiner, stack=stack, weights=weights, calibration=calibrate(votes))


def by_category(
    votes: AttributeVotes, bucket: BucketVotes, settings: Settings
) -> Iterator[tuple[str, IntArray]]:
    """The cells of each category, or all under "" where categories share their weights."""
    everything = np.arange(len(votes.rows))
    if settings.ensemble.group_by != "category":
        yield "", everything
        return
    names = categories_of(bucket, votes.rows)
    for name in np.unique(names):
        yield str(name), everything[names == name]


def _count(votes: AttributeVotes, cells: IntArray, method: str) -> PatternCounts:
    attribute = votes.attribute
    return count_patterns(
        votes.codes[cells], closed=attribute.closed, absent=absent_of(attribute, method)
    )


def learn_groups(groups: tuple[Group, ...], settings: Settings) -> Weights:
    """Weights without gold; for the method `stack`, plain counts until it is fitted."""
    ensemble, names = settings.ensemble, [model.name for model in settings.models]
    if ensemble.method == "paper":
        return learn_paper(groups)
    if ensemble.method.startswith(SINGLE):
        return fixed_weights(groups, _only(settings).astype(np.float64))
    if ensemble.method != "iwmv":
        return fixed_weights(groups, np.ones(len(names)))
    weights = learn_iwmv(groups, chance=ensemble.chance, shrink=ensemble.shrink)
    return (
        weights
        if ensemble.leader is None
        else follow_leader(groups, weights, names.index(ensemble.leader))
    )


def _voters(settings: Settings) -> BoolArray | None:
    """Whose votes count: one model's with `single:<model>`, else everyone's (None)."""
    return _only(settings) if settings.ensemble.method.startswith(SINGLE) else None


def _only(settings: Settings) -> BoolArray:
    """[n_models]: the model that `single:<model>` names."""
    name = settings.ensemble.method.removeprefix(SINGLE)
    return np.array([model.name == name for model in settings.models])
