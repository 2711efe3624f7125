"""The weighted vote itself, used by learning and by deciding: scores of blocks, winners, ties."""

from __future__ import annotations

import numpy as np

from .arrays import Blocks, BoolArray, FloatArray
from .blocks import nonempty_blocks

TIE = 1e-9
"""Scores within this relative distance of the highest tie."""


def score_blocks(blocks: Blocks, weight: FloatArray) -> FloatArray:
    """Score every block of agreeing models in every pattern.

    Step 2 of iterative weighted majority voting (Li & Yu 2014, arXiv 1411.4086, Algorithm 1).

    Args:
        blocks: [n_patterns, n_models], block number of each model's vote, -1 where it is
            missing.
        weight: [n_patterns, n_models] float64, or [n_models] where all patterns share the weights.

    Returns:
        [n_patterns, n_models] float64, the score of block b in column b; -inf where the block is
        empty.
    """
    scores = np.zeros(blocks.shape)
    weight = np.broadcast_to(weight, blocks.shape)
    for model in range(blocks.shape[1]):
        block = blocks[:, model]
        rows = np.flatnonzero(block >= 0)
        scores[rows, block[rows]] += weight[rows, model]
    is_empty = ~nonempty_blocks(blocks)
    scores[is_empty] = -np.inf
    return scores


def winning_blocks(blocks: Blocks, weight: FloatArray, scores: FloatArray) -> BoolArray:
    """Which blocks have the highest score, ties included.

    Two scores tie within 1e-9 of the largest sum of absolute weights in a block: for weights of at
    least 0 that is 1e-9 of the highest score itself; for the negative weights of the method `paper`
    it keeps rounding from telling apart what is equal.

    Args:
        blocks: [n_patterns, n_models].
        weight: As in `score_blocks`.
        scores: What `score_blocks` gave.

    Returns:
        [n_patterns, n_models] bool; no block wins where nobody voted.
    """
    nonempty = nonempty_blocks(blocks)
    sizes = score_blocks(blocks, np.abs(weight))
    largest_size = sizes.max(axis=1, initial=0.0)
    best_score = scores.max(axis=1, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        lowest_to_win = best_score - TIE * largest_size
        return np.asarray(nonempty & (scores >= lowest_to_win[:, None]))


def share_credit(winning: BoolArray, *, hard_ties: bool) -> FloatArray:
    """Each block's part of the win.

    Args:
        winning: [n_patterns, n_models] bool.
        hard_ties: The first of several winners has it all; else they share it equally.

    Returns:
        [n_patterns, n_models] float64, rows sum to 1, or to 0 where nobody voted.
    """
    if hard_ties:
        is_first = np.cumsum(winning, axis=1) == 1
        winning = winning & is_first
    n_winners = winning.sum(axis=1, keepdims=True)
    return np.asarray(winning / np.maximum(n_winners, 1))
