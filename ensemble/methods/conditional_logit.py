"""A conditional logit over the values that models proposed on a cell, with a Gaussian prior.

    sum over gold cells of u log softmax_b(sum_i w_i [i voted b] + t [b is tilted])
        - sum_i (w_i - w0_i)^2 / (2 * .3^2) - t^2 / 2

It is strictly concave in the weights w and the tilt t.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, FloatArray
from ..gold.gold_votes import GoldVotes

SPREAD = 0.3
"""Standard deviation of a weight around its anchor w0; that of the tilt around 0 is 1."""
_STEPS = 100
_HALVINGS = 50
_STILL = 1e-10


class ConditionalLogit:
    """The penalised log likelihood, on unique patterns: the same models agree, the same are right.

    Parameters are the weights of the models, then the tilt.

    Args:
        gold: The cells.
        anchor: [n_models], w0.
    """

    def __init__(self, gold: GoldVotes, anchor: FloatArray) -> None:
        n_models = len(anchor)
        key = np.concatenate([gold.blocks, gold.right, gold.tilted_votes], axis=1)
        unique_keys, place = np.unique(key.astype(np.int16), axis=0, return_inverse=True)
        blocks, right, tilted_votes = np.split(unique_keys, 3, axis=1)
        # [pattern, model, block]: the model voted for the block
        own_block = blocks[:, :, None] == np.arange(n_models)
        tilted_block = _block_with(own_block, tilted_votes)
        right_block = _block_with(own_block, right)
        n_right = right_block.sum(axis=1, keepdims=True)
        features = np.concatenate([own_block, tilted_block[:, None, :]], axis=1)
        self._cells = np.bincount(place, gold.weight, len(unique_keys))
        self._features = features.astype(np.float64)
        self._nonempty = own_block.any(axis=1)
        # Several accepted values share the cell.
        self._target = right_block / np.maximum(n_right, 1)
        self._precision = np.append(np.full(n_models, 1 / SPREAD**2), 1.0)
        self.mean = np.append(anchor, 0.0)

    def value(self, parameters: FloatArray) -> float:
        """The penalised log likelihood."""
        scores = self._scores(parameters)
        best = scores.max(axis=1, initial=-np.inf)
        exponentials = np.exp(scores - best[:, None])
        log_total = best + np.log(exponentials.sum(axis=1))
        finite_scores = np.where(self._nonempty, scores, 0.0)
        target_score = (self._target * finite_scores).sum(axis=1)
        log_likelihood = self._cells * (target_score - log_total)
        squares = self._precision * (parameters - self.mean) ** 2
        return float(log_likelihood.sum() - squares.sum() / 2)

    def newton_step(self, parameters: FloatArray) -> FloatArray:
        """The step to the top of the local parabola."""
        features = self._features
        cells = self._cells
        chance = self._chance(parameters)
        mean = np.einsum("pfb,pb->pf", features, chance)
        error = self._target - chance
        slope = np.einsum("p,pfb,pb->f", cells, features, error)
        slope -= self._precision * (parameters - self.mean)
        block_weight = chance * cells[:, None]
        weighted_features = features * block_weight[:, None, :]
        curvature = np.einsum("pfb,pgb->fg", weighted_features, features)
        curvature -= np.einsum("p,pf,pg->fg", cells, mean, mean)
        curvature += np.diag(self._precision)
        return np.asarray(np.linalg.solve(curvature, slope))

    def _chance(self, parameters: FloatArray) -> FloatArray:
        """[n_patterns, n_blocks]: the probability of each block."""
        scores = self._scores(parameters)
        best = scores.max(axis=1, keepdims=True, initial=-np.inf)
        exponentials = np.exp(scores - best)
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))

    def _scores(self, parameters: FloatArray) -> FloatArray:
        """[n_patterns, n_blocks], -inf where the block is empty."""
        scores = np.einsum("pfb,f->pb", self._features, parameters)
        return np.where(self._nonempty, scores, -np.inf)


def _block_with(own_block: BoolArray, flags: npt.NDArray[np.int16]) -> BoolArray:
    """[n_patterns, n_blocks]: whether a model whose flag is set voted for the block.

    Args:
        own_block: [n_patterns, n_models, n_blocks], the model voted for the block.
        flags: [n_patterns, n_models], 0 or 1.
    """
    flagged_block = own_block & (flags[:, :, None] > 0)
    return np.asarray(flagged_block.any(axis=1))


def maximise(logit: ConditionalLogit) -> tuple[FloatArray, bool]:
    """Newton's method with step halving, from the anchor; without halving the fit can diverge.

    Returns:
        The parameters, and whether they came to rest.
    """
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
