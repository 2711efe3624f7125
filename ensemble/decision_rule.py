"""How cells are decided: every cell gets the decision of its agreement pattern.

Deciding by pattern is exact (docs/design.md#deciding-a-cell): the scores of a cell's blocks
depend only on which models agree (and, with a tilt, on which block holds the tilted value), so
cells with the same pattern have the same winning block, share, margin and votes. What differs is
the value that the winning block says, which is read off the cell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from .arrays import (
    ABSENT,
    MISSING,
    Absent,
    BoolArray,
    Codes,
    FloatArray,
    IntArray,
    votes_of,
)
from .blocks import number_patterns
from .catalog.signals import Signals
from .pattern_decisions import Counts, Places, decide_patterns, first_true
from .value_choice import choose_values

Status = Literal["decided", "tie", "absent", "no_answer", "no_text"]
STATUSES: tuple[Status, ...] = ("decided", "tie", "absent", "no_answer", "no_text")
"""`Decisions.status` holds places in this tuple."""
STATUS_DECIDED = STATUSES.index("decided")
STATUS_TIE = STATUSES.index("tie")
STATUS_ABSENT = STATUSES.index("absent")
STATUS_NO_ANSWER = STATUSES.index("no_answer")
STATUS_NO_TEXT = STATUSES.index("no_text")


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
        signal_weight: [3] what the catalog's signals count where models gave several values; None =
            nothing.
    """

    weight: FloatArray
    agreement: FloatArray
    absent: Absent = "label"
    hard_ties: bool = False
    voters: BoolArray | None = None
    logit: bool = False
    tilt: float = 0.0
    tilted_code: int | None = None
    signal_weight: FloatArray | None = None


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


def decide(codes: Codes, rule: Rule, signals: Signals | None = None) -> Decisions:
    """Decide a batch of cells of one group.

    Args:
        codes: [n_cells, n_models] int32.
        rule: How.
        signals: What the catalog says of the votes; None = nothing.
    """
    columns = np.ascontiguousarray(votes_of(codes, rule.absent).T)
    if rule.voters is not None:
        columns = np.where(rule.voters[:, None], columns, np.int32(MISSING))
    numbers, examples = number_patterns(columns, rule.tilted_code)
    patterns = decide_patterns(columns[:, examples].T, rule).rows(numbers)
    if signals is not None and rule.signal_weight is not None:
        patterns = choose_values(np.ascontiguousarray(columns.T), patterns, rule, signals)
    code = _winning_codes(columns, patterns.first_backer)
    status = np.full(len(code), STATUS_DECIDED, np.int8)
    status[code == MISSING] = STATUS_NO_ANSWER
    status[code == ABSENT] = STATUS_ABSENT
    status[patterns.tie] = STATUS_TIE
    if rule.absent == "missing":
        only_absent = (status == STATUS_NO_ANSWER) & _any_absent(codes, rule.voters)
        code[only_absent] = ABSENT
        status[only_absent] = STATUS_ABSENT
    return Decisions(
        code=code,
        share=patterns.share,
        margin=patterns.margin,
        support=patterns.support,
        voters=patterns.voters,
        n_blocks=patterns.n_blocks,
        status=status,
        no_weight=patterns.no_weight,
    )


def lead(rule: Rule, model: int) -> Rule:
    """The rule by which one model decides wherever it votes, and the others elsewhere.

    Its weight becomes the sum of the sizes of the others' and of the tilt, plus 1.
    """
    weight = np.array(rule.weight, np.float64)
    weight[model] = 0.0
    weight[model] = np.abs(weight).sum() + abs(rule.tilt) + 1.0
    return replace(rule, weight=weight, signal_weight=None)


def join_decisions(places: Sequence[IntArray], parts: Sequence[Decisions]) -> Decisions:
    """The decisions of several sets of cells, at least one, in the order of the cells.

    Args:
        places: For each set, where its cells stand.
        parts: For each set, what was decided.
    """
    order = np.argsort(np.concatenate(places))
    columns = {}
    for each in fields(Decisions):
        column = np.concatenate([getattr(part, each.name) for part in parts])
        columns[each.name] = column[order]
    return Decisions(**columns)


def first_backers(codes: Codes, decisions: Decisions) -> Places:
    """[n_cells]: the first model whose vote was taken, -1 where nobody voted."""
    backing = (codes == decisions.code[:, None]) & (codes != MISSING)
    return first_true(backing)


def _winning_codes(columns: Codes, backer: Places) -> npt.NDArray[np.int32]:
    """[n_cells]: what the first model of the winning block said; columns: [n_models, n_cells]."""
    vote = columns[backer, np.arange(len(backer))]
    return np.where(backer >= 0, vote, np.int32(MISSING))


def _any_absent(codes: Codes, voters: BoolArray | None) -> BoolArray:
    """[n_cells]: whether anybody whose vote counts said n/a."""
    heard_codes = codes if voters is None else codes[:, voters]
    return np.asarray((heard_codes == ABSENT).any(axis=1))
