"""Stacks, mixed by how well each explains the gold: one model leads, or none does.

In each of these two, models may be as good at every attribute, or better at some than at others.

The contract: docs/design.md#gold-that-can-only-help.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import FloatArray
from ..gold.gold_votes import GoldVotes
from ..newton import maximise
from .conditional_logit import SPREAD, ConditionalLogit
from .stack import StackFit, leading_anchor, rescale, stack_fit, useful_cells

EQUAL = 0.8
"""What a model of average weight counts where no model is presumed to lead."""
FULL_COUNT = 5
"""Models that may each count in full; of more, which repeat each other, each counts less."""
DEPARTURE_SPREADS = (0.0, 0.3, 0.6)
"""How far the weights of an attribute may lie from those that all share; 0 = no attribute's do."""
PRICE_OF_A_LEADER = 150.0
"""Divided by the cells that the fit learns from: nats that the gold must bring for a leader, since
that presumption has already looked at the gold. Ten cells on which one model happens to be right
say little, and following it alone can cost very much."""
LEADERS_ARE_USUAL = 1.0
"""Nats for a leader beforehand, which is all there is where the gold is large."""
PRICE_OF_DEPARTURES = 100.0
"""Divided by the cells that the fit learns from: nats that the gold must bring for attributes with
weights of their own."""


def fit_mixed_stack(
    gold: GoldVotes,
    agreement_weight: FloatArray,
    leader: int | None = None,
    *,
    departs: bool = True,
) -> StackFit:
    """Fit the stacks, and mix their parameters by the Laplace approximation of their evidence.

    Args:
        gold: Votes on gold cells; may be empty.
        agreement_weight: [n_models], the rank-one weights of all groups pooled.
        leader: Place of the model that the user believes to be the best.
        departs: Whether attributes may have weights of their own.
    """
    gold = rescale(gold)
    leading, best = leading_anchor(gold, agreement_weight, leader)
    share_of_each = min(1.0, FULL_COUNT / len(agreement_weight))
    relative_weight = agreement_weight / agreement_weight.mean()
    equal = EQUAL * share_of_each * relative_weight
    cells = useful_cells(gold)
    own_gold = gold.rows(cells)
    n_useful_cells = int(cells.sum())
    n_cells = max(n_useful_cells, 1)
    of_leader = 0.0
    if leader is None:
        of_leader = LEADERS_ARE_USUAL - PRICE_OF_A_LEADER / n_cells
    n_attributes = len(np.unique(own_gold.attribute))
    departure_spreads: tuple[float, ...] = (0.0,)
    if departs and n_attributes > 1:
        departure_spreads = DEPARTURE_SPREADS
    anchors = (
        (leading, 1.0, of_leader),
        (equal, share_of_each, 0.0),
    )
    explanations = []
    for departure_spread in departure_spreads:
        of_departures = 0.0
        if departure_spread:
            of_departures = -PRICE_OF_DEPARTURES / n_cells
        for anchor, scale, log_prior in anchors:
            own_spread = scale * SPREAD
            own_departure_spread = scale * departure_spread
            logit = ConditionalLogit(own_gold, anchor, own_spread, own_departure_spread)
            explanation = _Explanation.of(logit, log_prior + of_departures)
            explanations.append(explanation)
    fit = _mix(explanations, best)
    return replace(fit, fitted_cells=n_useful_cells)


def _mix(explanations: list[_Explanation], best: FloatArray) -> StackFit:
    """The mean of what explains the gold, by how well each does."""
    log_evidence = np.array([each.log_evidence for each in explanations])
    odds = np.exp(log_evidence - log_evidence.max())
    shares = odds / odds.sum()
    n_models = len(best)
    parameters = np.zeros(n_models + 4)
    anchor = np.zeros(n_models)
    departures: dict[int, FloatArray] = {}
    for share, each in zip(shares, explanations, strict=True):
        parameters += share * each.shared
        anchor += share * each.anchor
        for attribute, departure in each.departures.items():
            so_far = departures.get(attribute, 0.0)
            departures[attribute] = so_far + share * departure
    fit = stack_fit(
        parameters,
        anchor=anchor,
        best=best,
        converged=all(each.converged for each in explanations),
    )
    return replace(fit, departures=departures)


@dataclass(frozen=True, slots=True, eq=False)
class _Explanation:
    """A fit, and how well its presumption explains the gold.

    Attributes:
        anchor: [n_models] w0.
        shared: [n_models + 4] the parameters that all attributes share.
        departures: Number of an attribute -> [n_models].
        log_evidence: With the log prior of the presumption.
        converged: Whether Newton's method came to rest.
    """

    anchor: FloatArray
    shared: FloatArray
    departures: dict[int, FloatArray]
    log_evidence: float
    converged: bool

    @classmethod
    def of(cls, logit: ConditionalLogit, log_prior: float) -> _Explanation:
        parameters, converged = maximise(logit)
        return cls(
            anchor=logit.shared(logit.mean)[:-4],
            shared=logit.shared(parameters),
            departures=logit.departures(parameters),
            log_evidence=logit.log_evidence(parameters) + log_prior,
            converged=converged,
        )
