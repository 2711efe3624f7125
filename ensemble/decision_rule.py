"""How cells are decided: every cell gets the decision of its agreement pattern.

Deciding by pattern is exact (docs/design.md#deciding-a-cell): the scores of a cell's blocks
depend only on which models agree (and, with a tilt, on which block holds the tilted value), so
cells with the same pattern have the same winning block, share, margin and votes. What differs is
the value that the winning block says, which is read off the cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from .arrays import (
    ABSENT,
    MISSING,
    Absent,
    Blocks,
    BoolArray,
    Codes,
    FloatArray,
    votes_of,
)
from .blocks import blocks_of, nonempty_blocks, number_patterns
from .weighted_vote import score_blocks, winning_blocks

Status = Literal["decided", "tie", "absent", "no_answer", "no_text"]
STATUSES: tuple[Status, ...] = ("decided", "tie", "absent", "no_answer", "no_text")
"""`Decisions.status` holds places in this tuple."""
STATUS_DECIDED = STATUSES.index("decided")
STATUS_TIE = STATUSES.index("tie")
STATUS_ABSENT = STATUSES.index("absent")
STATUS_NO_ANSWER = STATUSES.index("no_answer")
STATUS_NO_TEXT = STATUSES.index("no_text")
_SAME_AGREEMENT = 1e-12

Places = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """How the cells of one group are decided.

    Attributes:
        weight: [n_models].
        agreement: [n_models], settles final ties; nan counts as lowest.
        absent: How an n/a votes.
        hard_ties: Ties go to the block that is first in the config, and weights of 0 stay as they
            are.
        voters: [n_models] whose votes count; None = all.
        logit: Scores are logits, and a share is a softmax share.
        tilt: Added to the score of the block that holds the tilted value.
        tilted_code: Code of the value that the tilt belongs to; None = no value.
    """

    weight: FloatArray
    agreement: FloatArray
    absent: Absent = "label"
    hard_ties: bool = False
    voters: BoolArray | None = None
    logit: bool = False
    tilt: float = 0.0
    tilted_code: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What was decided, one row per cell.

    Attributes:
        code: int32, the winning value's code; ABSENT, or MISSING where there is no answer.
        share: float64 in [0, 1], the winner's part of the total weight; nan where nobody voted, or
            where no block has a positive score.
        margin: float64, share minus the runner-up's.
        support: int16, models that gave the winning value.
        voters: int16, models that voted, absent included (unless an n/a is no vote).
        n_blocks: int16, different values voted for.
        status: int8, place in STATUSES.
        no_weight: bool, all who voted weigh 0, and plain counts decided.
    """

    code: npt.NDArray[np.int32]
    share: FloatArray
    margin: FloatArray
    support: Counts
    voters: Counts
    n_blocks: Counts
    status: npt.NDArray[np.int8]
    no_weight: BoolArray


def decide(codes: Codes, rule: Rule) -> Decisions:
    """Decide a batch of cells of one group.

    Args:
        codes: [n_cells, n_models] int32.
        rule: How.
    """
    columns = np.ascontiguousarray(votes_of(codes, rule.absent).T)
    if rule.voters is not None:
        columns = np.where(rule.voters[:, None], columns, np.int32(MISSING))
    numbers, examples = number_patterns(columns, rule.tilted_code)
    patterns = _decide_patterns(columns[:, examples].T, rule)
    code = _winning_codes(columns, patterns.first_backer[numbers])
    status = np.full(len(code), STATUS_DECIDED, np.int8)
    status[code == MISSING] = STATUS_NO_ANSWER
    status[code == ABSENT] = STATUS_ABSENT
    status[patterns.tie[numbers]] = STATUS_TIE
    if rule.absent == "missing":
        only_absent = (status == STATUS_NO_ANSWER) & _any_absent(codes, rule.voters)
        code[only_absent] = ABSENT
        status[only_absent] = STATUS_ABSENT
    return Decisions(
        code=code,
        share=patterns.share[numbers],
        margin=patterns.margin[numbers],
        support=patterns.support[numbers],
        voters=patterns.voters[numbers],
        n_blocks=patterns.n_blocks[numbers],
        status=status,
        no_weight=patterns.no_weight[numbers],
    )


def first_backers(codes: Codes, decisions: Decisions) -> Places:
    """[n_cells]: the first model whose vote was taken, -1 where nobody voted."""
    backing = (codes == decisions.code[:, None]) & (codes != MISSING)
    return first_true(backing)


def first_true(flags: BoolArray) -> Places:
    """[n_rows]: the first true column of each row, -1 where none is."""
    return np.where(flags.any(axis=1), flags.argmax(axis=1), -1)


@dataclass(frozen=True, slots=True, eq=False)
class _PatternDecisions:
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


def _winning_codes(columns: Codes, backer: Places) -> npt.NDArray[np.int32]:
    """[n_cells]: what the first model of the winning block said; columns: [n_models, n_cells]."""
    vote = columns[backer, np.arange(len(backer))]
    return np.where(backer >= 0, vote, np.int32(MISSING))


def _any_absent(codes: Codes, voters: BoolArray | None) -> BoolArray:
    """[n_cells]: whether anybody whose vote counts said n/a."""
    heard_codes = codes if voters is None else codes[:, voters]
    return np.asarray((heard_codes == ABSENT).any(axis=1))


def _decide_patterns(patterns: Codes, rule: Rule) -> _PatternDecisions:
    """Decide one cell of each pattern; patterns: [n_patterns, n_models]."""
    blocks = blocks_of(patterns)
    has_vote = blocks >= 0
    weight = np.broadcast_to(rule.weight, blocks.shape)
    no_weight = _without_weight(has_vote, weight, rule)
    weight = np.where(no_weight[:, None], 1.0, weight)
    scores = score_blocks(blocks, weight)
    if rule.tilted_code is not None:
        _add_tilt(scores, blocks, patterns == rule.tilted_code, rule.tilt)
    winning = winning_blocks(blocks, weight, scores)
    winner = _one_winner(blocks, winning, rule)
    backing = has_vote & (blocks == winner[:, None])
    parts = _softmax(scores) if rule.logit else _parts_of_total(scores)
    share, margin = _share_and_margin(parts, winner)
    return _PatternDecisions(
        first_backer=first_true(backing),
        share=share,
        margin=margin,
        support=backing.sum(axis=1).astype(np.int16),
        voters=has_vote.sum(axis=1).astype(np.int16),
        n_blocks=nonempty_blocks(blocks).sum(axis=1).astype(np.int16),
        tie=winning.sum(axis=1) > 1,
        no_weight=no_weight,
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
    agreement = np.where(np.isnan(rule.agreement), -np.inf, rule.agreement)
    block_agreement = np.full(winning.shape, -np.inf)
    for model in range(blocks.shape[1]):
        rows = np.flatnonzero(blocks[:, model] >= 0)
        place = (rows, blocks[rows, model])
        block_agreement[place] = np.maximum(block_agreement[place], agreement[model])
    block_agreement[~winning] = -np.inf
    highest = block_agreement.max(axis=1, keepdims=True)
    lowest_to_win = highest - _SAME_AGREEMENT
    remains = winning & (block_agreement >= lowest_to_win)
    return np.asarray(remains.argmax(axis=1))


def _parts_of_total(scores: FloatArray) -> FloatArray:
    """Every block's part of the total weight; 0 for those below 0, nan where all are."""
    return _shares(np.maximum(scores, 0.0))


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
