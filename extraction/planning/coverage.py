"""Which cached vote counts for each cell, and what state the cell is in.

All on columns: answers are long (one row per answer, a list of votes in each), cells are a table
[cells, models], and one indexed assignment in order of time puts each vote where it belongs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.vote_states import USABLE_STATES
from ...ensemble.cells import Cells
from .arrow_arrays import BoolArray, IntArray, as_bool, as_int, equals, flatten
from .matching import match_attributes, match_models, match_products
from .questionnaire import Questionnaire

TO_ASK, NO_ANSWER, NO_VOTE, HAS_VOTE = 0, 1, 2, 3
"""States of a cell: never asked; failed in transport; answered without a usable vote; covered."""

VOTE_COLUMNS = (
    "answered_ns",
    "product_id",
    "model",
    "model_part",
    "text_digest",
    "source",
    "status",
    "finish",
    "max_tokens",
    "votes",
)
"""The columns of `schema.ANSWERS` by which votes are selected."""


@dataclass(frozen=True)
class Selection:
    """For every cell, the cached vote that counts.

    Attributes:
        entry: [n_cells, n_models] index into `votes`, -1 where nothing is cached.
        votes: All votes of the answers, one struct of `schema.VOTE` each.
        answer_of_vote: [n_votes] row of `answers` that each vote came from.
        answers: The answers, in order of time, imported ones first.
        is_usable: [n_answers] whether the answer gave at least one vote.
        is_cut_short: [n_votes] whether the answer was cut off at fewer tokens than its model may
            have now.
    """

    entry: IntArray
    votes: pa.StructArray
    answer_of_vote: IntArray
    answers: pa.Table
    is_usable: BoolArray
    is_cut_short: BoolArray

    def states(self) -> npt.NDArray[np.int8]:
        """State of every cell, [n_cells, n_models].

        TO_ASK, NO_ANSWER, NO_VOTE or HAS_VOTE.
        """
        is_finished = equals(self.answers.column("status"), "answered")
        of_answer = np.where(is_finished, NO_VOTE, NO_ANSWER).astype(np.int8)
        of_answer[self.is_usable] = HAS_VOTE
        of_vote = of_answer[self.answer_of_vote]
        of_vote[self.is_cut_short & ~_is_vote(self.votes)] = NO_ANSWER
        of_entry = np.append(of_vote, np.int8(TO_ASK))  # entry -1 reads the last
        return of_entry[self.entry]

    def has_vote(self) -> BoolArray:
        """Whether a cell has a usable vote, [n_cells, n_models]."""
        of_entry = np.append(_is_vote(self.votes), False)
        return of_entry[self.entry]

    def count_without_vote(self, counts: BoolArray) -> int:
        """How many cells no model has given a usable vote.

        Args:
            counts: [n_cells], the cells that count.
        """
        has_vote = self.has_vote().any(axis=1)
        return int((counts & ~has_vote).sum())


def select_votes(
    answers: pa.Table,
    products: pa.Table,
    cells: Cells,
    questionnaire: Questionnaire,
    fingerprints: Mapping[int, pa.Array] | None = None,
) -> Selection:
    """Choose, for every cell of some products, the cached vote that counts.

    Args:
        answers: Table with `VOTE_COLUMNS` at least.
        products: Table with product_id and text_digest, ids unique.
        cells: Their cells.
        questionnaire: What the config asks now.
        fingerprints: As `select_votes_by_row` takes them.
    """
    product_of_answer = match_products(answers, products)
    return select_votes_by_row(answers, product_of_answer, cells, questionnaire, fingerprints)


def select_votes_by_row(
    answers: pa.Table,
    product_of_answer: IntArray,
    cells: Cells,
    questionnaire: Questionnaire,
    fingerprints: Mapping[int, pa.Array] | None = None,
) -> Selection:
    """Choose, for every cell, the cached vote that counts.

    Among answers to the present prompt the last one that gave the cell a vote counts; failing that
    the last usable one, failing that the last. Imported answers stand behind all that were paid
    for, unless they were imported to replace them.

    Args:
        answers: Table with `VOTE_COLUMNS` at least, in order of time.
        product_of_answer: [n_answers] which product (row of the cells) an answer belongs to; -1 for
            none.
        cells: The cells.
        questionnaire: What the config asks now.
        fingerprints: model index -> [n_cells] string, what `mock` and `replay` would answer from. A
            vote with another fingerprint makes the cell one to ask. Not looked at where None.
    """
    is_paid = ~equals(answers.column("source"), "imported")
    imports_first = np.argsort(is_paid, kind="stable")
    answers = answers.take(imports_first)
    product_of_answer = product_of_answer[imports_first]
    model_of_answer = match_models(answers, questionnaire)
    votes, answer_of_vote = flatten(answers.column("votes"))
    product_of_vote = product_of_answer[answer_of_vote]
    attribute_of_vote = match_attributes(votes, questionnaire)
    vote_cells = _VoteCells(
        cell=cells.find(product_of_vote, attribute_of_vote),
        model=model_of_answer[answer_of_vote],
        shape=(len(cells), len(questionnaire.models)),
    )
    is_vote = _is_vote(votes)
    is_usable = np.zeros(answers.num_rows, bool)
    is_usable[answer_of_vote[is_vote]] = True
    is_stale = vote_cells.differ_in_fingerprint(votes, fingerprints or {})
    entry = vote_cells.last_entries(is_vote, is_usable[answer_of_vote], is_stale)
    _share_between_names(entry, questionnaire.model_parts)
    is_cut_short = _is_cut_short(answers, model_of_answer, questionnaire)[answer_of_vote]
    return Selection(entry, votes, answer_of_vote, answers, is_usable, is_cut_short)


def _is_cut_short(
    answers: pa.Table, model_of_answer: IntArray, questionnaire: Questionnaire
) -> BoolArray:
    """[n_answers] whether an answer was cut off at fewer tokens than its model may have now."""
    limits = [limits.second for limits in questionnaire.token_limits]
    limit_now = np.array([*limits, 0])[model_of_answer]  # model -1 reads the last
    limit_then = as_int(answers.column("max_tokens"), null=np.iinfo(np.int64).max)
    return equals(answers.column("finish"), "length") & (limit_then < limit_now)


@dataclass(frozen=True)
class _VoteCells:
    """The cell that each vote is about; -1 where the config asks no such thing.

    Attributes:
        cell: [n_votes] place of the cell.
        model: [n_votes] index of the model.
        shape: Numbers of cells and models.
    """

    cell: IntArray
    model: IntArray
    shape: tuple[int, int]

    def asked_for(self) -> IntArray:
        """The votes that the config asks for, in order of time."""
        return np.flatnonzero((self.cell >= 0) & (self.model >= 0))

    def differ_in_fingerprint(
        self, votes: pa.StructArray, fingerprints: Mapping[int, pa.Array]
    ) -> BoolArray:
        """[n_votes] whether a mock or a replay would answer from something else by now."""
        is_stale = np.zeros(len(votes), bool)
        if not fingerprints:
            return is_stale
        asked_for = self.asked_for()
        all_before = votes.field("fingerprint")
        for model, all_now in fingerprints.items():
            of_model = asked_for[self.model[asked_for] == model]
            now = all_now.take(self.cell[of_model])
            before = all_before.take(of_model)
            is_same = as_bool(pc.equal(before, now), null=True)
            is_stale[of_model] = ~is_same
        return is_stale

    def last_entries(
        self, is_vote: BoolArray, is_of_usable_answer: BoolArray, is_stale: BoolArray
    ) -> IntArray:
        """The vote that counts for each cell, -1 where there is none or it is stale.

        Returns:
            [n_cells, n_models] index of the vote.
        """
        votes = self.asked_for()
        n_cells, n_models = self.shape
        place = self.cell[votes] * n_models + self.model[votes]
        value = np.where(is_stale[votes], -1, votes)
        entry = np.full(n_cells * n_models, -1)
        entry[place] = value  # a repeated index keeps the last: votes are in order of time
        for is_better in (is_of_usable_answer, is_vote):
            is_better_or_stale = is_better | is_stale
            better = is_better_or_stale[votes]
            entry[place[better]] = value[better]
        return entry.reshape(self.shape)


def _is_vote(votes: pa.StructArray) -> BoolArray:
    """[n_votes] whether a vote is usable."""
    states = votes.field("state")
    return as_bool(pc.is_in(states, value_set=pa.array(USABLE_STATES)))


def _share_between_names(entry: IntArray, model_parts: Sequence[bytes]) -> None:
    """Two names of one model (same identity, same sampling) share their answers."""
    for index, part in enumerate(model_parts):
        first = model_parts.index(part)
        if first == index:
            continue
        of_first = entry[:, first]
        entry[:, index] = np.where(of_first >= 0, of_first, entry[:, index])
