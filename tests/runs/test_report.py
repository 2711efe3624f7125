"""A report says what the files and the cache say."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from shop import Shop, Watching

from attrx.configs.errors import InputError
from attrx.outputs.html.facts import ReviewCard
from attrx.runs.configuration import with_ensemble
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.evaluate import evaluate
from attrx.runs.report import gather, report

HOSTILE = "<script>alert('x')</script>"
ANSWERS = {
    "one": {
        "1": '{"gender": "male", "brand": "ACME"}',
        "2": '{"gender": "female", "brand": "Maro"}',
    },
    "two": {
        "1": '{"gender": "men", "brand": "Acme "}',
        "2": '{"gender": "robot", "brand": "=1+1"}',
    },
    "three": {"1": '{"gender": "women", "brand": "acme"}', "2": "no idea"},
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two products and three recorded models, whose answers have been combined."""
    with (tmp_path / "answers.jsonl").open("w") as file:
        for model, answers in ANSWERS.items():
            for product, raw in answers.items():
                file.write(json.dumps({"product_id": product, "model": model, "raw": raw}) + "\n")
    models = [
        {"name": name, "provider": "replay", "options": {"file": "answers.jsonl"}}
        for name in ANSWERS
    ]
    gender = {"values": {"male": ["men"], "female": ["women"]}}
    made = Shop(
        tmp_path,
        models,
        {"1": f"Shirt {HOSTILE}", "2": "=1+1"},
        attributes={"gender": gender, "brand": {"open": True}},
        review={"below": 1.0},
        input={"id": "sku", "text": ["title"], "category": "category", "html": "keep"},
    )
    made.extract()
    ensemble(made.settings, EnsembleOptions(made.input), Watching())
    return made


def cells(shop: Shop) -> dict[tuple[str, str], ReviewCard]:
    return {(cell.product_id, cell.attribute): cell for cell in gather(shop.settings).cards}


def test_the_numbers_are_those_of_the_files(shop: Shop) -> None:
    made = gather(shop.settings)
    assert (made.products, made.cells, made.models) == (2, 4, ("one", "two", "three"))
    with (shop.folder / "out" / "weights.csv").open(newline="") as file:
        written = [
            (row["attribute"], row["model"], float(row["weight"])) for row in csv.DictReader(file)
        ]
    assert [
        (group.name, each.model, each.weight) for group in made.groups for each in group.weights
    ] == written
    statuses = made.model_statuses
    assert [(each.model, each.cached_cells, each.unusable_cells) for each in statuses] == [
        ("one", 4, 0), ("two", 4, 0), ("three", 2, 2),
    ]  # fmt: skip
    assert made.cost_usd is None  # nobody said what a recorded answer costs


def test_a_vote_backs_the_value_that_it_counts_as(shop: Shop) -> None:
    gender = cells(shop)["1", "gender"]
    assert gender.value == "male"
    assert [(vote.spelling, vote.backs) for vote in gender.votes] == [
        ("male", True),
        ("men", True),
        ("women", False),
    ]
    assert ("1", "brand") not in cells(shop)  # ACME, Acme and acme are one value, and all agree


def test_what_was_off_the_list_or_unreadable_counts_for_nothing(shop: Shop) -> None:
    gender = cells(shop)["2", "gender"]
    assert [(vote.spelling, vote.counts) for vote in gender.votes] == [
        ("female", True),
        ("robot", False),
        (None, False),
    ]
    assert "off the list" in gender.reasons


def test_a_text_made_safe_for_spreadsheets_is_shown_as_it_was(shop: Shop) -> None:
    brand = cells(shop)["2", "brand"]
    assert dict(brand.texts) == {"title": "=1+1"}
    assert [vote.spelling for vote in brand.votes] == ["Maro", "=1+1", None]


def test_the_page_of_a_hostile_catalog_holds_no_script(shop: Shop) -> None:
    page = report(shop.settings).read_text()
    assert "<script" not in page
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;" in page


def test_the_same_outputs_give_the_same_page(shop: Shop) -> None:
    assert (
        report(shop.settings).read_bytes()
        == report(shop.settings, shop.folder / "deep" / "r.html").read_bytes()
    )


def test_scores_are_there_once_attrx_evaluate_has_run(shop: Shop) -> None:
    assert gather(shop.settings).scores == ()
    gold = shop.folder / "gold.csv"
    gold.write_text("product_id,attribute,value\n1,gender,male\n2,gender,female\n")
    result = evaluate(shop.settings, gold, Watching())
    micro = {row.who: row.measures.accuracy for row in result.rows if row.level == "micro"}
    assert {score.who: score.accuracy for score in gather(shop.settings).scores} == micro


def test_gold_that_was_learned_from_comes_with_its_verdict(shop: Shop) -> None:
    gold = shop.folder / "gold.csv"
    gold.write_text(
        "product_id,attribute,value\n1,gender,male\n2,gender,female\n1,brand,Acme\n2,brand,Maro\n"
    )
    settings = shop.settings
    result = ensemble(settings, EnsembleOptions(gold=gold), Watching())
    assert result.gold is not None
    made = gather(settings)
    assert made.verdict == result.gold.verdict.sentence
    assert [score.who for score in made.gold_scores] == list(result.gold.measures)


def test_old_figures_are_pointed_out(shop: Shop) -> None:
    gold = shop.folder / "gold.csv"
    gold.write_text("product_id,attribute,value\n1,gender,male\n")
    evaluate(shop.settings, gold, Watching())
    assert not [
        warning
        for warning in gather(shop.settings).warnings
        if "evaluate" in warning or "config" in warning
    ]
    os.utime(shop.folder / "out" / "evaluation.csv", (1, 1))
    shop.config["attributes"]["gender"]["values"]["male"].append("gents")
    warnings = gather(shop.settings).warnings
    assert "evaluation.csv is older than the values: run attrx evaluate again" in warnings
    assert (
        "the config has changed since these values were made: run attrx ensemble again" in warnings
    )


def test_warnings_of_an_earlier_version_are_read_as_texts(shop: Shop) -> None:
    path = shop.folder / "out" / "run.json"
    run = json.loads(path.read_text())
    today = gather(shop.settings).warnings
    assert today
    assert today == tuple(warning["text"] for warning in run["warnings"])
    path.write_text(json.dumps(run | {"warnings": list(today)}))
    assert gather(shop.settings).warnings == today


def test_another_method_of_the_command_line_is_no_change_of_the_config(shop: Shop) -> None:
    ensemble(with_ensemble(shop.settings, method="majority"), EnsembleOptions(), Watching())
    made = gather(shop.settings)
    assert made.method == "combined by majority"
    assert not [warning for warning in made.warnings if "config" in warning]


def test_groups_with_the_same_weights_are_shown_once(shop: Shop) -> None:
    ensemble(with_ensemble(shop.settings, method="majority"), EnsembleOptions(), Watching())
    [group] = gather(shop.settings).groups
    assert (group.name, group.cells) == ("all attributes", 4)
    # three: gender women on 1 (outvoted 2:1) and brand acme on 1 (agreed): 1 of 2
    assert [(each.values, each.missing) for each in group.weights] == [(4, 0), (3, 1), (2, 2)]
    assert group.weights[2].agreement == pytest.approx(0.5)


def test_weights_by_category_are_named_and_not_shown_beside_votes(shop: Shop) -> None:
    settings = with_ensemble(shop.settings, group_by="category")
    ensemble(settings, EnsembleOptions(), Watching())
    made = gather(settings)
    assert [group.name for group in made.groups] == ["gender of Shoes", "brand of Shoes"]
    assert {vote.weight for cell in made.cards for vote in cell.votes} == {None}


def test_without_values_it_says_what_to_do_first(tmp_path: Path) -> None:
    empty = Shop(tmp_path, [{"name": "one", "provider": "mock"}], {"1": "Shirt"})
    with pytest.raises(InputError, match="no values yet") as error:
        report(empty.settings)
    assert "attrx ensemble" in error.value.hint


@pytest.mark.parametrize("name", ["run.json", "votes.parquet", "weights.csv", "review.csv"])
def test_a_broken_file_is_named(shop: Shop, name: str) -> None:
    (shop.folder / "out" / name).write_bytes(b"\xff\xfe{")
    with pytest.raises(InputError, match=f"{name}: cannot be read"):
        report(shop.settings)
