"""Raw answers -> the votes that are stored beside them, anew when the vocabulary has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.vote_states import is_usable
from ...prompts.reading.answer import read_answer
from ...prompts.reading.vote import Vote
from ...providers.protocol import Finish
from ..cache.schema import ANSWERS, DIGEST
from ..planning.arrow_arrays import IntArray, as_bool, equals, flatten
from ..planning.questionnaire import Questionnaire

Entry = dict[str, Any]
"""One struct of `schema.VOTE`."""


def read_votes(
    raw: str, finish: Finish | None, questionnaire: Questionnaire, attributes: Sequence[int]
) -> list[Vote]:
    """The votes of one answer.

    Where the model or the vendor's filter refused, what cannot be read is a refusal and not a
    broken answer.

    Args:
        raw: The answer's text.
        finish: Why it ended.
        questionnaire: What the config asks now.
        attributes: Indices of the attributes that it is read for.

    Returns:
        One vote for each of `attributes`, in their order.
    """
    vocabularies = [questionnaire.vocabularies[index] for index in attributes]
    votes = list(read_answer(raw, vocabularies))
    if finish not in {"refused", "filtered"}:
        return votes
    if any(is_usable(vote.state) for vote in votes):
        return votes
    return [Vote(vote.attribute, "refused") for vote in votes]


def as_entry(
    vote: Vote,
    questionnaire: Questionnaire,
    attribute: int,
    *,
    fingerprint: str | None,
    is_imported: bool = False,
    probability: float | None = None,
) -> Entry:
    """A vote as it is stored.

    Args:
        vote: The vote.
        questionnaire: What the config asks now.
        attribute: Index of the attribute that it is about.
        fingerprint: What a mock or a replay answered from; None for real models.
        is_imported: Whether it comes from a file, and so belongs to no prompt.
        probability: The model's own, in [0, 1], of what it said; None where it did not tell.
    """
    return {
        "attribute": vote.attribute,
        "part": None if is_imported else questionnaire.parts[attribute],
        "fingerprint": fingerprint,
        "reader": questionnaire.readers[attribute],
        "state": vote.state,
        "value": vote.value,
        "spelling": vote.spelling,
        "probability": probability,
    }


def needs_rereading(answers: pa.Table, questionnaire: Questionnaire) -> bool:
    """Whether the vocabulary has changed since some of these answers were read.

    Args:
        answers: Table with the columns status and votes of `schema.ANSWERS`.
        questionnaire: What the config asks now.
    """
    return len(_stale_rows(answers, questionnaire)) > 0


def reread(answers: pa.Table, questionnaire: Questionnaire) -> pa.Table:
    """Read raw answers again where the reader of an attribute has changed since; asks nobody.

    Args:
        answers: Table of `schema.ANSWERS` (or with its columns finish, raw, status and votes).
        questionnaire: What the config asks now.

    Returns:
        The same object where nothing had to be read again.
    """
    stale_rows = _stale_rows(answers, questionnaire)
    if len(stale_rows) == 0:
        return answers
    is_stale = np.zeros(answers.num_rows, np.bool_)
    is_stale[stale_rows] = True
    stale_answers = answers.filter(pa.array(is_stale))
    rows = stale_answers.select(["finish", "raw", "votes"])
    votes = [read_again(row, questionnaire) for row in rows.to_pylist()]
    field = ANSWERS.field("votes")
    place = stale_answers.schema.get_field_index("votes")
    fresh_answers = stale_answers.set_column(place, field, pa.array(votes, field.type))
    other_answers = answers.filter(pa.array(~is_stale))
    all_answers = pa.concat_tables([other_answers, fresh_answers])
    return all_answers.sort_by("answered_ns")


def _stale_rows(answers: pa.Table, questionnaire: Questionnaire) -> IntArray:
    """Rows with a present attribute that was read by another vocabulary."""
    votes, answer_of_vote = flatten(answers.column("votes"))
    names = [attribute.name for attribute in questionnaire.attributes]
    attribute = pc.index_in(votes.field("attribute"), value_set=pa.array(names))
    readers_now = pa.array(questionnaire.readers, DIGEST)
    reader_now = readers_now.take(attribute)  # null where the attribute is gone
    reader_then = votes.field("reader")
    differs = as_bool(pc.not_equal(reader_then, reader_now))
    rows = np.unique(answer_of_vote[differs])
    is_finished = equals(answers.column("status"), "answered")
    return rows[is_finished[rows]]


def read_again(row: dict[str, Any], questionnaire: Questionnaire) -> list[Entry]:
    """All votes of one answer, those on present attributes read anew.

    Votes on attributes of the past stay as they are.

    Args:
        row: What `schema.ANSWERS` holds under finish, raw and votes.
        questionnaire: What the config asks now.
    """
    index = {attribute.name: place for place, attribute in enumerate(questionnaire.attributes)}
    entries: list[Entry] = row["votes"]
    if row["raw"] is None and any(is_usable(entry["state"]) for entry in entries):
        return [_as_read_before(entry, questionnaire, index) for entry in entries]
    present = [index[entry["attribute"]] for entry in entries if entry["attribute"] in index]
    raw = row["raw"] or ""  # a request that the vendor refused has no text
    votes = read_votes(raw, row["finish"], questionnaire, present)
    vote_on = dict(zip(present, votes, strict=True))
    fresh_entries = []
    for entry in entries:
        attribute = index.get(entry["attribute"])
        if attribute is None:
            fresh_entries.append(entry)
            continue
        fresh = as_entry(
            vote_on[attribute],
            questionnaire,
            attribute,
            fingerprint=entry["fingerprint"],
            probability=entry.get("probability"),
        )
        fresh_entries.append({**fresh, "part": entry["part"]})
    return fresh_entries


def _as_read_before(entry: Entry, questionnaire: Questionnaire, index: dict[str, int]) -> Entry:
    """A vote whose raw text is lost, as from a damaged file: it stays what it was read as."""
    attribute = index.get(entry["attribute"])
    if attribute is None:
        return entry
    return {**entry, "reader": questionnaire.readers[attribute]}
