"""Reading what GPT-3.5 and GPT-4 really answered about 491 products of OA-Mine.

The recordings are ExtractGPT's.
"""

from __future__ import annotations

import csv
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from realdata import data_dir

from attrx.configs.settings import Attribute
from attrx.prompts import Vocabulary, read_answer

# Micro precision, recall and F1 in percent, exact match, as ExtractGPT published them.
PUBLISHED = {
    "gpt-3.5-turbo-0613-list": (78.86, 69.73, 74.01),
    "gpt-4-0613-small-schema": (82.55, 77.97, 80.19),
    "gpt-4-0613-small-shuffled": (83.99, 80.05, 81.97),
    "gpt-4-0613-large-schema": (83.98, 80.42, 82.16),
    "gpt-4-0613-large-shuffled": (85.26, 81.68, 83.43),
}


@pytest.fixture(scope="module")
def folder() -> Path:
    return data_dir() / "oa-mine"


@pytest.fixture(scope="module")
def asked(folder: Path) -> dict[str, tuple[Vocabulary, ...]]:
    """Product id -> the vocabularies of its category's attributes."""
    schema = json.loads((folder / "schema.json").read_text(encoding="utf-8"))
    by_category = {
        category: tuple(Vocabulary(Attribute(name=name, open=True)) for name in names)
        for category, names in schema.items()
    }
    with (folder / "products.csv").open(encoding="utf-8", newline="") as products:
        return {row["product_id"]: by_category[row["category"]] for row in csv.DictReader(products)}


@pytest.fixture(scope="module")
def answers(folder: Path) -> list[dict[str, str]]:
    with (folder / "raw_answers.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_every_spelling_is_what_the_json_holds_trimmed(
    asked: dict[str, tuple[Vocabulary, ...]], answers: list[dict[str, str]]
) -> None:
    states: Counter[str] = Counter()
    for answer in answers:
        content = json.loads(answer["raw"])
        for vote in read_answer(answer["raw"], asked[answer["product_id"]]):
            said = content[vote.attribute]
            assert vote.spelling == ("null" if said is None else said.strip())
            states[vote.state] += 1
    assert set(states) == {"value", "absent"}
    # 13,446 times "n/a", 6 times "N/A", 248 times null in the recordings, and nothing else that
    # says so.
    assert states["absent"] == 13_446 + 6 + 248


def test_the_same_answers_in_prose_or_in_a_block_give_the_same_votes(
    asked: dict[str, tuple[Vocabulary, ...]], answers: list[dict[str, str]]
) -> None:
    for answer in answers[::7]:
        vocabularies = asked[answer["product_id"]]
        votes = read_answer(answer["raw"], vocabularies)
        assert (
            read_answer(f"Here it is:\n```json\n{answer['raw']}\n```\nBye!", vocabularies) == votes
        )
        assert read_answer(answer["raw"][:-1] + ",}", vocabularies) == votes


def test_the_published_figures_follow_from_the_votes(
    folder: Path, asked: dict[str, tuple[Vocabulary, ...]], answers: list[dict[str, str]]
) -> None:
    gold: dict[tuple[str, str], set[str]] = defaultdict(set)
    with (folder / "gold.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            gold[row["product_id"], row["attribute"]].add(row["value"].strip())
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for answer in answers:
        for vote in read_answer(answer["raw"], asked[answer["product_id"]]):
            accepted = gold.get((answer["product_id"], vote.attribute))
            if accepted is not None:
                # Exactly read, the one "N/A" on a gold cell is a wrong value; attrx counts it as
                # absent otherwise.
                absent = vote.spelling in ("n/a", "null")
                outcome = "VN" if absent else "VC" if vote.spelling in accepted else "VW"
                counts[answer["model"]][outcome] += 1
    for model, published in PUBLISHED.items():
        correct, wrong, missed = (counts[model][outcome] for outcome in ("VC", "VW", "VN"))
        precision = correct / (correct + wrong)
        recall = correct / (correct + wrong + missed)
        f1 = 2 * correct / (2 * correct + missed + 2 * wrong)
        assert (100 * precision, 100 * recall, 100 * f1) == pytest.approx(published, abs=0.01)
