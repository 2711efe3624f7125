"""What the catalog says of the values on cells: fit, part and seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from ..arrays import Blocks, BoolArray, FloatArray, IntArray
from .cell_values import WHOLE

STRENGTH: Final = 10
"""s: so many cells is what is known beforehand worth."""

FIT: Final = 0
PART: Final = 1
SEEN: Final = 2
N_SIGNALS: Final = 3
MOST_SEEN: Final = 3
_FIT_BOUND: Final = 0.02
_PART_BOUND: Final = 0.002


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """What the catalog says of each model's vote.

    Attributes:
        blocks: [n_cells, n_models] int, number of the block that a vote is in, -1 where there is
            none.
        of_block: [n_cells, n_blocks, 3] float64: fit, part and seen of the block's value; 0 where
            it is no value.
    """

    blocks: Blocks | IntArray
    of_block: FloatArray

    @classmethod
    def none(cls, n_cells: int, n_models: int) -> Signals:
        """For cells of which the catalog says nothing."""
        return cls(
            blocks=np.zeros((n_cells, n_models), np.int8),
            of_block=np.zeros((n_cells, 1, N_SIGNALS)),
        )

    def rows(self, rows: IntArray | BoolArray) -> Signals:
        """Some of the cells."""
        return Signals(self.blocks[rows], self.of_block[rows])

    def of_votes(self) -> FloatArray:
        """[n_cells, n_models, 3]; 0 where a model gave no value."""
        cells = np.arange(len(self.blocks))
        some_block = np.maximum(self.blocks, 0)
        signals = self.of_block[cells[:, None], some_block]
        is_missing = self.blocks < 0
        signals[is_missing] = 0.0
        return np.asarray(signals)

    def of_model(self, model: IntArray) -> FloatArray:
        """[n_cells, 3] of the vote of one model on each cell; model: [n_cells], -1 is nobody."""
        cells = np.arange(len(model))
        some_model = np.maximum(model, 0)
        block = self.blocks[cells, some_model]
        some_block = np.maximum(block, 0)
        signals = self.of_block[cells, some_block]
        is_nothing = (model < 0) | (block < 0)
        return np.where(is_nothing[:, None], 0.0, signals)


def join_signals(parts: Sequence[Signals]) -> Signals:
    """The signals of several sets of cells, at least one, as one."""
    blocks = np.concatenate([part.blocks for part in parts])
    n_cells = len(blocks)
    n_blocks = max(part.of_block.shape[1] for part in parts)
    of_block = np.zeros((n_cells, n_blocks, N_SIGNALS))
    start = 0
    for part in parts:
        end = start + len(part.blocks)
        own_blocks = part.of_block.shape[1]
        of_block[start:end, :own_blocks] = part.of_block
        start = end
    return Signals(blocks, of_block)


def centre(signals: FloatArray, is_value: BoolArray) -> FloatArray:
    """Signals as they differ between the values of a cell; 0 for votes that are no value.

    Args:
        signals: [n_cells, n_models, 3], of each vote.
        is_value: [n_cells, n_models], the vote is a value.

    Returns:
        [n_cells, n_models, 3], each minus the mean over the votes that are a value.
    """
    has_signals = is_value[:, :, None]
    n_values = has_signals.sum(axis=1, keepdims=True)
    own_signals = np.where(has_signals, signals, 0.0)
    total = own_signals.sum(axis=1, keepdims=True)
    mean = total / np.maximum(n_values, 1)
    difference = signals - mean
    return np.where(has_signals, difference, 0.0)


def fit(value_share: IntArray, n_texts: IntArray, in_text: BoolArray) -> FloatArray:
    """How well a value fits the texts that contain it.

    Where it stands in its own text, that is how often texts with it are given it; else how often
    it is given at all.

    Args:
        value_share: [n], V in 1024ths, the cell itself left out.
        n_texts: [n], N, likewise.
        in_text: [n], the value stands in the cell's own text.
    """
    given = value_share / WHOLE
    of_texts = (given + 0.3 * STRENGTH) / (n_texts + STRENGTH)
    of_values = (given + 0.05) / (given + STRENGTH)
    probability = np.where(in_text, of_texts, of_values)
    return bounded_logit(probability, _FIT_BOUND)


def seen(value_share: IntArray) -> FloatArray:
    """How often a value is given on other cells: ln(1 + min(V, 3))."""
    given = value_share / WHOLE
    bounded = np.minimum(given, MOST_SEEN)
    return np.asarray(np.log1p(bounded))


def part(belongs: FloatArray, value: IntArray, n_values: int) -> FloatArray:
    """The least likely word of each value, as a logit.

    Args:
        belongs: [n], how likely each word is to belong to a value.
        value: [n], the value it is a word of.
        n_values: How many there are; one without words is as unlikely as can be.
    """
    least_likely = np.full(n_values, np.inf)
    np.minimum.at(least_likely, value, belongs)
    has_words = np.isfinite(least_likely)
    probability = np.where(has_words, least_likely, 0.0)
    return bounded_logit(probability, _PART_BOUND)


def bounded_logit(probability: FloatArray, bound: float) -> FloatArray:
    """log(p / (1 - p)) of probabilities that are first brought to between `bound` and 1 - it."""
    bounded = np.clip(probability, bound, 1 - bound)
    odds = bounded / (1 - bounded)
    return np.asarray(np.log(odds))
