"""The second pass: every cell gets the decision of its agreement pattern.

The contract: docs/design.md#deciding-a-cell.

Deciding by pattern is exact: the scores of a cell's blocks depend only on which models agree (and,
with a tilt, on which block holds the tilted value), so cells with the same pattern have the same
winning block, share, margin and votes. What differs is the value that the winning block says, which
is read off the cell.
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
from .patterns import blocks_of, identify
from .weighted_vote import filled, score_blocks, winning_blocks

Status = Literal["decided", "tie", "absent", "no_answer"]
STATUSES: tuple[Status, ...] = ("decided", "tie", "absent", "no_answer")
"""`Decisions.status` holds places in this tuple."""
STATUS_DECIDED, STATUS_TIE, STATUS_ABSENT, STATUS_NO_ANSWER = range(4)
_SAME = 1e-12

Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """How the cells of one group are decided.

    Attributes:
        weight: [n_models].
        agreement: [n_models], settles final ties; nan counts as lowest.
        absent: How an n/a votes.
        hard_ties: Ties go to the block that is first in the config, and weights of 0 stay as they
            are (the
        method `paper`).
        voters: [n_models] whose votes count; None = all (`single:<model>`: that one).
        logit: Scores are the logits of the stack, and a share is a softmax share.
        tilt: Added to the score of the marked block.
        mark: Code of the value that the tilt belongs to; None = no block is marked.
    """

    weight: FloatArray
    agreement: FloatArray
    absent: Absent = "label"
    hard_ties: bool = False
    voters: BoolArray | None = None
    logit: bool = False
    tilt: float = 0.0
    mark: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Decisions:
    """What was decided, one row per cell.

    Attributes:
        code: int32, the winning value's code; ABSENT, or MISSING where there is no answer.
        share: float64 in [0, 1], the winner's part of the total weight; nan where nobody voted, or
            (`paper` only) where no block has a positive score.
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
    support: npt.NDArray[np.int16]
    voters: npt.NDArray[np.int16]
    n_blocks: npt.NDArray[np.int16]
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
    ids, representative = identify(columns, rule.mark)
    verdict = _judge(columns[:, representative].T, rule)
    leader = verdict.leader[ids]
    code = np.where(leader >= 0, columns[leader, np.arange(len(ids))], np.int32(MISSING))
    status = np.where(
        code == ABSENT, STATUS_ABSENT, np.where(code == MISSING, STATUS_NO_ANSWER, STATUS_DECIDED)
    ).astype(np.int8)
    status[verdict.tie[ids]] = STATUS_TIE
    if rule.absent == "missing":
        said = codes if rule.voters is None else codes[:, rule.voters]
        only_absent = (status == STATUS_NO_ANSWER) & (said == ABSENT).any(axis=1)
        code[only_absent], status[only_absent] = ABSENT, STATUS_ABSENT
    return Decisions(
        code=code,
        share=verdict.share[ids],
        margin=verdict.margin[ids],
        support=verdict.support[ids],
        voters=verdict.voters[ids],
        n_blocks=verdict.n_blocks[ids],
        status=status,
        no_weight=verdict.no_weight[ids],
    )


def choose_spelling(spellings: Codes, backing: BoolArray) -> Places:
    """Whose spelling of the winning value is printed: the one most of the winning models gave, then config order.

    Args:
        spellings: [n_cells, n_models] int32, equal numbers in one row mean equal spellings.
        backing: [n_cells, n_models] bool, models that gave the winning value.

    Returns:
        [n_cells] the first model with that spelling; -1 where nobody backs a value.
    """
    n_models = spellings.shape[1]
    same = np.zeros(spellings.shape, np.int16)
    for i in range(n_models):
        for j in range(n_models):
            same[:, i] += backing[:, i] & backing[:, j] & (spellings[:, i] == spellings[:, j])
    return np.where(backing.any(axis=1), same.argmax(axis=1), -1)


@dataclass(frozen=True, slots=True, eq=False)
class _Verdict:
    """A decision for each pattern; `leader` is the first model of the winning block, -1 where nobody voted."""

    leader: Places
    share: FloatArray
    margin: FloatArray
    support: npt.NDArray[np.int16]
    voters: npt.NDArray[np.int16]
    n_blocks: npt.NDArray[np.int16]
    tie: BoolArray
    no_weight: BoolArray


def _judge(patterns: Codes, rule: Rule) -> _Verdict:
    """Decide one cell of each pattern; patterns: [n_patterns, n_models]."""
    blocks = blocks_of(patterns)
    voted = blocks >= 0
    weight = np.broadcast_to(rule.weight, blocks.shape)
    plain = not (rule.hard_ties or rule.logit)
    no_weight = voted.any(axis=1) & ~(voted & (weight != 0)).any(axis=1) & plain
    weight = np.where(no_weight[:, None], 1.0, weight)
    scores = score_blocks(blocks, weight)
    if rule.mark is not None:
        at, model = np.nonzero(patterns == rule.mark)
        tilted, first = np.unique(at, return_index=True)
        scores[tilted, blocks[tilted, model[first]]] += rule.tilt
    winning = winning_blocks(blocks, weight, scores)
    winner = _settle(blocks, winning, None if rule.hard_ties else rule.agreement)
    backing = voted & (blocks == winner[:, None])
    share, margin = _shares(_softmax(scores) if rule.logit else _parts(scores), winner)
    return _Verdict(
        leader=np.where(backing.any(axis=1), backing.argmax(axis=1), -1),
        share=share,
        margin=margin,
        support=backing.sum(axis=1).astype(np.int16),
        voters=voted.sum(axis=1).astype(np.int16),
        n_blocks=filled(blocks).sum(axis=1).astype(np.int16),
        tie=winning.sum(axis=1) > 1,
        no_weight=no_weight,
    )


def _settle(blocks: Blocks, winning: BoolArray, agreement: FloatArray | None) -> Places:
    """One winning block per pattern: backed by the model with the highest agreement, then first in the config."""
    if agreement is not None:
        known = np.where(np.isnan(agreement), -np.inf, agreement)
        backed = np.full(winning.shape, -np.inf)
        for i in range(blocks.shape[1]):
            rows = np.flatnonzero(blocks[:, i] >= 0)
            backed[rows, blocks[rows, i]] = np.maximum(backed[rows, blocks[rows, i]], known[i])
        backed[~winning] = -np.inf
        best = backed.max(axis=1, keepdims=True)
        winning = winning & (backed >= best - _SAME)
    return np.asarray(winning.argmax(axis=1))


def _parts(scores: FloatArray) -> FloatArray:
    """Every block's part of the total weight; blocks below 0 (`paper`) have none, nan where all have none."""
    positive = np.maximum(scores, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    return np.asarray(positive / np.where(total > 0, total, np.nan))


def _softmax(scores: FloatArray) -> FloatArray:
    """Softmax over the blocks that have a model; nan where none has."""
    best = scores.max(axis=1, keepdims=True, initial=-np.inf)
    lifted = np.exp(scores - np.where(np.isfinite(best), best, 0.0))
    total = lifted.sum(axis=1, keepdims=True)
    return np.asarray(lifted / np.where(total > 0, total, np.nan))


def _shares(parts: FloatArray, winner: Places) -> tuple[FloatArray, FloatArray]:
    """The winner's share, and what it has more than the runner-up."""
    rows = np.arange(len(parts))
    share = parts[rows, winner]
    others = parts.copy()
    others[rows, winner] = 0.0
    return share, share - others.max(axis=1, initial=0.0)
