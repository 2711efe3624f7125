"""The anchored stack: weights learned from a little gold, held near what agreement says.

A weighted vote whose weights are the same for all attributes is a conditional logit over the values
that were proposed on a cell (docs/design.md#the-stack). It is fitted to the gold cells; its
anchor needs no gold for its first part (the rank-one weights) and little for its second (which
model is probably the best).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ...configs.settings import Attribute
from ..arrays import (
    ABSENT,
    MISSING,
    Absent,
    BoolArray,
    Codes,
    FloatArray,
    IntArray,
)
from ..decision_rule import Rule, decide, first_backers
from ..gold.cross_validation import cross_validate
from ..gold.gold_cells import GoldCells
from ..gold.gold_votes import GoldVotes, codes_of_blocks
from ..gold.sampling import product_folds
from ..groups import Group, tilted_code_of
from ..newton import maximise
from ..patterns import PatternCounts
from ..rank_one import pooled_rank_one
from ..weights import Weights
from .conditional_logit import ConditionalLogit
from .method import Evidence, Method

_FROM_AGREEMENT = 0.2
_FROM_BEST = 2.0
_LEADER = 0.5
"""How probable it is beforehand that a leader named by the user is the best."""
_SAME = 1e-9
"""Sums and weights as near as this are equal."""


class Stack(Method):
    """One weight per model and one tilt, fitted to gold; the same for all attributes."""

    name = "stack"
    needs_gold = True

    def learn(self, evidence: Evidence) -> Weights:
        """Fit the stack to all gold cells."""
        start = pooled_rank_one(evidence.groups)
        fit = fit_stack(_gold_votes(evidence), start, evidence.leader)
        return stack_weights(evidence.groups, evidence.names, fit, start)

    def rule(self, weights: Weights, row: int, attribute: Attribute) -> Rule:
        """Scores are logits, and the tilt goes to the attribute's tilted value."""
        return replace(
            super().rule(weights, row, attribute),
            logit=True,
            tilt=weights.tilt,
            tilted_code=tilted_code_of(attribute, attribute.absent),
            signal_weight=weights.signal_weight,
        )

    def decide_held_out(self, evidence: Evidence) -> Codes:
        """Five folds by product, each decided by a fit to the others."""
        gold = _gold_cells(evidence)
        votes, rows = gold.votes(evidence.settings.attributes)
        start = pooled_rank_one(evidence.groups)

        def decide_fold(training: GoldVotes, fold: GoldVotes) -> IntArray:
            fit = fit_stack(training, start, evidence.leader)
            return winners(fit, start, fold)

        folds = product_folds(gold.product_hashes[rows])
        winner = cross_validate(votes, folds, decide_fold)
        winning_codes = gold.codes[rows, winner]
        winning_codes[winner < 0] = MISSING
        decided_codes = np.empty_like(winning_codes)
        decided_codes[rows] = winning_codes
        return decided_codes


@dataclass(frozen=True, slots=True, eq=False)
class StackFit:
    """The fitted weighted vote.

    Attributes:
        weight: [n_models] float64, any sign.
        departures: Number of an attribute -> [n_models], what its weights are beyond these; an
            attribute that is not in it has none.
        tilt: Added to the score of the tilted value.
        signal_weight: [3] what the catalog's signals count.
        anchor: [n_models], the weights before gold had its say.
        best: [n_models], probability that the model is the best one, given the gold.
        fitted_cells: Gold cells that the fit could learn from: models disagree and one is right.
        converged: Whether Newton's method came to rest.
    """

    weight: FloatArray
    tilt: float
    signal_weight: FloatArray
    anchor: FloatArray
    best: FloatArray
    fitted_cells: int
    converged: bool
    departures: Mapping[int, FloatArray] = field(default_factory=dict)

    def weight_of(self, attribute: int | None) -> FloatArray:
        """[n_models] the weights in an attribute of that number; None = in any."""
        departure = None if attribute is None else self.departures.get(attribute)
        return self.weight if departure is None else self.weight + departure


def fit_stack(gold: GoldVotes, agreement_weight: FloatArray, leader: int | None = None) -> StackFit:
    """Fit the anchored stack.

    Args:
        gold: Votes on gold cells; may be empty.
        agreement_weight: [n_models], the rank-one weights of all groups pooled.
        leader: Place of the model that the user believes to be the best.
    """
    gold = rescale(gold)
    anchor, best = leading_anchor(gold, agreement_weight, leader)
    useful = useful_cells(gold)
    parameters, converged = maximise(ConditionalLogit(gold.rows(useful), anchor))
    fit = stack_fit(parameters, anchor=anchor, best=best, converged=converged)
    return replace(fit, fitted_cells=int(useful.sum()))


def leading_anchor(
    gold: GoldVotes, agreement_weight: FloatArray, leader: int | None
) -> tuple[FloatArray, FloatArray]:
    """[n_models] twice: w0 where one model is presumed to lead, and the probability of each to."""
    best = probably_best(gold, agreement_weight, leader)
    from_agreement = _FROM_AGREEMENT * agreement_weight / agreement_weight.mean()
    return from_agreement + _FROM_BEST * best, best


def useful_cells(gold: GoldVotes) -> BoolArray:
    """[n_cells]: the fit can learn from it: models disagree, and one is right."""
    some_right = gold.right.any(axis=1)
    return np.asarray(some_right & (gold.n_blocks > 1))


def stack_fit(
    parameters: FloatArray, *, anchor: FloatArray, best: FloatArray, converged: bool
) -> StackFit:
    """The parameters of a conditional logit by their names."""
    n_models = len(anchor)
    return StackFit(
        weight=parameters[:n_models],
        tilt=float(parameters[n_models]),
        signal_weight=parameters[n_models + 1 :],
        anchor=anchor,
        best=best,
        fitted_cells=0,
        converged=converged,
    )


def probably_best(
    gold: GoldVotes, agreement_weight: FloatArray, leader: int | None = None
) -> FloatArray:
    """P(i is the best model | gold), proportional to exp(-z_i^2 / 2).

    z_i = (hits of the front runner - hits of i) / sqrt(cells where exactly one of the two is right
    + 1). A leader named by the user counts .5 beforehand, the others share the rest. With sampling
    weights u, hits are sums of u and the cells under the root, the variance of the difference, are
    sums of u^2.

    Returns:
        [n_models], sums to 1.
    """
    weight = gold.weight[:, None]
    weighted_hits = gold.right * weight
    hits = weighted_hits.sum(axis=0)
    n_models = len(hits)
    # Of several front runners each is taken for one, so that their order has no say.
    likelihoods = []
    for model in _front_runners(hits, agreement_weight):
        likelihoods.append(_likelihood_beside(model, hits, gold))
    likelihood = np.mean(likelihoods, axis=0)
    if leader is not None and n_models > 1:
        n_others = n_models - 1
        of_others = (1 - _LEADER) / n_others
        prior = np.full(n_models, of_others)
        prior[leader] = _LEADER
        likelihood *= prior
    return np.asarray(likelihood / likelihood.sum())


def _front_runners(hits: FloatArray, agreement_weight: FloatArray) -> list[int]:
    """The models with the most hits, of these those with the highest agreement weight."""
    most_hits = hits >= hits.max() - _SAME
    highest = agreement_weight[most_hits].max()
    is_in_front = most_hits & (agreement_weight >= highest - _SAME)
    return [int(model) for model in np.flatnonzero(is_in_front)]


def _likelihood_beside(front_runner: int, hits: FloatArray, gold: GoldVotes) -> FloatArray:
    """[n_models]: exp(-z^2 / 2) of each model beside a front runner."""
    one_is_right = gold.right != gold.right[:, [front_runner]]
    weighted_differences = one_is_right * gold.weight[:, None] ** 2
    variance = weighted_differences.sum(axis=0)
    deficit = hits[front_runner] - hits
    z = deficit / np.sqrt(variance + 1)
    return np.asarray(np.exp(-(z**2) / 2))


def stack_rule(
    fit: StackFit,
    agreement: FloatArray,
    absent: Absent,
    tilted_code: int | None,
    attribute: int | None = None,
) -> Rule:
    """How cells are decided by a fit.

    Args:
        fit: The fitted stack.
        agreement: [n_models], settles ties.
        absent: How an n/a votes.
        tilted_code: The value that the tilt belongs to.
        attribute: Number of the cells' attribute.
    """
    return Rule(
        weight=fit.weight_of(attribute),
        agreement=agreement,
        absent=absent,
        logit=True,
        tilt=fit.tilt,
        tilted_code=tilted_code,
        signal_weight=fit.signal_weight,
    )


def winners(fit: StackFit, agreement: FloatArray, votes: GoldVotes) -> IntArray:
    """[n_cells] place of the first model whose vote wins by a fit, -1 where nobody voted.

    Args:
        fit: The fitted stack.
        agreement: [n_models], settles ties.
        votes: The votes on the cells.
    """
    places = np.full(len(votes.weight), -1, np.int64)
    parts = [(None, np.ones(len(places), np.bool_))]
    if fit.departures:
        numbers = np.unique(votes.attribute).tolist()
        parts = [(number, votes.attribute == number) for number in numbers]
    for attribute, cells in parts:
        own_votes = votes.rows(cells)
        rule = stack_rule(fit, agreement, "label", ABSENT, attribute)
        codes = own_votes.codes
        decisions = decide(codes, rule, own_votes.catalog_signals)
        places[cells] = first_backers(codes, decisions)
    return places


def stack_weights(
    groups: Sequence[Group], names: Sequence[str], fit: StackFit, agreement_weight: FloatArray
) -> Weights:
    """The fit's weights for every group, with the agreement that comes of them.

    Chance is nan, having no part.

    Args:
        groups: The groups whose cells are decided.
        names: Names of the attributes, in the order of the config.
        fit: The fitted stack.
        agreement_weight: As for `fit_stack`; settles ties.
    """
    shape = (len(groups), len(fit.weight))
    weight = np.zeros(shape)
    credit = np.zeros(shape)
    votes = np.zeros(shape)
    for row, group in enumerate(groups):
        attribute = names.index(group.attribute) if group.attribute in names else None
        rule = stack_rule(fit, agreement_weight, "label", ABSENT, attribute)
        weight[row] = rule.weight
        for part, tilted_code in zip(group.parts, group.tilted_codes, strict=True):
            codes, cells = _tilted_patterns(part, tilted_code)
            winner = decide(codes, rule).code
            has_vote = codes != MISSING
            has_won = has_vote & (codes == winner[:, None])
            credit[row] += cells @ has_won
            votes[row] += cells @ has_vote
    agreement = credit / np.maximum(votes, 1)
    return Weights(
        pairs=tuple(group.pair for group in groups),
        weight=weight,
        agreement=np.where(votes > 0, agreement, np.nan),
        chance=np.full(shape, np.nan),
        votes=votes,
        converged=fit.converged,
        tilt=fit.tilt,
        signal_weight=fit.signal_weight,
        from_gold=True,
    )


def _gold_cells(evidence: Evidence) -> GoldCells:
    if evidence.gold is None:
        raise ValueError("the stack learns from gold")
    return evidence.gold


def _gold_votes(evidence: Evidence) -> GoldVotes:
    votes, _ = _gold_cells(evidence).votes(evidence.settings.attributes)
    return votes


def _tilted_patterns(part: PatternCounts, tilted_code: int | None) -> tuple[Codes, IntArray]:
    """Patterns told apart by which block, if any, holds the tilted value.

    At most one block of a cell holds it, so that "block b of pattern p is tilted" is as frequent as
    block b of p says it.

    Returns:
        codes: [n_rows, n_models], in which the tilted value is ABSENT, other blocks are number + 1.
        cells: [n_rows], how often.
    """
    plain_codes = codes_of_blocks(part.blocks)
    no_label = -1
    label = no_label if tilted_code is None else tilted_code
    rows = part.labels.of_label(label)
    blocks = part.blocks[rows.pattern]
    tilted_block = rows.block[:, None]
    in_tilted_block = blocks == tilted_block
    tilted_codes = plain_codes[rows.pattern]
    tilted_codes[in_tilted_block] = ABSENT
    n_patterns = len(part.cells)
    tilted_cells = np.bincount(rows.pattern, rows.cells, n_patterns)
    plain_cells = part.cells - tilted_cells.astype(np.int64)
    codes = np.concatenate([plain_codes, tilted_codes])
    cells = np.concatenate([plain_cells, rows.cells])
    return codes, cells


def rescale(gold: GoldVotes) -> GoldVotes:
    """The same cells, with weights of mean 1 where models disagree.

    The scale of sampling weights means nothing, but the fit weighs them against its anchor, and
    only disagreements tell it anything. A sample that is mostly disagreements gives these small
    weights, and would otherwise learn as little as from a quarter of its labels.
    """
    disagreements = gold.n_blocks > 1
    if not disagreements.any():
        return gold
    mean = gold.weight[disagreements].mean()
    return replace(gold, weight=gold.weight / mean)
