"""Two stacks, mixed by how well each explains the gold: one model leads, or none does.

The contract: docs/design.md#gold-that-can-only-help.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..arrays import FloatArray
from ..gold.gold_votes import GoldVotes
from ..newton import maximise
from .conditional_logit import ConditionalLogit
from .stack import StackFit, leading_anchor, rescale, stack_fit, useful_cells

EQUAL = 0.8
"""What a model of average weight counts where no model is presumed to lead."""
PRICE_OF_FEW_CELLS = 50.0
"""Divided by the cells that the fit learns from: nats that the gold must bring beyond those for
naming one of the models, since the presumption has already looked at the gold. Ten cells on which
one model happens to be right say little, and following it alone can cost very much."""


def fit_mixed_stack(
    gold: GoldVotes, agreement_weight: FloatArray, leader: int | None = None
) -> StackFit:
    """Fit both stacks, and mix their parameters by the Laplace approximation of their evidence.

    Args:
        gold: Votes on gold cells; may be empty.
        agreement_weight: [n_models], the rank-one weights of all groups pooled.
        leader: Place of the model that the user believes to be the best.
    """
    gold = rescale(gold)
    n_models = len(agreement_weight)
    leading, best = leading_anchor(gold, agreement_weight, leader)
    equal = EQUAL * agreement_weight / agreement_weight.mean()
    cells = useful_cells(gold)
    own_gold = gold.rows(cells)
    n_cells = int(cells.sum())
    few_cells = PRICE_OF_FEW_CELLS / max(n_cells, 1)
    price = np.log(n_models) + few_cells
    log_prior = -price if leader is None else 0.0
    without_leader = _Explanation.of(own_gold, equal, 0.0)
    with_leader = _Explanation.of(own_gold, leading, log_prior)
    log_odds = with_leader.log_evidence - without_leader.log_evidence
    share = _logistic(log_odds)
    rest = 1 - share
    parameters = share * with_leader.parameters
    parameters += rest * without_leader.parameters
    fit = stack_fit(
        parameters,
        anchor=share * leading + rest * equal,
        best=best,
        converged=with_leader.converged and without_leader.converged,
    )
    return replace(fit, fitted_cells=n_cells)


@dataclass(frozen=True, slots=True, eq=False)
class _Explanation:
    """A fit, and how well its presumption explains the gold."""

    parameters: FloatArray
    log_evidence: float
    converged: bool

    @classmethod
    def of(cls, gold: GoldVotes, anchor: FloatArray, log_prior: float) -> _Explanation:
        logit = ConditionalLogit(gold, anchor)
        parameters, converged = maximise(logit)
        _, log_volume = np.linalg.slogdet(logit.curvature(parameters))
        log_evidence = logit.value(parameters) - log_volume / 2
        return cls(
            parameters=parameters,
            log_evidence=float(log_evidence) + log_prior,
            converged=converged,
        )


def _logistic(logit: float) -> float:
    return float((1 + np.tanh(logit / 2)) / 2)
