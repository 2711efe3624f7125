"""What agreement patterns decide: who wins each of them, by how much, and with whom behind it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .arrays import Blocks, BoolArray, Codes, FloatArray
from .blocks import blocks_of, nonempty_blocks
from .weighted_vote import TIE, score_blocks, winning_blocks

if TYPE_CHECKING:
    from .decision_rule import Rule

Places = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int16]
_SAME_AGREEMENT = 1e-12
_ROUNDING = 1e-12
OF_VOTES = 0.6
"""What the votes count beside the catalog where there is no gold."""


@dataclass(frozen=True, slots=True, eq=False)
class PatternDecisions:
    """A decision for each pattern.

    Attributes:
        first_backer: [n_patterns] the first model of the winning block, -1 where nobody voted.
        tie: [n_patterns] bool, several blocks have the highest score.

    The others are those of `Decisions`.
    """

    first_backer: Places
    share: FloatArray
    margin: FloatArray
    support: Counts
    voters: Counts
    n_blocks: Counts
    tie: BoolArray
    no_weight: BoolArray

    def rows(self, rows: Places) -> PatternDecisions:
        """The decisions of some patterns, such as those of cells."""
        columns = {}
        for each in fields(self):
            column = getattr(self, each.name)
            columns[each.name] = column[rows]
        return PatternDecisions(**columns)

    def with_rows(self, rows: Places, other: PatternDecisions) -> PatternDecisions:
        """The same, where the decisions of some rows are others."""
        columns = {}
        for each in fields(self):
            column = getattr(self, each.name).copy()
            column[rows] = getattr(other, each.name)
            columns[each.name] = column
        return PatternDecisions(**columns)


def first_true(flags: BoolArray) -> Places:
    """[n_rows]: the first true column of each row, -1 where none is."""
    return np.where(flags.any(axis=1), flags.argmax(axis=1), -1)


@dataclass(frozen=True, slots=True, eq=False)
class BlockSignals:
    """What the catalog says of the blocks of cells, each of which is a row of its own here.

    Attributes:
        weighted: [n_cells, n_models] float64, added to the score of block b in column b.
        is_value: [n_cells, n_models] bool, the block gave a value, no n/a.
    """

    weighted: FloatArray
    is_value: BoolArray


def decide_patterns(
    patterns: Codes, rule: Rule, signals: BlockSignals | None = None
) -> PatternDecisions:
    """Decide one cell of each pattern.

    Args:
        patterns: [n_patterns, n_models].
        rule: How.
        signals: What the catalog says of each row; None = nothing.
    """
    blocks = blocks_of(patterns)
    has_vote = blocks >= 0
    weight = np.broadcast_to(rule.weight, blocks.shape)
    no_weight = _without_weight(has_vote, weight, rule)
    weight = np.where(no_weight[:, None], 1.0, weight)
    scores = score_blocks(blocks, weight)
    if rule.tilted_code is not None:
        _add_tilt(scores, blocks, patterns == rule.tilted_code, rule.tilt)
    if signals is not None and rule.logit:
        scores = scores + signals.weighted
    winning = winning_blocks(blocks, weight, scores)
    winner = _one_winner(blocks, winning, rule)
    tie = winning.sum(axis=1) > 1
    if signals is not None and not rule.logit:
        value_scores = _value_scores(scores, weight, signals)
        winner, tie = _between_values(blocks, winning, winner, value_scores, rule)
    in_winner = blocks == winner[:, None]
    backing = has_vote & in_winner
    support = backing.sum(axis=1)
    voters = has_vote.sum(axis=1)
    n_blocks = nonempty_blocks(blocks).sum(axis=1)
    parts = _softmax(scores) if rule.logit else _parts_of_total(scores)
    share, margin = _share_and_margin(parts, winner)
    return PatternDecisions(
        first_backer=first_true(backing),
        share=share,
        margin=margin,
        support=support.astype(np.int16),
        voters=voters.astype(np.int16),
        n_blocks=n_blocks.astype(np.int16),
        tie=tie,
        no_weight=no_weight,
    )


def _value_scores(scores: FloatArray, weight: FloatArray, signals: BlockSignals) -> FloatArray:
    """[n_cells, n_models]: votes and catalog together, for values; -inf for all else."""
    mean_weight = weight.mean(axis=1, keepdims=True)
    has_weight = mean_weight > 0
    unit = np.where(has_weight, mean_weight, 1.0)
    together = OF_VOTES * scores / unit + signals.weighted
    return np.where(signals.is_value, together, -np.inf)


def _between_values(
    blocks: Blocks, winning: BoolArray, winner: Places, value_scores: FloatArray, rule: Rule
) -> tuple[Places, BoolArray]:
    """Where the votes are for a value, which one: by votes and catalog together.

    Returns:
        [n_cells] the winning blocks, and whether they tie, with another value or with n/a.
    """
    rows = np.arange(len(winner))
    is_value = np.isfinite(value_scores)
    is_for_value = is_value[rows, winner]
    best_score = value_scores.max(axis=1, initial=-np.inf, keepdims=True)
    lowest_to_win = best_score - TIE
    is_best = is_value & (value_scores >= lowest_to_win)
    ties_with_absent = (winning & ~is_value).any(axis=1)
    ties_with_value = is_best.sum(axis=1) > 1
    best_value = _one_winner(blocks, is_best, rule)
    value_ties = ties_with_absent | ties_with_value
    ties_by_votes = winning.sum(axis=1) > 1
    return (
        np.where(is_for_value, best_value, winner),
        np.where(is_for_value, value_ties, ties_by_votes),
    )


def _without_weight(has_vote: BoolArray, weight: FloatArray, rule: Rule) -> BoolArray:
    """[n_patterns]: all who voted weigh 0, and plain counts are to decide."""
    if rule.hard_ties or rule.logit:
        return np.zeros(len(has_vote), np.bool_)
    somebody_weighs = (has_vote & (weight != 0)).any(axis=1)
    return np.asarray(has_vote.any(axis=1) & ~somebody_weighs)


def _add_tilt(scores: FloatArray, blocks: Blocks, holds_value: BoolArray, tilt: float) -> None:
    """Add the tilt to the block that holds the tilted value, in the patterns that have one.

    Args:
        scores: [n_patterns, n_blocks], changed in place.
        blocks: [n_patterns, n_models].
        holds_value: [n_patterns, n_models], the model's vote is the tilted value.
        tilt: What is added.
    """
    model = first_true(holds_value)
    rows = np.flatnonzero(model >= 0)
    scores[rows, blocks[rows, model[rows]]] += tilt


def _one_winner(blocks: Blocks, winning: BoolArray, rule: Rule) -> Places:
    """[n_patterns]: of the winning blocks, that of the model with the highest agreement.

    Of blocks with the same agreement the first one.
    """
    if rule.hard_ties:
        return np.asarray(winning.argmax(axis=1))
    is_unknown = np.isnan(rule.agreement)
    agreement = np.where(is_unknown, -np.inf, rule.agreement)
    block_agreement = np.full(winning.shape, -np.inf)
    n_models = blocks.shape[1]
    for model in range(n_models):
        block = blocks[:, model]
        rows = np.flatnonzero(block >= 0)
        place = (rows, block[rows])
        highest_so_far = block_agreement[place]
        block_agreement[place] = np.maximum(highest_so_far, agreement[model])
    block_agreement[~winning] = -np.inf
    highest = block_agreement.max(axis=1, keepdims=True)
    lowest_to_win = highest - _SAME_AGREEMENT
    remains = winning & (block_agreement >= lowest_to_win)
    return np.asarray(remains.argmax(axis=1))


def _parts_of_total(scores: FloatArray) -> FloatArray:
    """Every block's part of the total weight; 0 for those below 0, nan where all are.

    Weights of both signs can cancel out but for rounding, which counts as 0.
    """
    return _shares(np.where(scores > _ROUNDING, scores, 0.0))


def _shares(parts: FloatArray) -> FloatArray:
    """Each part of the row's total, nan where the total is 0."""
    total = parts.sum(axis=1, keepdims=True)
    total[total <= 0] = np.nan
    return np.asarray(parts / total)


def _softmax(scores: FloatArray) -> FloatArray:
    """Softmax over the blocks that have a model; nan where none has."""
    best = scores.max(axis=1, keepdims=True, initial=-np.inf)
    best = np.where(np.isfinite(best), best, 0.0)
    exponentials = np.exp(scores - best)
    return _shares(exponentials)


def _share_and_margin(parts: FloatArray, winner: Places) -> tuple[FloatArray, FloatArray]:
    """The winner's share, and what it has more than the runner-up."""
    rows = np.arange(len(parts))
    share = parts[rows, winner]
    others = parts.copy()
    others[rows, winner] = 0.0
    return share, share - others.max(axis=1, initial=0.0)
