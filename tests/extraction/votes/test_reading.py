"""Stored answers are read again when the vocabulary has changed."""

from __future__ import annotations

from pathlib import Path

from shop import GENDER, Shop

from attrx.extraction.planning.questionnaire import Questionnaire
from attrx.extraction.votes.reading import read_again

NEW_READER = {**GENDER, "values": {"male": ["men", "him"], "female": [], "unisex": []}}


def test_a_vote_whose_raw_text_is_lost_stays_what_it_was(tmp_path: Path) -> None:
    model = {"name": "a", "provider": "mock"}
    shop = Shop(tmp_path, [model], {}, attributes={"gender": NEW_READER})
    questionnaire = Questionnaire.from_settings(shop.settings)
    vote = {"attribute": "gender", "part": b"p" * 16, "fingerprint": None, "reader": b"old" * 5}
    vote |= {"state": "value", "value": "male", "spelling": "Male", "probability": None}
    gone_vote = {**vote, "attribute": "of the past"}
    row = {"finish": "stop", "raw": None, "votes": [vote, gone_vote]}
    votes = read_again(row, questionnaire)
    assert votes == [{**vote, "reader": questionnaire.readers[0]}, gone_vote]


def test_a_refusal_without_a_text_stays_one(tmp_path: Path) -> None:
    shop = Shop(tmp_path, [{"name": "a", "provider": "mock"}], {})
    questionnaire = Questionnaire.from_settings(shop.settings)
    vote = {"attribute": "gender", "part": b"p" * 16, "fingerprint": None, "reader": b"old" * 5}
    vote |= {"state": "refused", "value": None, "spelling": None, "probability": None}
    row = {"finish": "refused", "raw": None, "votes": [vote]}
    assert [each["state"] for each in read_again(row, questionnaire)] == ["refused"]
