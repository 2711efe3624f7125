"""Which cached vote counts for each cell, and what state the cell is in.

All on columns: answers are long (one row per answer, a list of votes in each), cells are a block
[products, models, attributes], and one indexed assignment in order of time puts each vote where it
belongs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.vote_states import USABLE_STATES
from ..cache.schema import DIGEST
from .questionnaire import Questionnaire

TO_ASK, NO_ANSWER, NO_VOTE, HAS_VOTE = 0, 1, 2, 3
"""State of a cell: never asked; failed in transport; finally answered without a usable vote; covered."""

VOTE_COLUMNS = (
    "answered_ns",
    "product_id",
    "model",
    "model_part",
    "text_digest",
    "source",
    "status",
    "votes",
)
"""The columns of `schema.ANSWERS` by which votes are selected."""

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Selection:
    """For every cell, the cached vote that counts.

    Attributes:
        entry: [n_products, n_models, n_attributes] index into `votes`, -1 where nothing is cached.
        votes: All votes of the answers, one struct of `schema.VOTE` each.
        answer_of_vote: [n_votes] row of `answers` that each vote came from.
        answers: The answers, in order of time, imported ones first.
        is_usable: [n_answers] whether the answer gave at least one vote.
    """

    entry: IntArray
    votes: pa.StructArray
    answer_of_vote: IntArray
    answers: pa.Table
    is_usable: BoolArray

    def states(self) -> npt.NDArray[np.int8]:
        """State of every cell, [n_products, n_models, n_attributes].

        TO_ASK, NO_ANSWER, NO_VOTE or HAS_VOTE.
        """
        is_finished = _equal(self.answers.column("status"), "answered")
        of_answer = np.where(is_finished, NO_VOTE, NO_ANSWER)
        of_answer[self.is_usable] = HAS_VOTE
        of_vote = of_answer[self.answer_of_vote].astype(np.int8)
        return np.append(of_vote, np.int8(TO_ASK))[self.entry]  # entry -1 reads the last

    def has_vote(self) -> BoolArray:
        """Whether a cell has a usable vote, [n_products, n_models, n_attributes]."""
        return np.append(_is_vote(self.votes), False)[self.entry]

    def count_without_vote(self, applies: BoolArray) -> int:
        """How many (product, attribute) pairs no model has given a usable vote.

        Args:
            applies: [n_products, n_attributes] bool, the pairs that count.
        """
        has_vote = self.has_vote().any(axis=1)
        return int((applies & ~has_vote).sum())


def select_votes(
    answers: pa.Table,
    products: pa.Table,
    questionnaire: Questionnaire,
    fingerprints: Mapping[int, pa.Array] | None = None,
) -> Selection:
    """Choose, for every cell of some products, the cached vote that counts.

    Args:
        answers: Table with `VOTE_COLUMNS` at least.
        products: Table with product_id and text_digest, ids unique.
        questionnaire: What the config asks now.
        fingerprints: As `select_votes_by_row` takes them.
    """
    product_of_answer = match_products(answers, products)
    return select_votes_by_row(
        answers, product_of_answer, products.num_rows, questionnaire, fingerprints
    )


def select_votes_by_row(
    answers: pa.Table,
    product_of_answer: IntArray,
    n_products: int,
    questionnaire: Questionnaire,
    fingerprints: Mapping[int, pa.Array] | None = None,
) -> Selection:
    """Choose, for every cell, the cached vote that counts.

    Among answers to the present prompt the last one that gave the cell a vote counts; failing that
    the last usable one, failing that the last. Imported answers stand behind all that were paid
    for, unless they were imported to replace them.

    Args:
        answers: Table with `VOTE_COLUMNS` at least, in order of time.
        product_of_answer: [n_answers] which product (row of the block) an answer belongs to; -1 for
            none.
        n_products: Number of products.
        questionnaire: What the config asks now.
        fingerprints: model index -> [n_products * n_attributes] string, what `mock` and `replay`
            would answer from. A vote with another fingerprint makes the cell one to ask. Not looked
            at where None.
    """
    imports_first = np.argsort(~_equal(answers.column("source"), "imported"), kind="stable")
    answers = answers.take(imports_first)
    votes, answer_of_vote = _flatten(answers.column("votes"))
    cells = _VoteCells(
        product=product_of_answer[imports_first][answer_of_vote],
        model=_model_of_answer(answers, questionnaire)[answer_of_vote],
        attribute=_attribute_of_vote(votes, questionnaire),
        shape=(n_products, len(questionnaire.models), len(questionnaire.attributes)),
    )
    is_vote = _is_vote(votes)
    votes_of_answer = np.bincount(answer_of_vote, weights=is_vote, minlength=answers.num_rows)
    is_usable = votes_of_answer > 0
    is_stale = cells.differ_in_fingerprint(votes, fingerprints or {})
    entry = cells.last_entries(is_vote, is_usable[answer_of_vote], is_stale)
    _share_between_names(entry, questionnaire.model_parts)
    return Selection(entry, votes, answer_of_vote, answers, is_usable)


@dataclass(frozen=True)
class _VoteCells:
    """The cell that each vote is about; -1 where the config asks no such thing.

    Attributes:
        product: [n_votes] row of the block.
        model: [n_votes] index of the model.
        attribute: [n_votes] index of the attribute.
        shape: Numbers of products, models and attributes.
    """

    product: IntArray
    model: IntArray
    attribute: IntArray
    shape: tuple[int, int, int]

    def is_in_block(self) -> BoolArray:
        """[n_votes] whether the config asks for such a vote."""
        in_block: BoolArray = (self.product >= 0) & (self.model >= 0) & (self.attribute >= 0)
        return in_block

    def differ_in_fingerprint(
        self, votes: pa.StructArray, fingerprints: Mapping[int, pa.Array]
    ) -> BoolArray:
        """[n_votes] whether a mock or a replay would answer from something else by now."""
        is_stale = np.zeros(len(votes), bool)
        for model, fingerprints_now in fingerprints.items():
            of_model = np.flatnonzero(self.is_in_block() & (self.model == model))
            cell = self.product[of_model] * self.shape[2] + self.attribute[of_model]
            equal = pc.equal(votes.field("fingerprint").take(of_model), fingerprints_now.take(cell))
            is_stale[of_model] = ~_as_bool(equal, null=True)
        return is_stale

    def last_entries(
        self, is_vote: BoolArray, is_of_usable_answer: BoolArray, is_stale: BoolArray
    ) -> IntArray:
        """The vote that counts for each cell, -1 where there is none or it is stale.

        Returns:
            [n_products, n_models, n_attributes] index of the vote.
        """
        in_block = np.flatnonzero(self.is_in_block())
        cell = np.ravel_multi_index(
            (self.product[in_block], self.model[in_block], self.attribute[in_block]), self.shape
        )
        vote = np.where(is_stale, -1, np.arange(len(is_stale)))[in_block]
        entry = np.full(np.prod(self.shape), -1)
        entry[cell] = vote  # a repeated index keeps the last: votes are in order of time
        for is_better in (is_of_usable_answer, is_vote):
            better = (is_better | is_stale)[in_block]
            entry[cell[better]] = vote[better]
        return entry.reshape(self.shape)


def match_products(answers: pa.Table, products: pa.Table) -> IntArray:
    """Which product each answer belongs to: the same id, and the text it has now; -1 for none.

    HTML that is cleaned, and the same HTML kept, are one text.

    Args:
        answers: Table with product_id and text_digest.
        products: Table with product_id, text_digest and perhaps other_text_digest, ids unique.

    Returns:
        [n_answers] int64, row of the product.
    """
    if products.num_rows == 0:
        return np.full(answers.num_rows, -1)
    row = _index_in(answers.column("product_id"), products.column("product_id"))
    rows = pa.array(np.maximum(row, 0))
    digests = answers.column("text_digest")
    # Imported answers have no text: they hold for whatever text the product has.
    is_same = _as_bool(pc.equal(digests, products.column("text_digest").take(rows)), null=True)
    if "other_text_digest" in products.column_names:
        other_digests = products.column("other_text_digest").take(rows)
        is_same = is_same | _as_bool(pc.equal(digests, other_digests), null=False)
    return np.where(is_same, row, -1)


def _model_of_answer(answers: pa.Table, questionnaire: Questionnaire) -> IntArray:
    """Index of each answer's model; imported answers go by its name."""
    digests = answers.column("model_part")
    by_digest = _index_in(digests, pa.array(questionnaire.model_parts, DIGEST))
    names = pa.array([model.name for model in questionnaire.models])
    by_name = _index_in(answers.column("model"), names)
    return np.where(pc.is_null(digests).to_numpy(), by_name, by_digest)


def _attribute_of_vote(votes: pa.StructArray, questionnaire: Questionnaire) -> IntArray:
    """Index of each vote's attribute; imported votes go by its name."""
    digests = votes.field("part")
    by_digest = _index_in(digests, pa.array(questionnaire.parts, DIGEST))
    names = pa.array([attribute.name for attribute in questionnaire.attributes])
    by_name = _index_in(votes.field("attribute"), names)
    return np.where(_as_bool(pc.is_null(digests)), by_name, by_digest)


def _is_vote(votes: pa.StructArray) -> BoolArray:
    return _as_bool(pc.is_in(votes.field("state"), value_set=pa.array(USABLE_STATES)))


def _flatten(lists: pa.ChunkedArray) -> tuple[pa.StructArray, IntArray]:
    """All votes of a column, and the row of each."""
    array = lists.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        chunks = array.chunks or [pa.array([], array.type)]
        array = pa.concat_arrays(chunks)
    rows = pc.list_parent_indices(array).to_numpy().astype(np.int64)
    return pc.list_flatten(array), rows


def _share_between_names(entry: IntArray, model_parts: Sequence[bytes]) -> None:
    """Two names of one model (same identity, same sampling) share their answers."""
    for index, part in enumerate(model_parts):
        first = model_parts.index(part)
        if first != index:
            entry[:, index] = np.where(entry[:, first] >= 0, entry[:, first], entry[:, index])


def _index_in(values: pa.Array | pa.ChunkedArray, choices: pa.Array) -> IntArray:
    """Position of each value in the choices, -1 where it is none of them."""
    index: IntArray = (
        pc.index_in(values, value_set=choices).fill_null(-1).to_numpy().astype(np.int64)
    )
    return index


def _equal(column: pa.ChunkedArray, value: str) -> BoolArray:
    return _as_bool(pc.equal(column, value))


def _as_bool(values: pa.Array | pa.ChunkedArray, *, null: bool = False) -> BoolArray:
    """Arrow's booleans as numpy's; `null` stands for those that are not there."""
    values = values.fill_null(null)
    if isinstance(values, pa.ChunkedArray):
        return np.asarray(values.to_numpy(), bool)
    return np.asarray(values.to_numpy(zero_copy_only=False), bool)
