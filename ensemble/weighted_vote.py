"""The weighted vote itself, used by learning and by deciding: scores of blocks, who wins, how ties share the credit."""

from __future__ import annotations

import numpy as np

from .arrays import Blocks, BoolArray, FloatArray

TIE = 1e-9
"""Scores within this relative distance of the highest tie."""


def score_blocks(blocks: Blocks, weight: FloatArray) -> FloatArray:
    """Score every block of agreeing models in every pattern.

    Step 2 of iterative weighted majority voting (Li & Yu 2014, arXiv 1411.4086, Algorithm 1).

    Args:
        blocks: [n_patterns, n_models] int8, block number of each model's vote, -1 where it is
            missing.
        weight: [n_patterns, n_models] float64, or [n_models] where all patterns share the weights.

    Returns:
        [n_patterns, n_models] float64, the score of block b in column b; -inf where the block is
        empty.
    """
    scores = np.zeros(blocks.shape)
    weight = np.broadcast_to(weight, blocks.shape)
    for i in range(blocks.shape[1]):
        voted = np.flatnonzero(blocks[:, i] >= 0)
        scores[voted, blocks[voted, i]] += weight[voted, i]
    scores[~filled(blocks)] = -np.inf
    return scores


def filled(blocks: Blocks) -> BoolArray:
    """[n_patterns, n_models] bool: whether block b of the pattern has a model."""
    return np.asarray(np.arange(blocks.shape[1]) <= blocks.max(axis=1, initial=-1)[:, None])


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
    size = np.where(filled(blocks), score_blocks(blocks, np.abs(weight)), 0.0).max(
        axis=1, initial=0.0
    )
    best = scores.max(axis=1, initial=-np.inf)
    with np.errstate(invalid="ignore"):
        return np.asarray(filled(blocks) & (scores >= (best - TIE * size)[:, None]))


def share_credit(winning: BoolArray, *, hard: bool) -> FloatArray:
    """[n_patterns, n_models]: each block's part of the win; ties share equally, or, if hard, the first has it."""
    if hard:
        winning = winning & (np.cumsum(winning, axis=1) == 1)
    return np.asarray(winning / np.maximum(winning.sum(axis=1, keepdims=True), 1))
