"""Votes in the journal: packed by name, and read also where they were packed by position."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from old_journals import write_old_journal

from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.schema import VOTE
from attrx.extraction.cache.vote_packing import pack_votes, unpack_votes
from attrx.extraction.cache.writable_cache import open_for_writing

FULL_VOTE = {
    "attribute": "gender",
    "part": b"p" * 16,
    "fingerprint": None,
    "reader": b"\x00\xff" * 8,
    "state": "value",
    "value": "male",
    "spelling": "Männer",
    "probability": 0.75,
}


def pack_by_position(votes: list[dict[str, Any]]) -> bytes:
    """As the first versions did."""
    return orjson.dumps(
        [[v.hex() if isinstance(v, bytes) else v for v in vote.values()] for vote in votes]
    )


def test_equal_votes_are_packed_alike_whatever_the_order_of_their_fields() -> None:
    turned = dict(reversed(FULL_VOTE.items()))
    assert turned == FULL_VOTE
    assert list(turned) != list(FULL_VOTE)
    assert pack_votes([turned]) == pack_votes([FULL_VOTE])
    assert unpack_votes([pack_votes([turned])]).to_pylist() == [[FULL_VOTE]]


def test_a_field_that_is_left_out_is_null() -> None:
    short = {name: value for name, value in FULL_VOTE.items() if name != "fingerprint"}
    assert unpack_votes([pack_votes([short])]).to_pylist() == [[FULL_VOTE]]


def test_answers_keep_their_own_votes_and_an_answer_may_have_none() -> None:
    other = {**FULL_VOTE, "value": None, "state": "absent"}
    texts = [pack_votes([FULL_VOTE, other]), pack_votes([]), pack_votes([other])]
    column = unpack_votes(texts)
    assert column.to_pylist() == [[FULL_VOTE, other], [], [other]]
    assert column.type.value_type == VOTE


def test_votes_packed_by_position_are_read_also_without_the_last_fields_and_mixed() -> None:
    old = {name: value for name, value in FULL_VOTE.items() if name != "probability"}
    texts = [pack_by_position([FULL_VOTE]), pack_by_position([old]), pack_votes([FULL_VOTE])]
    without_probability = {**FULL_VOTE, "probability": None}
    assert unpack_votes(texts).to_pylist() == [[FULL_VOTE], [without_probability], [FULL_VOTE]]


def test_what_is_no_text_where_one_belongs_is_put_into_words() -> None:
    votes = [pack_votes([{**FULL_VOTE, "value": ["male", 5], "part": "no digest"}])]
    assert unpack_votes(votes).to_pylist() == [
        [{**FULL_VOTE, "value": "['male', 5]", "part": None}]
    ]


def test_a_journal_of_an_older_version_is_read_and_compacted(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.journal.advance(0)
    row = (
        *(7, "p1", "one", b"m" * 16, b"t" * 16, b"k" * 16, "asked", "answered", "stop"),
        *('{"gender": "Männer"}', None, "v1", "req", 10, 2, 0.5, pack_by_position([FULL_VOTE])),
        0,
    )
    write_old_journal(tmp_path / "journal.sqlite", [row])
    [waiting] = AnswersCache(tmp_path).answers(0).to_pylist()
    assert waiting["votes"] == [FULL_VOTE]
    assert (waiting["answered_ns"], waiting["cost_usd"]) == (7, 0.5)
    with open_for_writing(tmp_path) as cache:
        assert cache.journal.buckets() == []
    assert AnswersCache(tmp_path).answers(0).to_pylist() == [waiting]
