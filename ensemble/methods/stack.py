"""The anchored stack: weights learned from a little gold, held near what agreement says.

The contract: docs/design.md#the-stack.

A weighted vote whose weights are the same for all attributes is a conditional logit over the values
that were proposed on a cell. It is fitted to the gold cells by maximising

    sum over gold cells of u log softmax_b(sum_i w_i [i voted b] + t [b is tilted])
        - sum_i (w_i - w0_i)^2 / (2 * .3^2) - t^2 / 2

which is strictly concave. The anchor w0 needs no gold for its first part (the rank-one weights) and
little for its second (which model is probably the best).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import (
    ABSENT,
    MISSING,
    Absent,
    Codes,
    FloatArray,
    IntArray,
)
from ..decision_rule import Rule, decide
from ..gold.gold_votes import GoldVotes
from ..groups import Group
from ..patterns import PatternCounts
from ..weights import Weights

_SPREAD, _FROM_AGREEMENT, _FROM_BEST, _LEADER = 0.3, 0.2, 2.0, 0.5
_STEPS, _HALVINGS, _STILL = 100, 50, 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The fitted weighted vote, the same for all attributes.

    Attributes:
        weight: [n_models] float64, any sign.
        tilt: Added to the score of the tilted value.
        anchor: [n_models], the weights before gold had its say.
        best: [n_models], probability that the model is the best one, given the gold.
        fitted: Gold cells that the fit could learn from: models disagree and one is right.
        converged: Whether Newton's method came to rest.
    """

    weight: FloatArray
    tilt: float
    anchor: FloatArray
    best: FloatArray
    fitted: int
    converged: bool


def fit_stack(gold: GoldVotes, agreement_weight: FloatArray, leader: int | None = None) -> Stack:
    """Fit the anchored stack.

    Args:
        gold: Votes on gold cells; may be empty.
        agreement_weight: [n_models], the rank-one weights (`rankone.rank_one_start`) of all groups
            pooled.
        leader: Place of the model that the user believes to be the best.
    """
    gold = _rescaled(gold)
    best = probably_best(gold, agreement_weight, leader)
    anchor = _FROM_AGREEMENT * agreement_weight / agreement_weight.mean() + _FROM_BEST * best
    useful = gold.right.any(axis=1) & (gold.n_blocks > 1)
    parameters, converged = _maximise(_Logit(gold.rows(useful), anchor))
    return Stack(parameters[:-1], float(parameters[-1]), anchor, best, int(useful.sum()), converged)


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
    right = gold.right * gold.weight[:, None]
    hits = right.sum(axis=0)
    front = max(range(len(hits)), key=lambda i: (round(hits[i], 9), agreement_weight[i], -i))
    one_right = ((gold.right != gold.right[:, front : front + 1]) * gold.weight[:, None] ** 2).sum(
        axis=0
    )
    z = (hits[front] - hits) / np.sqrt(one_right + 1)
    likely = np.exp(-(z**2) / 2)
    if leader is not None and len(hits) > 1:
        likely *= np.where(np.arange(len(hits)) == leader, _LEADER, (1 - _LEADER) / (len(hits) - 1))
    return np.asarray(likely / likely.sum())


def stack_rule(stack: Stack, agreement: FloatArray, absent: Absent, mark: int | None) -> Rule:
    """How the cells of one group are decided by the stack.

    Args:
        stack: The fitted stack.
        agreement: [n_models], settles ties.
        absent: How an n/a votes.
        mark: The tilted code of the attribute (`groups.tilted_code`).
    """
    return Rule(stack.weight, agreement, absent, logit=True, tilt=stack.tilt, mark=mark)


def stack_weights(groups: Sequence[Group], stack: Stack, agreement_weight: FloatArray) -> Weights:
    """The stack's weights for every group, with the agreement that comes of them; chance is nan, having no part.

    Args:
        groups: The groups whose cells are decided.
        stack: The fitted stack.
        agreement_weight: As for `fit_stack`; settles ties.
    """
    credit = np.zeros((len(groups), len(stack.weight)))
    votes = np.zeros_like(credit)
    for row, group in enumerate(groups):
        for part, tilted in zip(group.parts, group.tilted, strict=True):
            codes, cells = _marked_patterns(part, tilted)
            won = decide(codes, stack_rule(stack, agreement_weight, "label", ABSENT)).code
            credit[row] += (cells[:, None] * ((codes == won[:, None]) & (codes != MISSING))).sum(
                axis=0
            )
            votes[row] += (cells[:, None] * (codes != MISSING)).sum(axis=0)
    agreement = np.where(votes > 0, credit / np.maximum(votes, 1), np.nan)
    weight = np.broadcast_to(stack.weight, credit.shape).copy()
    pairs = tuple(group.pair for group in groups)
    return Weights(
        pairs, weight, agreement, np.full(credit.shape, np.nan), votes, 0, stack.converged
    )


def _marked_patterns(part: PatternCounts, tilted: int | None) -> tuple[Codes, IntArray]:
    """Patterns told apart by which block, if any, holds the tilted value, as codes in which that value is ABSENT.

    At most one block of a cell holds it, so that "block b of pattern p is tilted" is as frequent as
    block b of p says it.
    """
    plain = np.where(part.blocks < 0, np.int32(MISSING), part.blocks.astype(np.int32) + 1)
    pattern, block, _, cells = part.labels[
        part.labels[:, 2] == (-1 if tilted is None else tilted)
    ].T
    marked = np.where(part.blocks[pattern] == block[:, None], np.int32(ABSENT), plain[pattern])
    rest = part.cells - np.bincount(pattern, cells, len(part.cells)).astype(np.int64)
    return np.concatenate([plain, marked]), np.concatenate([rest, cells])


def _rescaled(gold: GoldVotes) -> GoldVotes:
    """The same cells, with weights of mean 1 where models disagree.

    The scale of sampling weights means nothing, but the fit weighs them against its anchor, and
    only disagreements tell it anything. A sample that is mostly disagreements gives these small
    weights, and would otherwise learn as little as from a quarter of its labels.
    """
    disagree = gold.n_blocks > 1
    if not disagree.any():
        return gold
    return GoldVotes(
        gold.blocks, gold.right, gold.tilted, gold.weight / gold.weight[disagree].mean()
    )


class _Logit:
    """The penalised log likelihood, on unique patterns: cells where the same models agree and the same are right."""

    def __init__(self, gold: GoldVotes, anchor: FloatArray) -> None:
        n_models = len(anchor)
        key = np.concatenate([gold.blocks, gold.right, gold.tilted], axis=1).astype(np.int8)
        unique, place = np.unique(key, axis=0, return_inverse=True)
        self.cells = np.bincount(place, gold.weight, len(unique))
        blocks, right, tilted = (unique[:, k * n_models : (k + 1) * n_models] for k in range(3))
        own = blocks[:, :, None] == np.arange(
            n_models
        )  # [pattern, model, block]: the model voted for the block
        tilt = (own & (tilted[:, :, None] > 0)).any(axis=1, keepdims=True)
        self.features = np.concatenate([own, tilt], axis=1).astype(np.float64)
        self.filled = own.any(axis=1)
        correct = (own & (right[:, :, None] > 0)).any(axis=1)
        self.target = correct / np.maximum(
            correct.sum(axis=1, keepdims=True), 1
        )  # several accepted values share the cell
        self.mean = np.append(anchor, 0.0)
        self.precision = np.append(np.full(n_models, 1 / _SPREAD**2), 1.0)

    def value(self, parameters: FloatArray) -> float:
        """The penalised log likelihood."""
        scores = self._scores(parameters)
        best = scores.max(axis=1, initial=-np.inf)
        log_total = best + np.log(np.exp(scores - best[:, None]).sum(axis=1))
        gain = (self.target * np.where(self.filled, scores, 0.0)).sum(axis=1) - log_total
        return float(
            (self.cells * gain).sum() - (self.precision * (parameters - self.mean) ** 2).sum() / 2
        )

    def newton_step(self, parameters: FloatArray) -> FloatArray:
        """The step to the top of the local parabola."""
        lifted = np.exp(
            self._scores(parameters)
            - self._scores(parameters).max(axis=1, keepdims=True, initial=-np.inf)
        )
        chance = lifted / lifted.sum(axis=1, keepdims=True)
        mean = np.einsum("pfb,pb->pf", self.features, chance)
        slope = np.einsum("p,pfb,pb->f", self.cells, self.features, self.target - chance)
        slope -= self.precision * (parameters - self.mean)
        curve = np.einsum(
            "pfb,pgb->fg", self.features * (chance * self.cells[:, None])[:, None, :], self.features
        )
        curve -= np.einsum("p,pf,pg->fg", self.cells, mean, mean)
        return np.asarray(np.linalg.solve(curve + np.diag(self.precision), slope))

    def _scores(self, parameters: FloatArray) -> FloatArray:
        scores = np.einsum("pfb,f->pb", self.features, parameters)
        return np.where(self.filled, scores, -np.inf)


def _maximise(logit: _Logit) -> tuple[FloatArray, bool]:
    """Newton's method with step halving, from the anchor; without halving the fit can diverge."""
    parameters = logit.mean.copy()
    value = logit.value(parameters)
    for _ in range(_STEPS):
        step = logit.newton_step(parameters)
        for _ in range(_HALVINGS):
            if logit.value(parameters + step) >= value:
                break
            step = step / 2
        parameters = parameters + step
        value = logit.value(parameters)
        if np.abs(step).max() < _STILL:
            return parameters, True
    return parameters, False
