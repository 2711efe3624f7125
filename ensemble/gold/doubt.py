"""Which cells to label once gold gives a confidence: those whose value is in doubt.

A label tells most where the value may be right or wrong. A cell is drawn with a probability in
proportion to p (1 - p), p being its confidence, by sequential Poisson sampling (Ohlsson 1998): of
u / probability, u a hash of the cell, the n smallest. All is counted in whole numbers, so that
buckets and order change nothing.

The contract: docs/design.md#the-sample.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, FloatArray, IntArray
from ..product_hashes import Hashes

SCALE = 1024
"""Doubt is counted in parts of 1 / 1,024."""
MOST_DOUBT = SCALE // 4
LEAST_DOUBT = MOST_DOUBT // 16
"""A cell that seems certain is drawn now and then: that it is cannot be known otherwise."""
_HASHES = 2.0**64
_NEVER = 1e-300


def doubt_of(confidence: FloatArray) -> IntArray:
    """[n_cells] p (1 - p) in parts of 1 / 1,024, between the least and the most doubt.

    Args:
        confidence: [n_cells] float64 in [0, 1], no nan.
    """
    variance = confidence * (1 - confidence)
    return np.clip(np.rint(SCALE * variance), LEAST_DOUBT, MOST_DOUBT).astype(np.int64)


@dataclass
class DoubtCounts:
    """How many cells there are of each doubt.

    Attributes:
        cells: [257] cells by doubt.
    """

    cells: IntArray = field(default_factory=lambda: np.zeros(MOST_DOUBT + 1, np.int64))

    def add(self, doubt: IntArray) -> None:
        """Count some cells."""
        self.cells += np.bincount(doubt, minlength=len(self.cells))

    def probability(self, n: int) -> FloatArray:
        """[257] with which a cell of each doubt is drawn, where n are; 1 at most.

        What is left of n after the cells that are drawn for certain is shared by the others.
        """
        doubt = np.arange(len(self.cells), dtype=np.float64)
        probability = np.zeros(len(doubt))
        is_certain = np.zeros(len(doubt), np.bool_)
        while True:
            n_left = n - self.cells[is_certain].sum()
            total = (self.cells * doubt)[~is_certain].sum()
            if not total:
                break
            probability = np.where(is_certain, 1.0, n_left * doubt / total)
            exceeds = (probability >= 1) & (self.cells > 0) & ~is_certain
            if not exceeds.any():
                break
            is_certain |= exceeds
        probability[is_certain] = 1.0
        return np.minimum(probability, 1.0)


def draw_order(hashes: Hashes, doubt: IntArray, probability: FloatArray) -> FloatArray:
    """[n_cells] the n cells with the smallest are drawn.

    Args:
        hashes: [n_cells] of the cells, from `sampling.cell_hashes`.
        doubt: [n_cells].
        probability: [257] by doubt.
    """
    luck = (hashes.astype(np.float64) + 0.5) / _HASHES
    return np.asarray(luck / np.maximum(probability[doubt], _NEVER))


@dataclass(frozen=True, slots=True)
class JointWeights:
    """How many cells a cell stands for, where some were labelled before and some are drawn now.

    Two estimates of a total are averaged by the labels behind them. The first is that of the
    earlier sample. In the second the labelled cells stand for themselves, and those that are drawn
    now for all others, of which each sample is scaled to hold as many as there are (Hajek).

    Attributes:
        n_cells: Cells with a vote.
        n_labelled: Those that were labelled before.
        probabilities: [n_drawn] with which those that are drawn now were.
    """

    n_cells: int
    n_labelled: int
    probabilities: tuple[float, ...]

    @property
    def _share_of_earlier(self) -> float:
        return self.n_labelled / self._n_sample

    def of_labelled(self, weight: float) -> float:
        """That of a cell with a weight, of mean 1, in the earlier sample."""
        earlier = weight * self.n_cells / self.n_labelled
        share = self._share_of_earlier
        return (share * earlier + (1 - share)) * self._scale

    def of_drawn(self, probability: float) -> float:
        """That of a cell that is drawn with a probability."""
        n_others = self.n_cells - self.n_labelled
        n_estimated = sum(1 / each for each in self.probabilities)
        stands_for = n_others / n_estimated / probability
        return (1 - self._share_of_earlier) * stands_for * self._scale

    @property
    def _n_sample(self) -> int:
        return self.n_labelled + len(self.probabilities)

    @property
    def _scale(self) -> float:
        """A mean of 1 over all."""
        return self._n_sample / self.n_cells


def smallest(order: npt.NDArray[np.float64], among: BoolArray, n: int) -> IntArray:
    """Places of the n smallest among some."""
    places = np.flatnonzero(among)
    return places[np.argsort(order[places], kind="stable")[:n]].astype(np.int64)
