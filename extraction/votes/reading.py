"""Raw answers -> the votes that are stored beside them; and again, when the vocabulary has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.vote_states import is_usable
from ...prompts.reading.answer import read_answer
from ...prompts.reading.vote import Vote
from ...providers.protocol import Finish
from ..cache.schema import ANSWERS
from ..planning.questionnaire import Questionnaire

Entry = dict[str, Any]
"""One struct of `schema.VOTE`."""


def read_votes(
    raw: str, finish: Finish | None, questionnaire: Questionnaire, attributes: Sequence[int]
) -> list[Vote]:
    """The votes of one answer, in the order of `attributes`.

    Where the model or the vendor's filter refused, what cannot be read is a refusal and not a
    broken answer.
    """
    votes = read_answer(raw, [questionnaire.vocabularies[index] for index in attributes])
    if finish in {"refused", "filtered"} and not any(is_usable(vote.state) for vote in votes):
        return [Vote(vote.attribute, "refused", None, None) for vote in votes]
    return list(votes)


def as_entry(
    vote: Vote,
    questionnaire: Questionnaire,
    attribute: int,
    *,
    fingerprint: str | None,
    imported: bool = False,
    probability: float | None = None,
) -> Entry:
    """A vote as it is stored."""
    return {
        "attribute": vote.attribute,
        "part": None if imported else questionnaire.parts[attribute],
        "fingerprint": fingerprint,
        "reader": questionnaire.readers[attribute],
        "state": vote.state,
        "value": vote.value,
        "spelling": vote.spelling,
        "probability": probability,
    }


def needs_rereading(answers: pa.Table, questionnaire: Questionnaire) -> bool:
    """Whether the vocabulary has changed since some of these answers were read; needs `status` and `votes`."""
    return len(_stale_rows(answers, questionnaire)) > 0


def reread(answers: pa.Table, questionnaire: Questionnaire) -> pa.Table:
    """Read raw answers again where the reader of an attribute has changed since; asks nobody.

    Args:
        answers: Table of `schema.ANSWERS` (or with its columns finish, raw, status and votes).
        questionnaire: What the config asks now.

    Returns:
        The same object where nothing had to be read again.
    """
    stale = _stale_rows(answers, questionnaire)
    if len(stale) == 0:
        return answers
    fresh = answers.take(pa.array(stale))
    rows = fresh.select(["finish", "raw", "votes"]).to_pylist()
    votes = pa.array([read_again(row, questionnaire) for row in rows], ANSWERS.field("votes").type)
    index = fresh.schema.get_field_index("votes")
    fresh = fresh.set_column(index, ANSWERS.field("votes"), votes)
    keep = np.ones(answers.num_rows, bool)
    keep[stale] = False
    return pa.concat_tables([answers.filter(pa.array(keep)), fresh]).sort_by("answered_ns")


def _stale_rows(answers: pa.Table, questionnaire: Questionnaire) -> npt.NDArray[np.int64]:
    """Rows with a present attribute that was read by another vocabulary."""
    lists = answers.column("votes").combine_chunks()
    votes = pc.list_flatten(lists)
    parent = pc.list_parent_indices(lists).to_numpy()
    names = pa.array([attribute.name for attribute in questionnaire.attributes])
    known = pc.index_in(votes.field("attribute"), value_set=names)
    now = pa.array(questionnaire.readers, pa.binary(16)).take(known)
    changed = (
        pc.not_equal(votes.field("reader"), now).fill_null(False).to_numpy(zero_copy_only=False)
    )
    finished = pc.equal(answers.column("status"), "answered").to_numpy()
    rows = np.unique(parent[changed])
    stale: npt.NDArray[np.int64] = rows[finished[rows]]
    return stale


def read_again(row: dict[str, Any], questionnaire: Questionnaire) -> list[Entry]:
    """All votes of one answer with present attributes read anew; votes on attributes of the past stay as they are.

    Args:
        row: What `schema.ANSWERS` holds under finish, raw and votes.
        questionnaire: What the config asks now.
    """
    index = {attribute.name: number for number, attribute in enumerate(questionnaire.attributes)}
    raw = row["raw"] or ""  # a request that the vendor refused has no text
    present = [index[entry["attribute"]] for entry in row["votes"] if entry["attribute"] in index]
    votes = dict(zip(present, read_votes(raw, row["finish"], questionnaire, present), strict=True))
    entries = []
    for entry in row["votes"]:
        number = index.get(entry["attribute"])
        if number is None:
            entries.append(entry)
        else:
            new = as_entry(votes[number], questionnaire, number, fingerprint=entry["fingerprint"])
            entries.append({**new, "part": entry["part"], "probability": entry.get("probability")})
    return entries
