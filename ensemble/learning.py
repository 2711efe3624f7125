"""First pass: count agreement patterns over all buckets and learn the weights from the counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..configs.errors import ConfigError, InputError
from ..configs.notices import Notice
from ..configs.settings import Attribute, Settings
from .acceptance import Acceptance
from .arrays import Codes, FloatArray
from .catalog.sample import CatalogSample
from .catalog.signals import Signals
from .catalog.witness import Witness, witnessed_attributes
from .decision_rule import Decisions, Rule, decide, first_backers, join_decisions, lead
from .diagnostics import diagnose
from .disagreement import Disagreement
from .gold.calibration import WITHOUT_GOLD, Calibration, calibrate, confidence_features
from .gold.gold_cells import GoldCells, GoldCollector
from .gold.labels import Gold
from .groups import Group, Pair, form_groups, group_of
from .methods.method import Evidence, Method
from .methods.method_names import method_of
from .patterns import PatternCounts, count_patterns, merge_counts
from .votes import AttributeVotes, BucketVotes, cells_by_category, votes_on
from .walk import walk
from .weights import EarlierWeights, Weights

FEWEST_PRODUCTS = 250
"""With an attribute, from which on the catalog has a say in it without gold."""


@dataclass(frozen=True)
class Combiner:
    """What the first pass leaves: all that is needed to decide cells.

    Attributes:
        method: How votes are combined.
        groups: The groups of cells that share weights.
        weights: Their weights, in the same order.
        settings: The configuration.
        n_products: Products seen.
        gold: The gold cells among them; None without a gold file.
        calibration: What makes a confidence of the signs on a cell.
        disagreement: How often models disagree, by category and attribute.
        acceptance: Which values can go out unread; None where it has not been worked out.
        witness: What the catalog says of values; None where it is not asked.
        earlier: The weights of an earlier run; None without one.
    """

    method: Method
    groups: tuple[Group, ...]
    weights: Weights
    settings: Settings
    n_products: int
    gold: GoldCells | None = None
    calibration: Calibration = WITHOUT_GOLD
    disagreement: Disagreement = field(default_factory=Disagreement)
    acceptance: Acceptance | None = None
    witness: Witness | None = None
    earlier: EarlierWeights | None = None

    @property
    def n_cells(self) -> int:
        """Cells of all groups."""
        return sum(group.n_cells for group in self.groups)

    @property
    def evidence(self) -> Evidence:
        """What the weights were learned from."""
        heard = heard_without_gold(self.settings, self.witness)
        return Evidence(self.groups, self.settings, self.gold, heard, self.earlier)

    @property
    def diagnostics(self) -> tuple[Notice, ...]:
        """What to know before trusting the weights; nothing where one model is used alone."""
        if not self.method.combines or not self.groups:
            return ()
        has_gold_weights = self.weights.from_gold
        has_leader = self.settings.ensemble.leader is not None
        return diagnose(
            self.groups,
            self.weights,
            self.evidence.models,
            gold=has_gold_weights,
            leader=has_leader and not has_gold_weights,
        )

    def rule(self, category: str, attribute: Attribute) -> Rule:
        """How cells of this category and attribute are decided."""
        options = self.settings.ensemble
        pair = (category, attribute.name)
        group = group_of(pair, options.group_by)
        row = self.weights.row(group)
        rule = self.method.rule(self.weights, row, attribute)
        model = options.by_attribute.get(attribute.name)
        if model is not None:
            place = self.evidence.models.index(model)
            return lead(rule, place)
        if self._hears_catalog(attribute):
            return rule
        return replace(rule, signal_weight=None)

    def decide(
        self, category: str, attribute: Attribute, codes: Codes, signals: Signals | None
    ) -> Decisions:
        """Decide cells of one category and attribute.

        Args:
            category: The category.
            attribute: The attribute.
            codes: [n_cells, n_models].
            signals: What the catalog says of the votes.
        """
        return decide(codes, self.rule(category, attribute), signals)

    def features(
        self, pairs: Sequence[Pair], codes: Codes, decisions: Decisions, signals: Signals | None
    ) -> FloatArray:
        """[n_cells, 8] the signs by which a confidence is found; see `confidence_features`.

        Args:
            pairs: [n_cells] category and attribute.
            codes: [n_cells, n_models].
            decisions: What was decided on the cells.
            signals: What the catalog says of the votes.
        """
        disagrees = decisions.n_blocks > 1
        group_logit = self.disagreement.logits(pairs, disagrees)
        if signals is None:
            signals = Signals.none(*codes.shape)
        of_winner = signals.of_model(first_backers(codes, decisions))
        return confidence_features(decisions, of_winner, group_logit)

    def _hears_catalog(self, attribute: Attribute) -> bool:
        """Gold says what the catalog's word is worth; without, it takes many products."""
        if self.witness is None:
            return False
        if self.weights.from_gold:
            return self.witness.products(self.settings.attributes.index(attribute)) > 0
        return attribute.name in heard_without_gold(self.settings, self.witness)


def heard_without_gold(settings: Settings, witness: Witness | None) -> frozenset[str]:
    """Names of the attributes in which the catalog has a say where no gold tells what it is worth.

    A leader decides alone.
    """
    if witness is None or settings.ensemble.leader is not None:
        return frozenset()
    names = []
    for index, attribute in enumerate(settings.attributes):
        if witness.products(index) >= FEWEST_PRODUCTS:
            names.append(attribute.name)
    return frozenset(names)


def learn(
    source: Iterable[BucketVotes],
    settings: Settings,
    gold: Gold | None = None,
    earlier: EarlierWeights | None = None,
) -> Combiner:
    """Count the patterns of all cells and learn the weights of all groups.

    Args:
        source: The votes, bucket by bucket.
        settings: The configuration.
        gold: The gold file; None without.
        earlier: The weights of an earlier run, which stay where the answers leave them.

    Raises:
        ConfigError: The method learns from gold, and there is none.
        InputError: None of the gold cells is among the cells.
    """
    require_gold(settings, gold)
    method = method_of(settings)
    counter = _PatternCounter(settings, method)
    disagreement = Disagreement()
    collector = None if gold is None else GoldCollector(settings, gold)
    sample = CatalogSample(settings, witnessed_attributes(settings))
    n_products = 0
    for bucket, counted_votes in walk(source, counter.count):
        n_products += bucket.products.num_rows
        sample.add(bucket)
        for votes, counts in counted_votes:
            counter.add(counts)
            disagreement.add(bucket, votes)
            if collector is not None:
                collector.add(bucket, votes)
    witness = Witness(sample) if sample.attributes else None
    gold_cells = None if collector is None else _usable_cells(collector, witness)
    heard = heard_without_gold(settings, witness)
    if earlier is not None and earlier.are_of_much_less(n_products):
        earlier = None
    evidence = Evidence(counter.groups(), settings, gold_cells, heard, earlier)
    combiner = Combiner(
        method=method,
        groups=evidence.groups,
        weights=method.learn(evidence),
        settings=settings,
        n_products=n_products,
        gold=gold_cells,
        disagreement=disagreement,
        witness=witness,
        earlier=earlier,
    )
    if gold_cells is None:
        return combiner
    return replace(combiner, calibration=_calibration(combiner, gold_cells))


def decide_gold(combiner: Combiner, gold: GoldCells) -> Decisions:
    """What a method decides on the gold cells, as it does on any; one row each."""
    places = []
    parts = []
    for category, name in dict.fromkeys(gold.pairs):
        rows = gold.rows_of_pair((category, name))
        attribute = combiner.settings.attribute(name)
        signals = None if gold.signals is None else gold.signals.rows(rows)
        places.append(rows)
        parts.append(combiner.decide(category, attribute, gold.codes[rows], signals))
    return join_decisions(places, parts)


def _calibration(combiner: Combiner, gold: GoldCells) -> Calibration:
    """Fit the confidence to what the method decides on the gold cells."""
    decisions = decide_gold(combiner, gold)
    features = combiner.features(gold.pairs, gold.codes, decisions, gold.signals)
    return calibrate(features, gold.is_right(decisions.code), gold.weight)


def require_gold(settings: Settings, gold: object | None) -> None:
    """Raise the ConfigError of a method that learns from gold where there is none."""
    method = method_of(settings)
    if method.needs_gold and gold is None:
        raise ConfigError(
            f"the method '{method.name}' learns from gold, and there is none",
            hint="Give it with --gold FILE.",
        )


def _usable_cells(collector: GoldCollector, witness: Witness | None) -> GoldCells:
    gold_cells = collector.gold_cells(witness)
    if not gold_cells.cells:
        raise InputError(
            "none of the gold cells can be used",
            hint="Are its product ids those of the input, and its attributes those of the config?",
        )
    return gold_cells


_Counts = dict[Pair, PatternCounts]
_CountedVotes = tuple[BucketVotes, list[tuple[AttributeVotes, _Counts]]]


@dataclass
class _PatternCounter:
    """Counts the patterns of each category and attribute, bucket by bucket."""

    settings: Settings
    method: Method
    _parts: dict[Pair, list[PatternCounts]] = field(default_factory=dict)

    def count(self, bucket: BucketVotes) -> _CountedVotes:
        """Count the cells of one bucket, attribute by attribute; nothing is kept of them here."""
        counted_votes = []
        for index in range(len(self.settings.attributes)):
            votes = votes_on(bucket, self.settings, index)
            counted_votes.append((votes, self._count_attribute(bucket, votes)))
        return bucket, counted_votes

    def _count_attribute(self, bucket: BucketVotes, votes: AttributeVotes) -> _Counts:
        attribute = votes.attribute
        absent = self.method.absent_of(attribute)
        counts = {}
        for category, cells in cells_by_category(votes, bucket, self.settings):
            codes = votes.codes[cells]
            pair = (category, attribute.name)
            counts[pair] = count_patterns(codes, closed=attribute.closed, absent=absent)
        return counts

    def add(self, counts: _Counts) -> None:
        """Keep what was counted."""
        for pair, own_counts in counts.items():
            self._parts.setdefault(pair, []).append(own_counts)

    def groups(self) -> tuple[Group, ...]:
        """All that was counted; without any cell, groups without cells rather than no groups."""
        parts = self._parts or self._nothing()
        counts = {pair: merge_counts(own) for pair, own in parts.items()}
        settings = self.settings
        group_by = settings.ensemble.group_by
        return form_groups(counts, settings.attributes, group_by, self.method.absent)

    def _nothing(self) -> dict[Pair, list[PatternCounts]]:
        no_cells = np.zeros((0, len(self.settings.models)), np.int32)
        return {
            ("", attribute.name): [count_patterns(no_cells, closed=attribute.closed)]
            for attribute in self.settings.attributes
        }
