"""The top of a strictly concave function."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from .arrays import FloatArray

_STEPS = 100
_HALVINGS = 50
_STILL = 1e-10


class Concave(Protocol):
    """A strictly concave function of some parameters.

    Attributes:
        mean: Where the search begins: the mean of the prior.
    """

    mean: FloatArray

    def value(self, parameters: FloatArray) -> float:
        """Its value."""

    def newton_step(self, parameters: FloatArray) -> FloatArray:
        """The step to the top of the local parabola."""


def maximise(function: Concave) -> tuple[FloatArray, bool]:
    """Newton's method with step halving; without halving a fit can diverge.

    Returns:
        The parameters, and whether they came to rest.
    """
    parameters = function.mean.copy()
    value = function.value(parameters)
    for _ in range(_STEPS):
        step = function.newton_step(parameters)
        for _ in range(_HALVINGS):
            if function.value(parameters + step) >= value:
                break
            step = step / 2
        parameters = parameters + step
        value = function.value(parameters)
        if np.abs(step).max() < _STILL:
            return parameters, True
    return parameters, False
