"""The plain majority: every vote counts the same."""

from __future__ import annotations

import numpy as np

from ..weights import Weights, fixed_weights
from .method import Evidence, Method


class Majority(Method):
    """The value that most models gave."""

    name = "majority"
    baselines = ("iwmv",)

    def learn(self, evidence: Evidence) -> Weights:
        """Nothing is learned: v = 1."""
        return fixed_weights(evidence.groups, np.ones(len(evidence.models)))
