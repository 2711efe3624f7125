"""Confidence: the probability that a decided value is right, calibrated on gold.

The contract: docs/design.md#confidence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import ABSENT, BoolArray, FloatArray
from ..catalog.signals import bounded_logit
from ..decision_rule import Decisions
from ..newton import maximise

PRIOR_MEAN = np.array([1.0, 0.9, 2.5, 0.0, -0.25, 0.05, 0.2, 0.0])
"""What is known of the coefficients of `confidence_features` before there is gold."""
PRIOR_SPREAD = np.array([2.0, 0.3, 1.0, 2.0, 0.2, 0.3, 0.15, 0.5])
_SHARE_BOUND = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """What makes a probability of the signs on a cell.

    Attributes:
        coefficients: [8], of `confidence_features`.
        disagreements: Gold cells where models disagree; 0 without gold.
        unanimous: Gold cells where all voters agree; 0 without gold.
    """

    coefficients: FloatArray
    disagreements: int
    unanimous: int

    @property
    def has_gold(self) -> bool:
        """Whether it rests on gold, and not only on what is usual."""
        return self.disagreements + self.unanimous > 0


WITHOUT_GOLD = Calibration(PRIOR_MEAN, disagreements=0, unanimous=0)
"""Good enough to say which cells are more doubtful than others, but not how doubtful they are."""


def confidence_features(
    decisions: Decisions, signals: FloatArray, group_logit: FloatArray
) -> FloatArray:
    """The signs that tell right values from wrong ones.

    Args:
        decisions: What was decided.
        signals: [n_cells, 3], fit, part and seen of the winning value; 0 where the catalog says
            nothing of it.
        group_logit: [n_cells], from `Disagreement.logits`.

    Returns:
        [n_cells, 8]; nan where nobody voted.
    """
    nobody_voted = decisions.n_blocks == 0
    is_unanimous = decisions.n_blocks == 1
    disagrees = decisions.n_blocks > 1
    is_absent = decisions.code == ABSENT
    share = np.nan_to_num(decisions.share, nan=0.0)
    share_logit = bounded_logit(share, _SHARE_BOUND)
    columns = [
        np.ones(len(share)),
        np.where(disagrees, share_logit, 0.0),
        is_unanimous,
        is_absent,
        group_logit,
        *signals.T,
    ]
    features = np.stack(columns, axis=1)
    features = features.astype(np.float64)
    features[nobody_voted] = np.nan
    return features


def calibrate(features: FloatArray, right: BoolArray, weight: FloatArray) -> Calibration:
    """Fit the probability that a value is right to gold cells.

    Args:
        features: [n_cells, 8], from `confidence_features`.
        right: [n_cells], the decided value is right.
        weight: [n_cells] sampling weights, whose scale means nothing.
    """
    has_vote = ~np.isnan(features[:, 0])
    features = features[has_vote]
    weight = weight[has_vote]
    if len(weight):
        weight = weight / weight.mean()
    coefficients, _ = maximise(_LogisticRegression(features, right[has_vote], weight))
    n_unanimous = int((features[:, 2] > 0).sum())
    return Calibration(
        coefficients=coefficients,
        disagreements=len(weight) - n_unanimous,
        unanimous=n_unanimous,
    )


def confidence(features: FloatArray, calibration: Calibration) -> FloatArray:
    """[n_cells] float64 in [0, 1], the probability that a value is right; nan where nobody voted.

    Args:
        features: [n_cells, 8], from `confidence_features`.
        calibration: What gold says of them.
    """
    return _probability(features @ calibration.coefficients)


def expected_calibration_error(
    probability: FloatArray, right: BoolArray, weight: FloatArray, bins: int = 10
) -> float:
    """Mean distance of a stated probability and the share of right cells, over equal-width bins.

    Args:
        probability: [n_cells] in [0, 1], no nan.
        right: [n_cells] bool.
        weight: [n_cells]; a bin weighs as much as its cells.
        bins: Number of bins.
    """
    position = probability * bins
    place = position.astype(np.int64)
    place = np.minimum(place, bins - 1)
    distance = probability - right
    error_of_bin = np.bincount(place, weight * distance)
    total_error = np.abs(error_of_bin).sum()
    return float(total_error / weight.sum())


class _LogisticRegression:
    """The penalised log likelihood; the prior of each coefficient is a Gaussian of its own."""

    def __init__(self, features: FloatArray, right: BoolArray, weight: FloatArray) -> None:
        self._features = features
        self._right = right
        self._weight = weight
        self._precision = 1 / PRIOR_SPREAD**2
        self.mean = PRIOR_MEAN

    def value(self, parameters: FloatArray) -> float:
        """The penalised log likelihood."""
        logit = self._features @ parameters
        against = np.where(self._right, -logit, logit)
        surprise = np.logaddexp(0.0, against)
        distance = parameters - self.mean
        penalty = self._precision @ distance**2 / 2
        return float(-(self._weight @ surprise) - penalty)

    def newton_step(self, parameters: FloatArray) -> FloatArray:
        """The step to the top of the local parabola."""
        logit = self._features @ parameters
        probability = _probability(logit)
        improbability = 1 - probability
        error = self._right - probability
        slope = self._features.T @ (self._weight * error)
        distance = parameters - self.mean
        slope -= self._precision * distance
        certainty = probability * improbability
        cell_weight = self._weight * certainty
        weighted_features = self._features * cell_weight[:, None]
        curvature = weighted_features.T @ self._features
        curvature += np.diag(self._precision)
        return np.asarray(np.linalg.solve(curvature, slope))


def _probability(logit: FloatArray) -> FloatArray:
    """1 / (1 + exp(-logit)), without overflow."""
    return np.asarray((1 + np.tanh(logit / 2)) / 2)
