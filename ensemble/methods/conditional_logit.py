"""A conditional logit over the values that models proposed on a cell, with a Gaussian prior.

    sum over gold cells of u log softmax_b(sum_i w_i [i voted b] + t [b is tilted] + c . s_b)
        - sum_i (w_i - w0_i)^2 / (2 * .3^2) - t^2 / 2 - sum_k (c_k - c0_k)^2 / (2 * sd_k^2)

It is strictly concave in the weights w, the tilt t, and what the catalog's signals s count, c.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from ..catalog.signals import N_SIGNALS
from ..gold.gold_votes import GoldVotes

SPREAD = 0.3
"""Standard deviation of a weight around its anchor w0."""
TILT_SPREAD = 1.0
"""That of the tilt, around 0."""
SIGNAL_MEAN = np.array([0.3, 0.15, 0.3])
"""c0: what fit, part and seen count beforehand."""
SIGNAL_SPREAD = np.array([0.15, 0.1, 0.3])


class ConditionalLogit:
    """The penalised log likelihood, on unique patterns: the same models agree, the same are right.

    Parameters are the weights of the models, then the tilt, then what the three signals count.

    Args:
        gold: The cells.
        anchor: [n_models], w0.
    """

    def __init__(self, gold: GoldVotes, anchor: FloatArray) -> None:
        patterns = _Patterns.of(gold)
        own_block = patterns.own_block
        right_block = _block_with(own_block, patterns.right)
        tilted_block = _block_with(own_block, patterns.tilted_votes)
        block_signals = _signals_of_blocks(patterns)
        n_right = right_block.sum(axis=1, keepdims=True)
        parts = [
            own_block,
            tilted_block[:, None, :],
            block_signals,
        ]
        features = np.concatenate(parts, axis=1)
        self._cells = patterns.cells
        self._features = features.astype(np.float64)
        self._nonempty = own_block.any(axis=1)
        # Several accepted values share the cell.
        n_shares = np.maximum(n_right, 1)
        self._target = right_block / n_shares
        n_models = len(anchor)
        weight_spread = np.full(n_models, SPREAD)
        spread = np.concatenate([weight_spread, [TILT_SPREAD], SIGNAL_SPREAD])
        self._precision = 1 / spread**2
        self.mean = np.concatenate([anchor, [0.0], SIGNAL_MEAN])

    def value(self, parameters: FloatArray) -> float:
        """The penalised log likelihood."""
        scores = self._scores(parameters)
        best = scores.max(axis=1, keepdims=True, initial=-np.inf)
        exponentials = np.exp(scores - best)
        total = exponentials.sum(axis=1)
        log_total = best[:, 0] + np.log(total)
        finite_scores = np.where(self._nonempty, scores, 0.0)
        target_scores = self._target * finite_scores
        log_share = target_scores.sum(axis=1) - log_total
        log_likelihood = self._cells @ log_share
        distance = parameters - self.mean
        penalty = self._precision @ distance**2 / 2
        return float(log_likelihood - penalty)

    def newton_step(self, parameters: FloatArray) -> FloatArray:
        """The step to the top of the local parabola."""
        chance = self._chance(parameters)
        error = self._target - chance
        slope = np.einsum("p,pfb,pb->f", self._cells, self._features, error)
        slope -= self._precision * (parameters - self.mean)
        curvature = self.curvature(parameters)
        return np.asarray(np.linalg.solve(curvature, slope))

    def curvature(self, parameters: FloatArray) -> FloatArray:
        """[n, n] how steeply the function falls away from some parameters."""
        features = self._features
        cells = self._cells
        chance = self._chance(parameters)
        mean = np.einsum("pfb,pb->pf", features, chance)
        block_weight = chance * cells[:, None]
        weighted_features = features * block_weight[:, None, :]
        curvature = np.einsum("pfb,pgb->fg", weighted_features, features)
        curvature -= np.einsum("p,pf,pg->fg", cells, mean, mean)
        curvature += np.diag(self._precision)
        return np.asarray(curvature)

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


@dataclass(frozen=True, slots=True, eq=False)
class _Patterns:
    """Gold cells, those that are alike as one.

    Attributes:
        cells: [n_patterns], their sampling weights summed.
        blocks: [n_patterns, n_models].
        right: [n_patterns, n_models], 0 or 1.
        tilted_votes: [n_patterns, n_models], 0 or 1.
        signals: [n_patterns, n_models, 3].
    """

    cells: FloatArray
    blocks: IntArray
    right: FloatArray
    tilted_votes: FloatArray
    signals: FloatArray

    @classmethod
    def of(cls, gold: GoldVotes) -> _Patterns:
        """Put cells together that are alike."""
        n_cells, n_models = gold.blocks.shape
        n_signals = n_models * N_SIGNALS
        signals = gold.signals.reshape(n_cells, n_signals)
        columns = [
            gold.blocks,
            gold.right,
            gold.tilted_votes,
            signals,
        ]
        keys = np.concatenate(columns, axis=1)
        unique_keys, place = np.unique(keys, axis=0, return_inverse=True)
        n_patterns = len(unique_keys)
        blocks = unique_keys[:, :n_models]
        right = unique_keys[:, n_models : 2 * n_models]
        tilted_votes = unique_keys[:, 2 * n_models : 3 * n_models]
        signals = unique_keys[:, 3 * n_models :]
        return cls(
            cells=np.bincount(place, gold.weight, n_patterns).astype(np.float64),
            blocks=blocks.astype(np.int64),
            right=right,
            tilted_votes=tilted_votes,
            signals=signals.reshape(n_patterns, n_models, N_SIGNALS),
        )

    @property
    def own_block(self) -> BoolArray:
        """[n_patterns, n_models, n_blocks]: the model voted for the block."""
        n_blocks = 1 + int(self.blocks.max(initial=0))
        numbers = np.arange(n_blocks)
        return np.asarray(self.blocks[:, :, None] == numbers)


def _block_with(own_block: BoolArray, flags: FloatArray) -> BoolArray:
    """[n_patterns, n_blocks]: whether a model whose flag is set voted for the block.

    Args:
        own_block: [n_patterns, n_models, n_blocks], the model voted for the block.
        flags: [n_patterns, n_models], 0 or 1.
    """
    has_flag = flags[:, :, None] > 0
    flagged_block = own_block & has_flag
    return np.asarray(flagged_block.any(axis=1))


def _signals_of_blocks(patterns: _Patterns) -> FloatArray:
    """[n_patterns, 3, n_blocks]: the signals of each block, which are those of its votes."""
    blocks = patterns.blocks
    n_patterns = len(blocks)
    n_blocks = 1 + int(blocks.max(initial=0))
    of_blocks = np.zeros((n_patterns, N_SIGNALS, n_blocks))
    has_vote = blocks >= 0
    pattern, model = np.nonzero(has_vote)
    block = blocks[pattern, model]
    of_blocks[pattern, :, block] = patterns.signals[pattern, model]
    return of_blocks
