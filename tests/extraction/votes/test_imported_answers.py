"""Rows read in columns say what their answers say when each is read by itself."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from attrx.configs.settings import Settings
from attrx.extraction.cache.schema import ANSWERS
from attrx.extraction.planning.questionnaire import Questionnaire
from attrx.extraction.votes.answers_file import AnswersFile, read_answers_file
from attrx.extraction.votes.imported_answers import (
    FILE_SOURCE,
    AnswerReader,
    ImportedAnswers,
    as_products,
    count_behind_others,
    unchanged_answers,
)
from attrx.extraction.votes.reading import read_votes

NAMES = ("gender", "Gender", "size", "brand", "colour", "size_unit", "value", "attribute", "")
VALUES = (
    "male",
    "men",
    "Male ",
    "n/a",
    "none",
    "unknown",
    "lord",
    "",
    "  ",
    "12 cm",
    "1.250 mm",
    "12",
    "cm",
    '["male", "female"]',
    '{"value": "male"}',
    '{"gender": "female"}',
    "male or female",
    "I cannot say",
    "Acme",
    "acme®",
    '"Acme"',
    "gender: male",
    "size",
    "ßtraße",
    "a\nb",
    "=1+1",
    "'",
    "null",
    "true",
)
COLOUR = {"name": "colour", "values": ["red", "blue"]}
CONFIG = {
    "version": 1,
    "input": {"id": "sku", "text": ["title"]},
    "attributes": [
        {"name": "gender", "values": {"male": ["men"], "female": ["women"]}},
        {"name": "brand", "open": True},
        {"name": "size", "open": True, "type": "number", "unit": "mm", "accept_units": ["cm"]},
        COLOUR,
    ],
    "models": [{"name": "a", "provider": "mock"}],
}


@pytest.fixture(scope="module")
def questionnaire() -> Questionnaire:
    return Questionnaire.from_settings(Settings.model_validate(CONFIG))


def read_file(rows: list[dict[str, str]], folder: Path) -> AnswersFile:
    folder.mkdir()
    path = folder / "answers.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return read_answers_file(path, folder)


def imported(
    rows: list[dict[str, str]], folder: Path, questionnaire: Questionnaire
) -> ImportedAnswers:
    reader = AnswerReader(questionnaire, FILE_SOURCE, ("off_list", "unreadable"))
    [(_, table)] = read_file(rows, folder).buckets(1)
    return reader.read_values(table) if "value" in rows[0] else reader.read_raw(table)


def expected_raw(rows: list[dict[str, str]]) -> tuple[dict[tuple[str, str], str], int]:
    """The answers of rows of values, and how many rows contradict an earlier one."""
    said: dict[tuple[str, str], dict[str, str]] = {}
    conflicts = 0
    for row in rows:
        if row["value"].strip():
            values = said.setdefault((row["product_id"], row["model"]), {})
            conflicts += values.get(row["attribute"], row["value"]) != row["value"]
            values[row["attribute"]] = row["value"]
    return {key: orjson.dumps(values).decode() for key, values in said.items()}, conflicts


@pytest.mark.parametrize("seed", range(25))
def test_votes_are_those_of_each_answer_read_by_itself(
    seed: int, tmp_path: Path, questionnaire: Questionnaire
) -> None:
    luck = random.Random(seed)
    names = luck.sample(NAMES, luck.randint(1, len(NAMES)))
    rows = [
        {
            "product_id": f"p{luck.randrange(12)}",
            "model": luck.choice("ab"),
            "attribute": luck.choice(names),
            "value": luck.choice(VALUES),
        }
        for _ in range(120)
    ]
    found = imported(rows, tmp_path / "in", questionnaire)
    raw_of_answer, conflicts = expected_raw(rows)
    answers = found.answers.to_pylist()
    assert [(each["product_id"], each["model"]) for each in answers] == list(raw_of_answer)
    assert found.conflicts == conflicts
    odd: Counter[str] = Counter()
    for answer in answers:
        raw = raw_of_answer[answer["product_id"], answer["model"]]
        assert answer["raw"] == raw
        votes = read_votes(raw, None, questionnaire, range(4))
        expected = [
            (vote.attribute, vote.state, vote.value, vote.spelling)
            for vote in votes
            if vote.state != "left_out"
        ]
        odd.update(state for _, state, _, _ in expected)
        assert expected == [
            (vote["attribute"], vote["state"], vote["value"], vote["spelling"])
            for vote in answer["votes"]
        ]
    assert found.odd_votes == {state: odd[state] for state in ("off_list", "unreadable")}
    for state, first in found.first_odd_votes.items():
        assert any(
            answer["product_id"] == first.product_id
            and any(
                (vote["state"], vote["attribute"]) == (state, first.attribute)
                for vote in answer["votes"]
            )
            for answer in answers
        )


def test_of_raw_answers_the_last_of_a_model_counts(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    rows = [
        {"product_id": "p", "model": "a", "raw": "Gender: male"},
        {"product_id": "q", "model": "a", "raw": '{"brand": "Acme"}'},
        {"product_id": "p", "model": "a", "raw": '{"gender": "female"}'},
        {"product_id": "p", "model": "a", "raw": '{"gender": "female"}'},
    ]
    found = imported(rows, tmp_path / "in", questionnaire)
    assert found.conflicts == 1
    assert found.answers.column("product_id").to_pylist() == ["p", "q"]
    values = [[vote["value"] for vote in votes] for votes in found.answers["votes"].to_pylist()]
    assert values == [["female"], ["acme"]]


def test_an_answer_is_unchanged_where_words_and_attributes_are(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    rows = [
        {"product_id": product, "model": "a", "attribute": name, "value": "red"}
        for product in ("p", "q", "r")
        for name in ("gender", "colour")
    ]
    cached = imported(rows, tmp_path / "cached", questionnaire).answers
    rows[2]["value"] = "blue"
    again = imported(rows[:4], tmp_path / "again", questionnaire).answers
    assert unchanged_answers(again, cached, FILE_SOURCE).tolist() == [True, False]
    assert unchanged_answers(again, cached, "replaced").tolist() == [False, False]
    assert unchanged_answers(again, cached.slice(0, 0), FILE_SOURCE).tolist() == [False, False]
    fewer = Settings.model_validate({**CONFIG, "attributes": [COLOUR]})
    fewer_now = imported(rows[:4], tmp_path / "fewer", Questionnaire.from_settings(fewer)).answers
    assert unchanged_answers(fewer_now, cached, FILE_SOURCE).tolist() == [False, False]


def test_answers_stand_behind_those_that_were_paid_for(
    tmp_path: Path, questionnaire: Questionnaire
) -> None:
    rows = [
        {"product_id": product, "model": "a", "attribute": "brand", "value": "Acme"}
        for product in ("p", "q", "r")
    ]
    answers = imported(rows, tmp_path / "in", questionnaire).answers
    columns = {
        "product_id": ["p", "p", "q", "r", "x"],
        "model": ["a", "a", "b", "a", "a"],
        "source": ["asked", "shared", "asked", "imported", "asked"],
        "status": ["answered"] * 5,
    }
    cached = pa.table(columns, pa.schema([ANSWERS.field(name) for name in columns]))
    assert count_behind_others(answers, cached) == 1


def test_the_last_category_of_a_product_counts_and_a_blank_one_says_nothing() -> None:
    products = as_products(
        pa.table(
            {
                "product_id": ["p", "q", "p", "p", "q"],
                "category": pa.array(["Bags", None, "Shoes", "", None], pa.string()),
            }
        )
    )
    assert products.column("product_id").to_pylist() == ["p", "q"]
    assert products.column("category").to_pylist() == ["Shoes", None]
