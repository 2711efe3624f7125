"""Learning from gold, refusing to publish, and what a gold file may look like."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from polls import VALUES, Poll, answers, truth

from attrx.configs.errors import InputError
from attrx.runs.gold import check_gold, sample_gold

MODELS = {"good": 0.95, "fair": 0.8, "poor": 0.6, "bad": 0.5}


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    poll = Poll(tmp_path, list(MODELS), ensemble={"method": "stack"})
    poll.cast(answers(truth(400), MODELS))
    return poll


def first(n: int) -> dict[str, str]:
    return dict(list(truth(400).items())[:n])


def test_the_stack_gives_a_confidence_that_is_right_about_as_often_as_it_says(poll: Poll) -> None:
    poll.combine(gold=poll.gold(first(150)))
    values = poll.values()
    right = values["value"] == pd.Series(truth(400))
    assert values["confidence"].notna().all()
    assert values["confidence"].mean() == pytest.approx(right.mean(), abs=0.05)
    sure = values["confidence"] > values["confidence"].median()
    assert right[sure].mean() > right[~sure].mean()


def test_accuracy_is_measured_on_gold_alone(poll: Poll) -> None:
    result = poll.combine(gold=poll.gold(first(150)))
    votes = answers(truth(400), MODELS)
    for row in result.weights:
        share = (
            sum(votes[product][row.model] == value for product, value in first(150).items()) / 150
        )
        assert row.accuracy == pytest.approx(share)
        assert row.gold_cells == 150


def test_run_json_holds_everyone_and_a_verdict(poll: Poll) -> None:
    result = poll.combine(gold=poll.gold(first(150)))
    gold = json.loads((poll.out / "run.json").read_text())["gold"]
    assert list(gold["measures"]) == [*MODELS, "majority", "iwmv", "stack"]
    assert gold["best_model"] == "good"
    assert (gold["cells"], gold["products"]) == (150, 150)
    assert 0 < gold["disagreements"] < 150
    assert result.gold is not None
    assert gold["verdict"]["sentence"] == result.gold.verdict.sentence
    assert {each["measure"] for each in gold["differences"]} == {"accuracy", "f1"}


def test_what_was_fitted_to_gold_is_scored_on_other_products(poll: Poll) -> None:
    # Gold that contradicts all models but the worst: fitted and scored on the same cells, the stack
    # would follow it.
    votes = answers(truth(400), MODELS)
    lies = {product: votes[product]["bad"] for product in first(40)}
    result = poll.combine(gold=poll.gold(lies))
    assert result.gold is not None
    assert result.gold.measures["bad"].accuracy == 1
    assert result.gold.measures["stack"].accuracy is not None
    assert result.gold.best == "bad"


def test_an_ensemble_worse_than_the_best_model_is_kept_aside_when_asked(poll: Poll) -> None:
    poll.shop.config["ensemble"] = {"method": "majority"}
    votes = answers(truth(400), MODELS)
    gold = poll.gold({product: votes[product]["bad"] for product in first(60)})
    poll.combine()
    before = (poll.out / "values.parquet").read_bytes()
    result = poll.combine(gold=gold, require_no_worse_than_best=True)
    assert result.is_refused
    assert (poll.out / "values.parquet").read_bytes() == before
    assert len(poll.values("refused")) == 400
    assert all(path.parent == poll.out / "refused" for path in result.files)


def test_what_was_refused_is_removed_once_a_run_is_published(poll: Poll) -> None:
    poll.shop.config["ensemble"] = {"method": "majority"}
    votes = answers(truth(400), MODELS)
    gold = poll.gold({product: votes[product]["bad"] for product in first(60)})
    poll.combine(gold=gold, require_no_worse_than_best=True, input=poll.shop.input)
    assert (poll.out / "refused" / "products.csv").exists()
    assert poll.combine(gold=gold, require_no_worse_than_best=True).is_refused
    assert not (poll.out / "refused" / "products.csv").exists()
    (poll.out / "refused" / "notes.txt").write_text("mine")
    poll.combine()
    assert [path.name for path in (poll.out / "refused").iterdir()] == ["notes.txt"]
    (poll.out / "refused" / "notes.txt").unlink()
    poll.combine(gold=gold, require_no_worse_than_best=True)
    poll.combine()
    assert not (poll.out / "refused").exists()
    assert poll.observer.notes == [
        f"removed {poll.out / 'refused'}, which an earlier run wrote and this one does not"
    ]


def test_an_ensemble_that_is_no_worse_is_published(poll: Poll) -> None:
    result = poll.combine(gold=poll.gold(first(150)), require_no_worse_than_best=True)
    assert not result.is_refused
    assert (poll.out / "values.parquet").exists()


def test_gold_on_other_products_cannot_be_used(poll: Poll) -> None:
    with pytest.raises(InputError, match="none of the gold cells can be used"):
        poll.combine(gold=poll.gold({"nobody": "male"}))


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        ({"p0000": "purple"}, None),  # no model is right
        ({"p0000": "n/a"}, None),
        ({"p0000": "male"}, None),  # one gold cell
    ],
)
def test_poor_gold_does_no_harm(poll: Poll, values: dict[str, str], warning: str | None) -> None:
    result = poll.combine(gold=poll.gold(values))
    assert sum(result.statuses.values()) == 400
    assert poll.values()["share"].notna().all()


def test_without_unanimous_gold_confidence_there_is_what_is_usual_and_that_is_said(
    tmp_path: Path,
) -> None:
    poll = Poll(tmp_path, ["a", "b"], ensemble={"method": "stack"})
    poll.cast({"p1": {"a": "male", "b": "female"}, "p2": {"a": "male", "b": "male"}})
    poll.combine(gold=poll.gold({"p1": "male"}))
    doubtful, unanimous = poll.values()["confidence"]
    assert 0.5 < doubtful < unanimous
    assert any("is only what is usual" in warning for warning in poll.observer.warnings)


def test_all_agreeing_and_a_single_model_can_be_combined_with_gold(tmp_path: Path) -> None:
    for models in (["a"], ["a", "b"]):
        poll = Poll(tmp_path / str(len(models)), models, ensemble={"method": "stack"})
        poll.cast({f"p{k}": dict.fromkeys(models, "male") for k in range(5)})
        result = poll.combine(gold=poll.gold({"p0": "male", "p1": "female"}))
        assert result.statuses["decided"] == 5
        # One of two was right, where nearly all usually are.
        (confidence,) = set(poll.values()["confidence"])
        assert 0.5 < confidence < 0.9


def test_a_sample_is_the_same_each_time_and_mostly_disagreements(
    poll: Poll, tmp_path: Path
) -> None:
    settings = poll.shop.settings
    drawn = sample_gold(settings, tmp_path / "one.csv", n=50)
    sample_gold(settings, tmp_path / "two.csv", n=50)
    assert (tmp_path / "one.csv").read_bytes() == (tmp_path / "two.csv").read_bytes()
    assert (drawn.cells(disagree=True), drawn.cells(disagree=False)) == (40, 10)
    sheet = pd.read_csv(tmp_path / "one.csv", dtype=str, keep_default_na=False)
    assert list(sheet.columns[:4]) == ["product_id", "attribute", "value", "current"]
    assert sheet["title"].tolist() == [""] * 50  # imported answers bring no text
    assert sheet.groupby("stratum").size().to_dict() == {"gender:agree": 10, "gender:disagree": 40}
    assert sheet["weight"].astype(float).mean() == pytest.approx(1, abs=1e-4)
    votes = answers(truth(400), MODELS)
    for row in sheet.to_dict("records"):
        assert [row[f"{model} says"] for model in MODELS] == list(votes[row["product_id"]].values())


def test_a_sample_never_overwrites_a_file_that_may_hold_labels(poll: Poll, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("hours of work")
    with pytest.raises(InputError, match="may hold labels"):
        sample_gold(poll.shop.settings, tmp_path / "mine.csv", n=5)
    assert (tmp_path / "mine.csv").read_text() == "hours of work"


def test_a_filled_in_sample_checks_and_teaches(poll: Poll, tmp_path: Path) -> None:
    settings = poll.shop.settings
    sample_gold(settings, tmp_path / "sample.csv", n=80)
    sheet = pd.read_csv(tmp_path / "sample.csv", dtype=str, keep_default_na=False)
    sheet["value"] = [truth(400)[product] for product in sheet["product_id"]]
    sheet.loc[:4, "value"] = ""  # five left blank
    sheet.to_csv(tmp_path / "filled.csv", index=False)
    found = check_gold(settings, tmp_path / "filled.csv")
    assert (found.cells, found.labels, found.problems) == (75, {"gender": 75}, ())
    result = poll.combine(gold=tmp_path / "filled.csv")
    assert result.gold is not None
    assert (result.gold.cells, result.gold.best) == (75, "good")


@pytest.mark.parametrize(
    ("separator", "encoding"),
    [(";", "cp1252"), ("\t", "utf-16"), (",", "utf-8-sig"), (";", "utf-8")],
)
def test_gold_is_read_as_spreadsheets_save_it(
    separator: str, encoding: str, tmp_path: Path
) -> None:
    poll = Poll(tmp_path, ["a"], attributes={"brand": {"open": True}})
    poll.cast({"p1": {"a": "Café Müller"}, "p2": {"a": "Nestlé"}}, "brand")
    rows = (
        ("product_id", "attribute", "value", "current"),
        ("p1", "brand", "Café Müller", "x, y"),
        ("p2", "brand", "Nestlé", ""),
        ("", "", "", ""),
    )
    gold = tmp_path / "saved.csv"
    gold.write_bytes(
        "".join(separator.join(row) + "\r\n" for row in rows)
        .replace("x, y", '"x, y"')
        .encode(encoding)
    )
    found = check_gold(poll.shop.settings, gold)
    assert (found.labels, found.problems) == ({"brand": 2}, ())
    report = poll.combine(gold=gold).gold
    assert report is not None
    assert report.measures["a"].accuracy == 1


def test_gold_that_nobody_has_filled_in_teaches_nothing_and_is_no_mistake(
    poll: Poll, tmp_path: Path
) -> None:
    sample_gold(poll.shop.settings, tmp_path / "sample.csv", n=20)
    found = check_gold(poll.shop.settings, tmp_path / "sample.csv")
    assert (found.cells, found.problems) == (0, ())
    assert found.nothing == "none of its 20 cells is labelled yet: fill in the column value"
    with pytest.raises(
        InputError, match="none of its 20 cells is labelled yet: fill in the column value"
    ):
        poll.combine(gold=tmp_path / "sample.csv")


def test_gold_off_the_list_is_warned_of_where_it_is_learned_from(poll: Poll) -> None:
    poll.combine(gold=poll.gold(first(50) | {f"p{k:04}": "purple" for k in range(7)}))
    told = [warning for warning in poll.observer.warnings if warning.startswith("gold: ")]
    assert told[0] == (
        "gold: 'purple' is not on the list of 'gender' (product p0000): every answer will count as"
        " wrong"
    )
    assert told[5:] == [
        "gold: 2 more values that no answer can equal; `attrx gold check` names them"
    ]


def test_what_cannot_be_used_of_a_gold_file_is_told(poll: Poll, tmp_path: Path) -> None:
    (tmp_path / "gold.csv").write_text(
        "product_id,attribute,value\np0000,gender,purple\np0001,gender,male\np0001,gender,n/a\n"
        "p0002,color,red\nnobody,gender,male\np0003,gender,\n"
    )
    found = check_gold(poll.shop.settings, tmp_path / "gold.csv")
    assert (found.cells, found.absent, found.alternatives) == (3, 1, 1)
    assert tuple(notice.text for notice in found.problems) == (
        "1 rows on 'color', which is not an attribute of the config",
        "'purple' is not on the list of 'gender' (product p0000): every answer will count as wrong",
        "1 products are not in the cache, 'nobody' among them: their cells are not scored",
    )


def test_a_sample_of_an_input_shows_its_texts_and_draws_no_other_product(poll: Poll) -> None:
    catalog = poll.folder / "catalog.csv"
    rows = [f"{product},a thing called {product}," for product in list(truth(400))[:50]]
    catalog.write_text("\n".join(["sku,title,category", *rows]) + "\n")
    sheet = poll.folder / "sheet.csv"
    sample_gold(poll.shop.settings, sheet, n=30, input_file=catalog)
    table = pd.read_csv(sheet, dtype=str)
    assert len(table) == 30
    assert set(table["product_id"]) <= set(list(truth(400))[:50])
    assert (table["title"] == "a thing called " + table["product_id"]).all()


@pytest.mark.parametrize("method", ["iwmv", "majority", "paper", "single:good", "stack", "auto"])
def test_every_method_has_a_confidence_with_gold_and_none_without(
    tmp_path: Path, method: str
) -> None:
    poll = Poll(tmp_path, ["good", "fair", "poor"], ensemble={"method": method})
    right_values = {f"p{number:02}": VALUES[number % 3] for number in range(60)}
    votes = {}
    for number, (product, value) in enumerate(right_values.items()):
        other = VALUES[(number + 1) % 3]
        fair = other if number % 5 == 0 else value
        poor = other if number % 2 == 0 else value
        votes[product] = {"good": value, "fair": fair, "poor": poor}
    poll.cast(votes)
    labelled = dict(list(right_values.items())[:40])
    result = poll.combine(gold=poll.gold(labelled))
    values = poll.values()
    assert values["confidence"].between(0, 1).all()
    assert result.acceptance is not None
    let_out = values["confidence"] * 1_000_000 >= result.acceptance.threshold - 0.5
    assert int(let_out.sum()) == result.acceptance.accepted_cells
    is_doubtful = values["review"].fillna("").str.contains("low confidence")
    assert (is_doubtful == ~let_out).all()
    run = json.loads((poll.out / "run.json").read_text())
    assert run["acceptance"]["cells"] == 60
    assert run["choice"] == ("stack" if method == "auto" else None)
    if method not in {"stack", "auto"}:
        assert poll.combine().acceptance is None
        assert poll.values()["confidence"].isna().all()
