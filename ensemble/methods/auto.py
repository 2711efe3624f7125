"""What gold learned is published unless gold itself speaks against it.

The contract: docs/design.md#gold-that-can-only-help.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...configs.settings import Attribute, EnsembleSettings
from ..arrays import MISSING, BoolArray, Codes, FloatArray, IntArray
from ..decision_rule import Rule, decide
from ..gold.cross_validation import cross_validate
from ..gold.gold_cells import GoldCells
from ..gold.gold_votes import GoldVotes
from ..gold.sampling import product_folds
from ..groups import group_of
from ..product_hashes import Hashes
from ..rank_one import pooled_rank_one
from ..weights import Weights
from .iwmv import Iwmv
from .majority import Majority
from .method import Evidence, Method
from .mixed_stack import fit_mixed_stack
from .stack import Stack, StackFit, stack_weights, winners

PSEUDO_CELLS = 2
"""Cells on which the two sides differ that are added to the variance of a difference."""
ENOUGH_AGAINST = 2.0
"""Standard errors by which the fit must be worse on gold before it is left."""
ENOUGH_FOR = 1.0
"""Standard errors by which the majority must be better than `iwmv` before it takes its place."""


class Auto(Method):
    """The stack that gold gives, or what stands without gold, by cross-validation."""

    name = "auto"
    needs_gold = True

    def learn(self, evidence: Evidence) -> Weights:
        """Choose on all gold cells, and learn what was chosen."""
        trial = _Trial.of(evidence)
        every_cell = np.ones(len(trial.rows), np.bool_)
        choice = trial.choose(every_cell)
        if choice.method == Stack.name:
            fit = trial.fit(trial.votes)
            weights = stack_weights(evidence.groups, evidence.names, fit, trial.start)
        else:
            weights = trial.weights[choice.method]
        return replace(
            weights,
            choice=choice.method,
            reason=choice.reason,
        )

    def rule(self, weights: Weights, row: int, attribute: Attribute) -> Rule:
        """As the method that was chosen."""
        return _METHODS[weights.choice].rule(weights, row, attribute)

    def decide_held_out(self, evidence: Evidence) -> Codes:
        """Five folds by product, each decided by what is chosen and fitted on the others."""
        trial = _Trial.of(evidence)
        gold = trial.gold
        folds = product_folds(trial.hashes)
        codes = np.full(len(gold.cells), MISSING, np.int32)
        for fold in np.unique(folds):
            in_fold = folds == fold
            own_rows = trial.rows[in_fold]
            choice = trial.choose(~in_fold)
            if choice.method == Stack.name:
                codes[own_rows] = trial.decide_by_stack(~in_fold, in_fold)
            else:
                codes[own_rows] = trial.codes[choice.method][in_fold]
        return codes

    def describe(self, settings: EnsembleSettings) -> str:
        """That it was chosen on gold."""
        return "combined by auto: the stack that gold gives, or what stands without gold"


_METHODS: dict[str, Method] = {each.name: each for each in (Iwmv(), Majority(), Stack())}


@dataclass(frozen=True, slots=True)
class Choice:
    """What is published, and why.

    Attributes:
        method: Its name.
        reason: A sentence with the figures behind it.
    """

    method: str
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """The gold cells, attribute by attribute, with what stands without gold on them.

    Attributes:
        gold: The gold cells.
        votes: The votes on them.
        rows: [n_cells] row of each in `gold`.
        hashes: [n_cells] hash of each cell's product.
        start: [n_models] rank-one weights.
        weights: Method that needs no gold -> its weights.
        codes: Method -> [n_cells] what it decides.
        leader: Place of the model that the user believes to be the best.
        departs: Whether attributes may have weights of their own.
    """

    gold: GoldCells
    votes: GoldVotes
    rows: IntArray
    hashes: Hashes
    start: FloatArray
    weights: dict[str, Weights]
    codes: dict[str, Codes]
    leader: int | None
    departs: bool

    @classmethod
    def of(cls, evidence: Evidence) -> _Trial:
        """Lay out the gold cells."""
        gold = evidence.gold
        if gold is None:
            raise ValueError("the choice is made on gold")
        votes, rows = gold.votes(evidence.settings.attributes)
        weights = {}
        codes = {}
        for method in (Iwmv(), Majority()):
            own_weights = method.learn(evidence)
            weights[method.name] = own_weights
            codes[method.name] = _decide(method, own_weights, evidence, gold)[rows]
        return cls(
            gold=gold,
            votes=votes,
            rows=rows,
            hashes=gold.product_hashes[rows],
            start=pooled_rank_one(evidence.groups),
            weights=weights,
            codes=codes,
            leader=evidence.leader,
            departs=evidence.settings.ensemble.group_by != "all",
        )

    def decide_fold(self, training: GoldVotes, fold: GoldVotes) -> IntArray:
        """[n] whose vote wins on some cells by a stack that is fitted to others."""
        return winners(self.fit(training), self.start, fold)

    def choose(self, among: BoolArray) -> Choice:
        """Choose by some of the gold cells.

        Args:
            among: [n_cells].
        """
        votes = self.votes.rows(among)
        folds = product_folds(self.hashes[among])
        winner = cross_validate(votes, folds, self.decide_fold)
        stack_codes = self._codes_of(winner, among)
        standing = self._choose_without_gold(among)
        standing_codes = self.codes[standing][among]
        difference = self._compare(stack_codes, standing_codes, among)
        figures = (
            f"on products that it was not fitted to, the stack is {difference.mean:+.3f}"
            f" (+-{difference.standard_error:.3f}) against {standing}, which stands without gold"
        )
        allowance = ENOUGH_AGAINST * difference.standard_error
        if difference.mean >= -allowance:
            return Choice(Stack.name, f"the stack, learned from gold: {figures}")
        return Choice(standing, f"{standing}, as without gold: {figures}")

    def _choose_without_gold(self, among: BoolArray) -> str:
        """The method that would stand: `iwmv`, unless the majority is clearly better."""
        majority_codes = self.codes[Majority.name][among]
        iwmv_codes = self.codes[Iwmv.name][among]
        gain = self._compare(majority_codes, iwmv_codes, among)
        is_better = gain.mean > ENOUGH_FOR * gain.standard_error
        return Majority.name if is_better else Iwmv.name

    def _compare(self, codes: Codes, other_codes: Codes, cells: BoolArray) -> Difference:
        """How much more often codes on some cells are right than others."""
        return Difference.of(
            self._is_right(codes, cells),
            self._is_right(other_codes, cells),
            self.votes.weight[cells],
            self.hashes[cells],
        )

    def fit(self, votes: GoldVotes) -> StackFit:
        """The stack fitted to some of the cells."""
        return fit_mixed_stack(votes, self.start, self.leader, departs=self.departs)

    def decide_by_stack(self, training: BoolArray, cells: BoolArray) -> Codes:
        """[n] what a stack fitted to some cells decides on others."""
        winner = self.decide_fold(self.votes.rows(training), self.votes.rows(cells))
        return self._codes_of(winner, cells)

    def _codes_of(self, winner: IntArray, cells: BoolArray) -> Codes:
        """[n] the codes of the models whose votes won."""
        rows = self.rows[cells]
        codes: Codes = self.gold.codes[rows, winner]
        return np.where(winner < 0, np.int32(MISSING), codes)

    def _is_right(self, codes: Codes, cells: BoolArray) -> BoolArray:
        """[n] whether codes on some cells are right."""
        n_cells = len(self.gold.cells)
        every_code = np.full(n_cells, MISSING, np.int32)
        own_rows = self.rows[cells]
        every_code[own_rows] = codes
        is_right = self.gold.is_right(every_code)
        return is_right[own_rows]


@dataclass(frozen=True, slots=True)
class Difference:
    """How much more often one side is right than another on the same cells."""

    mean: float
    standard_error: float

    @classmethod
    def of(
        cls, right: BoolArray, other_right: BoolArray, weight: FloatArray, products: Hashes
    ) -> Difference:
        """Compare cell by cell; cells of one product go together.

        Args:
            right: [n_cells], the one side is right.
            other_right: [n_cells], the other is.
            weight: [n_cells] sampling weights.
            products: [n_cells] hash of each cell's product.
        """
        total = weight.sum()
        if not total:
            return cls(0.0, 0.0)
        gain = right.astype(np.float64) - other_right
        mean = float(weight @ gain / total)
        _, place = np.unique(products, return_inverse=True)
        deviation = weight * (gain - mean)
        of_products = np.bincount(place, deviation)
        pseudo = PSEUDO_CELLS * weight.mean() ** 2
        variance = of_products @ of_products + pseudo
        standard_error = np.sqrt(variance) / total
        return cls(mean, float(standard_error))


def _decide(method: Method, weights: Weights, evidence: Evidence, gold: GoldCells) -> Codes:
    """[n_cells] what a method decides on the gold cells."""
    codes = np.full(len(gold.cells), MISSING, np.int32)
    group_by = evidence.settings.ensemble.group_by
    for pair in dict.fromkeys(gold.pairs):
        _, name = pair
        rows = gold.rows_of_pair(pair)
        attribute = evidence.settings.attribute(name)
        group = group_of(pair, group_by)
        row = weights.row(group)
        rule = method.rule(weights, row, attribute)
        if name not in evidence.heard:
            rule = replace(rule, signal_weight=None)
        signals = None
        if gold.signals is not None:
            signals = gold.signals.rows(rows)
        own_codes = gold.codes[rows]
        decisions = decide(own_codes, rule, signals)
        codes[rows] = decisions.code
    return codes
