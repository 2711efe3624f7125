"""Which cached vote counts for each cell, and what is left to ask.

All on columns: answers are long (one row per answer, a list of votes in each), cells are a block
[products, models, attributes], and one indexed assignment in order of time puts each vote where it
belongs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.vote_states import USABLE_STATES
from ..cache.schema import DIGEST
from .questionnaire import Questionnaire

TO_ASK, FAILED, UNUSABLE, USABLE = 0, 1, 2, 3
"""State of a cell: never asked; failed in transport; finally answered without a usable vote; covered."""

COLUMNS = (
    "answered_ns",
    "product_id",
    "model",
    "model_part",
    "text_digest",
    "source",
    "status",
    "votes",
)
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Selection:
    """For every cell, the cached vote that counts.

    Attributes:
        entry: [n_products, n_models, n_attributes] index into `votes`, -1 where nothing is cached.
        votes: All votes of the answers, one struct of `schema.VOTE` each.
        parent: [n_votes] row of `answers` that each vote came from.
        answers: The answers, in order of time, imported ones first.
        usable: [n_answers] whether the answer gave at least one vote.
    """

    entry: IntArray
    votes: pa.StructArray
    parent: IntArray
    answers: pa.Table
    usable: npt.NDArray[np.bool_]

    def states(self) -> npt.NDArray[np.int8]:
        """State of every cell: TO_ASK, FAILED, UNUSABLE or USABLE, [n_products, n_models, n_attributes]."""
        answered = _equal(self.answers.column("status"), "answered")
        of_row = np.where(self.usable, USABLE, np.where(answered, UNUSABLE, FAILED)).astype(np.int8)
        of_entry = np.append(of_row[self.parent], np.int8(TO_ASK))  # entry -1 reads the last
        return of_entry[self.entry]

    def voted(self) -> npt.NDArray[np.bool_]:
        """Whether a cell has a usable vote, [n_products, n_models, n_attributes]."""
        of_entry = np.append(_is_vote(self.votes), False)
        return of_entry[self.entry]


def select(
    answers: pa.Table,
    questionnaire: Questionnaire,
    place: IntArray,
    n_places: int,
    fingerprints: dict[int, pa.Array] | None = None,
) -> Selection:
    """Choose, for every cell, the cached vote that counts.

    Among answers to the present prompt the last one that gave the cell a vote counts; failing that
    the last usable one, failing that the last. Imported answers stand behind all that were paid
    for, unless they were imported to replace them.

    Args:
        answers: Table with `COLUMNS` at least.
        questionnaire: What the config asks now.
        place: [n_answers] which product (row of the block) an answer belongs to; -1 for none.
        n_places: Number of products.
        fingerprints: model index -> [n_products * n_attributes] string, what `mock` and `replay`
            would answer from. A vote with another fingerprint makes the cell one to ask. Not looked
            at where None.

    Returns:
        The selection.
    """
    order = np.argsort(~_equal(answers.column("source"), "imported"), kind="stable")
    answers, place = answers.take(order), place[order]
    model = _model_index(answers, questionnaire)
    votes, parent = _flatten(answers.column("votes"))
    attribute = _attribute_index(votes, questionnaire)
    voted = _is_vote(votes)
    usable = np.bincount(parent, weights=voted, minlength=answers.num_rows) > 0
    valid = (place[parent] >= 0) & (model[parent] >= 0) & (attribute >= 0)
    shape = (n_places, len(questionnaire.models), len(questionnaire.attributes))
    cell = np.ravel_multi_index(
        (np.maximum(place[parent], 0), np.maximum(model[parent], 0), np.maximum(attribute, 0)),
        shape,
    )
    number = np.arange(len(votes))
    stale = np.zeros(len(votes), bool)
    for index, expected in (fingerprints or {}).items():
        mine = np.flatnonzero(valid & (model[parent] == index))
        expected_now = expected.take(place[parent][mine] * shape[2] + attribute[mine])
        stale[mine] = ~pc.equal(votes.field("fingerprint").take(mine), expected_now).fill_null(
            True
        ).to_numpy(zero_copy_only=False)
    number[stale] = -1
    entry = np.full(np.prod(shape), -1)
    for better in (valid, valid & (usable[parent] | stale), valid & (voted | stale)):
        entry[cell[better]] = number[
            better
        ]  # a repeated index keeps the last: rows are in order of time
    entry = entry.reshape(shape)
    _copy_twins(entry, questionnaire.model_parts)
    return Selection(entry, votes, parent, answers, usable)


def place_by_id(answers: pa.Table, products: pa.Table) -> IntArray:
    """Which product each answer belongs to: the same id, and the text it has now; -1 for none.

    Args:
        answers: Table with product_id and text_digest.
        products: Table with product_id and text_digest, ids unique.

    Returns:
        [n_answers] int64.
    """
    if products.num_rows == 0:
        return np.full(answers.num_rows, -1)
    place = pc.index_in(
        answers.column("product_id"), value_set=products.column("product_id")
    ).fill_null(-1)
    index: IntArray = place.to_numpy().astype(np.int64)
    now = products.column("text_digest").take(pa.array(np.maximum(index, 0)))
    same = pc.equal(answers.column("text_digest"), now).fill_null(
        True
    )  # imported answers know no text
    return np.where(same.to_numpy(), index, -1)


def has_text(products: pa.Table) -> npt.NDArray[np.bool_]:
    """Which products have a text; the others are not asked about.

    Args:
        products: Table with `fields`.

    Returns:
        [n_products] bool.
    """
    fields = products.column("fields").combine_chunks()
    filled = pc.not_equal(
        pc.utf8_trim_whitespace(pc.struct_field(pc.list_flatten(fields), "text")), ""
    )
    owner = pc.list_parent_indices(fields).to_numpy()
    found: npt.NDArray[np.bool_] = (
        np.bincount(
            owner, weights=filled.to_numpy(zero_copy_only=False), minlength=products.num_rows
        )
        > 0
    )
    return found


def _model_index(answers: pa.Table, questionnaire: Questionnaire) -> IntArray:
    parts = answers.column("model_part")
    known = (
        pc.index_in(parts, value_set=pa.array(questionnaire.model_parts, DIGEST))
        .fill_null(-1)
        .to_numpy()
    )
    named = pc.index_in(
        answers.column("model"), value_set=pa.array([m.name for m in questionnaire.models])
    ).fill_null(-1)
    index: IntArray = np.where(pc.is_null(parts).to_numpy(), named.to_numpy(), known).astype(
        np.int64
    )
    return index


def _attribute_index(votes: pa.StructArray, questionnaire: Questionnaire) -> IntArray:
    parts = votes.field("part")
    known = pc.index_in(parts, value_set=pa.array(questionnaire.parts, DIGEST)).fill_null(-1)
    named = pc.index_in(
        votes.field("attribute"), value_set=pa.array([a.name for a in questionnaire.attributes])
    ).fill_null(-1)
    imported = pc.is_null(parts).to_numpy(zero_copy_only=False)
    index: IntArray = np.where(imported, named.to_numpy(), known.to_numpy()).astype(np.int64)
    return index


def _is_vote(votes: pa.StructArray) -> npt.NDArray[np.bool_]:
    state = votes.field("state")
    result: npt.NDArray[np.bool_] = pc.is_in(state, value_set=pa.array(USABLE_STATES)).to_numpy(
        zero_copy_only=False
    )
    return result


def _flatten(votes: pa.ChunkedArray) -> tuple[pa.StructArray, IntArray]:
    lists = votes.combine_chunks()
    if isinstance(lists, pa.ChunkedArray):
        lists = pa.concat_arrays(lists.chunks) if lists.num_chunks else pa.array([], lists.type)
    return pc.list_flatten(lists), pc.list_parent_indices(lists).to_numpy().astype(np.int64)


def _copy_twins(entry: IntArray, parts: Sequence[bytes]) -> None:
    """Two names of one model (same identity, same sampling) share their answers."""
    for index, part in enumerate(parts):
        first = parts.index(part)
        if first != index:
            entry[:, index] = np.where(entry[:, first] >= 0, entry[:, first], entry[:, index])


def _equal(column: pa.ChunkedArray, value: str) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = pc.equal(column, value).to_numpy()
    return result
