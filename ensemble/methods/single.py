"""One model alone, as if the others had not been asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...configs.settings import Attribute
from ..decision_rule import Rule
from ..weights import Weights, fixed_weights
from .method import Evidence, Method


class Single(Method):
    """The votes of one model.

    Args:
        model: Its name.
    """

    combines = False

    def __init__(self, model: str) -> None:
        self.model = model
        self.name = f"single:{model}"

    def learn(self, evidence: Evidence) -> Weights:
        """Nothing is learned: 1 for the model, 0 for the others."""
        chosen_model = [name == self.model for name in evidence.models]
        return fixed_weights(evidence.groups, np.array(chosen_model, np.float64))

    def rule(self, weights: Weights, row: int, attribute: Attribute) -> Rule:
        """Only the model's votes count, also where it gave none."""
        return replace(super().rule(weights, row, attribute), voters=weights.weight[row] > 0)
