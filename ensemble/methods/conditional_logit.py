"""A conditional logit over the values that models proposed on a cell, with a Gaussian prior.

    sum over gold cells of
            u log softmax_b(sum_i (w_i + d_ai) [i voted b] + t [b is tilted] + c . s_b)
        - sum_i (w_i - w0_i)^2 / (2 * .3^2) - t^2 / 2 - sum_k (c_k - c0_k)^2 / (2 * sd_k^2)
        - sum_ai d_ai^2 / (2 * tau^2)

It is strictly concave in the weights w, the tilt t, what the catalog's signals s count, c, and the
departures d of each attribute a from the weights that all share. With tau = 0 there are none.
"""

from __future__ import annotations

from collections.abc import Iterator
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

    Parameters are those that all attributes share (the weights of the models, then the tilt, then
    what the three signals count), then the departures, attribute by attribute.

    Args:
        gold: The cells.
        anchor: [n_models], w0.
        spread: Standard deviation of a weight around its anchor.
        departure_spread: tau, that of an attribute's weight around the weight that all share.
    """

    def __init__(
        self,
        gold: GoldVotes,
        anchor: FloatArray,
        spread: float = SPREAD,
        departure_spread: float = 0.0,
    ) -> None:
        patterns = _Patterns.of(gold, departs=departure_spread > 0)
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
        self._n_models = n_models = len(anchor)
        weight_spread = np.full(n_models, spread)
        all_spreads = np.concatenate([weight_spread, [TILT_SPREAD], SIGNAL_SPREAD])
        self._precision = 1 / all_spreads**2
        self._departure_spread = departure_spread
        self.attributes, self._place = np.unique(patterns.attribute, return_inverse=True)
        n_departures = len(self.attributes) * n_models if departure_spread else 0
        self.mean = np.concatenate([anchor, [0.0], SIGNAL_MEAN, np.zeros(n_departures)])

    def shared(self, parameters: FloatArray) -> FloatArray:
        """[n_models + 4] the parameters that all attributes share."""
        return parameters[: len(self._precision)]

    def departures(self, parameters: FloatArray) -> dict[int, FloatArray]:
        """Number of an attribute -> [n_models] its departures; none where there are none."""
        own = self._departures(parameters)
        return {int(number): own[place] for place, number in enumerate(self.attributes[: len(own)])}

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
        distance = self.shared(parameters) - self.shared(self.mean)
        penalty = self._precision @ distance**2 / 2
        if self._departure_spread:
            departure = self._departures(parameters)
            squares = np.sum(departure**2)
            variance = self._departure_spread**2
            penalty += squares / (2 * variance)
        return float(log_likelihood - penalty)

    def log_evidence(self, parameters: FloatArray) -> float:
        """The Laplace approximation of the log evidence, at the top.

        Up to a constant that only the tilt's and the signals' priors have a part in.
        """
        n_models = self._n_models
        step = self._solve(parameters)
        log_spreads = -np.log(self._precision[:n_models]).sum() / 2
        n_departures = len(parameters) - len(self._precision)
        if n_departures:
            log_spreads += n_departures * np.log(self._departure_spread)
        return self.value(parameters) - step.log_volume / 2 - float(log_spreads)

    def newton_step(self, parameters: FloatArray) -> FloatArray:
        """The step to the top of the local parabola."""
        return self._solve(parameters).step

    def _solve(self, parameters: FloatArray) -> _Step:
        """The step, the departures being solved for first, attribute by attribute."""
        n_models = self._n_models
        chance = self._chance(parameters)
        slopes = self._slopes(chance)
        distance = self.shared(parameters) - self.shared(self.mean)
        slope = slopes.sum(axis=0) - self._precision * distance
        curvature = np.diag(self._precision)
        if not self._departure_spread:
            for own_curvature in self._curvatures(chance):
                curvature += own_curvature
            step = np.linalg.solve(curvature, slope)
            log_volume = _log_volume(curvature)
            return _Step(step, float(log_volume))
        n_shared = len(slope)
        curvatures = np.zeros((len(self.attributes), n_shared, n_shared))
        for place, own_curvature in enumerate(self._curvatures(chance)):
            curvatures[place] = own_curvature
        curvature += curvatures.sum(axis=0)
        crossed = curvatures[:, :n_models, :]
        precision = 1 / self._departure_spread**2
        own_curvatures = crossed[:, :, :n_models]
        own_curvatures = own_curvatures + precision * np.eye(n_models)
        pull = precision * self._departures(parameters)
        own_slopes = slopes[:, :n_models] - pull
        sides = np.concatenate([crossed, own_slopes[:, :, None]], axis=2)
        solution = np.linalg.solve(own_curvatures, sides)
        by_shared = solution[:, :, :-1]
        by_slope = solution[:, :, -1]
        elimination = np.einsum("amf,amg->fg", crossed, solution)
        schur = curvature - elimination[:, :-1]
        shared_slope = slope - elimination[:, -1]
        step = np.linalg.solve(schur, shared_slope)
        departure_step = by_slope - by_shared @ step
        log_volume = _log_volume(schur)
        log_volume += _log_volume(own_curvatures).sum()
        whole_step = np.concatenate([step, departure_step.ravel()])
        return _Step(whole_step, float(log_volume))

    def _departures(self, parameters: FloatArray) -> FloatArray:
        """[n_attributes, n_models]; [0, n_models] where there are none."""
        return parameters[len(self._precision) :].reshape(-1, self._n_models)

    def _slopes(self, chance: FloatArray) -> FloatArray:
        """[n_attributes, n_shared] how the log likelihood of each attribute's cells climbs."""
        error = self._cells[:, None] * (self._target - chance)
        of_patterns = np.einsum("pfb,pb->pf", self._features, error)
        slopes = np.zeros((len(self.attributes), of_patterns.shape[1]))
        np.add.at(slopes, self._place, of_patterns)
        return slopes

    def _curvatures(self, chance: FloatArray) -> Iterator[FloatArray]:
        """[n_shared, n_shared] for each attribute: how steeply its log likelihood falls away."""
        mean = np.einsum("pfb,pb->pf", self._features, chance)
        for place in range(len(self.attributes)):
            rows = self._place == place
            features = self._features[rows]
            cells = self._cells[rows]
            own_mean = mean[rows]
            by_block = features.transpose(1, 0, 2).reshape(features.shape[1], -1)
            block_weight = (chance[rows] * cells[:, None]).ravel()
            yield (by_block * block_weight) @ by_block.T - (own_mean.T * cells) @ own_mean

    def _chance(self, parameters: FloatArray) -> FloatArray:
        """[n_patterns, n_blocks]: the probability of each block."""
        scores = self._scores(parameters)
        best = scores.max(axis=1, keepdims=True, initial=-np.inf)
        exponentials = np.exp(scores - best)
        return np.asarray(exponentials / exponentials.sum(axis=1, keepdims=True))

    def _scores(self, parameters: FloatArray) -> FloatArray:
        """[n_patterns, n_blocks], -inf where the block is empty."""
        scores = np.einsum("pfb,f->pb", self._features, self.shared(parameters))
        if self._departure_spread:
            departures = self._departures(parameters)[self._place]
            own_features = self._features[:, : self._n_models]
            scores += np.einsum("pmb,pm->pb", own_features, departures)
        return np.where(self._nonempty, scores, -np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A step of Newton's method.

    Attributes:
        step: [n_parameters].
        log_volume: Log of the determinant of the curvature, which shows how narrow the top is.
    """

    step: FloatArray
    log_volume: float


@dataclass(frozen=True, slots=True, eq=False)
class _Patterns:
    """Gold cells, those that are alike as one.

    Attributes:
        cells: [n_patterns], their sampling weights summed.
        attribute: [n_patterns] number of their attribute; 0 where attributes do not depart.
        blocks: [n_patterns, n_models].
        right: [n_patterns, n_models], 0 or 1.
        tilted_votes: [n_patterns, n_models], 0 or 1.
        signals: [n_patterns, n_models, 3].
    """

    cells: FloatArray
    attribute: IntArray
    blocks: IntArray
    right: FloatArray
    tilted_votes: FloatArray
    signals: FloatArray

    @classmethod
    def of(cls, gold: GoldVotes, *, departs: bool) -> _Patterns:
        """Put cells together that are alike, of each attribute by itself if attributes depart."""
        n_cells, n_models = gold.blocks.shape
        n_signals = n_models * N_SIGNALS
        signals = gold.signals.reshape(n_cells, n_signals)
        attribute = gold.attribute if departs else np.zeros(n_cells, np.int64)
        columns = [
            attribute[:, None],
            gold.blocks,
            gold.right,
            gold.tilted_votes,
            signals,
        ]
        keys = np.concatenate(columns, axis=1)
        unique_keys, place = np.unique(keys, axis=0, return_inverse=True)
        n_patterns = len(unique_keys)
        votes = unique_keys[:, 1:]
        blocks = votes[:, :n_models]
        right = votes[:, n_models : 2 * n_models]
        tilted_votes = votes[:, 2 * n_models : 3 * n_models]
        signals = votes[:, 3 * n_models :]
        return cls(
            cells=np.bincount(place, gold.weight, n_patterns).astype(np.float64),
            attribute=unique_keys[:, 0].astype(np.int64),
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


def _log_volume(curvature: FloatArray) -> FloatArray:
    """The logarithm of the determinant, of a matrix or of each of many."""
    _, log_determinant = np.linalg.slogdet(curvature)
    return np.asarray(log_determinant)
