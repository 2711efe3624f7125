"""A method of combining votes as somebody would add it: one file, and one line in METHODS."""

from __future__ import annotations

import numpy as np

from attrx.configs.settings import EnsembleSettings
from attrx.ensemble.methods.method import Evidence, Method
from attrx.ensemble.weights import Weights, fixed_weights

LINE = "toy_method:LastDecides"


class LastDecides(Method):
    """The model that stands last in the config outweighs all others."""

    name = "last"
    baselines = ("majority",)

    def learn(self, evidence: Evidence) -> Weights:
        weight = np.ones(len(evidence.models))
        weight[-1] = len(weight)
        return fixed_weights(evidence.groups, weight)

    def describe(self, settings: EnsembleSettings) -> str:
        return "combined by whoever stands last"
