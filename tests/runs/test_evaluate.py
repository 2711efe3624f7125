"""Everyone on the same gold cells: which are scored, and how answers are compared with gold."""

from __future__ import annotations

from pathlib import Path

import pytest
from polls import Poll, answers, truth
from shop import Shop, Watching

from attrx.configs.errors import InputError
from attrx.extraction.asking.observer import Silent
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.evaluate import EvaluationResult, Match, evaluate
from attrx.runs.extract import ExtractOptions, extract

NUMBER = {
    "attributes": {"weight": {"open": True, "type": "number", "unit": "g", "accept_units": ["kg"]}}
}


def evaluated(poll: Poll, gold: Path, match: Match = "normalized") -> EvaluationResult:
    poll.observer = Watching()
    return evaluate(poll.shop.settings, gold, poll.observer, match=match)


def accuracies(result: EvaluationResult) -> dict[str, float | None]:
    return {row.who: row.measures.accuracy for row in result.rows if row.level == "micro"}


def three(folder: Path) -> Poll:
    poll = Poll(folder, ["a", "b"], ensemble={"method": "single:a"})
    poll.cast({f"p{k}": {"a": "male", "b": "male" if k else "female"} for k in range(3)})
    return poll


def test_only_cells_that_have_been_decided_are_scored_for_everyone(tmp_path: Path) -> None:
    poll = three(tmp_path)
    poll.combine(input=poll.shop.input, limit=1)
    result = evaluated(poll, poll.gold(dict.fromkeys(("p0", "p1", "p2"), "male")))
    assert (result.cells, result.products) == (1, 1)
    assert [accuracies(result)[who] for who in ("a", "b", "ensemble")] == [1, 0, 1]
    [warning] = poll.observer.warnings
    assert warning == (
        f"gold: 2 cells were not scored: the last `attrx ensemble` did not decide them, "
        f"so that they are not in {poll.out / 'values.parquet'}"
    )


def test_cells_of_products_that_are_not_cached_are_told_apart(tmp_path: Path) -> None:
    poll = three(tmp_path)
    poll.combine(input=poll.shop.input, limit=2)
    evaluated(poll, poll.gold(dict.fromkeys(("p0", "p1", "p2", "nobody"), "male")))
    assert [warning.split(": ")[1] for warning in poll.observer.warnings] == [
        "1 cells were not scored"
    ] * 2


def test_gold_of_which_nothing_has_been_decided_asks_for_it(tmp_path: Path) -> None:
    poll = three(tmp_path)
    poll.combine(input=poll.shop.input, limit=1)
    with pytest.raises(InputError, match="none of its cells can be scored") as raised:
        evaluated(poll, poll.gold({"p2": "male"}))
    assert "attrx ensemble" in raised.value.hint


@pytest.mark.parametrize("match", ["exact", "normalized"])
def test_numbers_are_compared_as_numbers(tmp_path: Path, match: Match) -> None:
    poll = Poll(tmp_path, ["a", "b"], **NUMBER)
    poll.cast(
        {
            "p1": {"a": "500 g", "b": "0.5 kg"},
            "p2": {"a": "1.0", "b": "2"},
            "p3": {"a": "n/a", "b": "not specified"},
        },
        "weight",
    )
    poll.combine()
    result = evaluated(poll, poll.gold({"p1": "0,5 kg", "p2": "1", "p3": "n/a"}, "weight"), match)
    assert accuracies(result)["a"] == 1
    assert accuracies(result)["b"] == pytest.approx(2 / 3)
    assert accuracies(result)["ensemble"] == 1


def test_values_that_were_learned_from_gold_are_not_scored_without_a_warning(
    tmp_path: Path,
) -> None:
    models = {"good": 0.95, "fair": 0.8, "poor": 0.6}
    poll = Poll(tmp_path, list(models))
    poll.cast(answers(truth(60), models))
    gold = poll.gold(truth(60))
    poll.combine(gold=gold)
    evaluated(poll, gold)
    assert poll.observer.warnings == []  # iwmv learns nothing from gold
    poll.shop.config["ensemble"] = {"method": "stack"}
    poll.combine(gold=gold)
    evaluated(poll, gold)
    [warning] = poll.observer.warnings
    assert warning == (
        "these values were learned from gold (method stack): on the cells that they were learned"
        " from, the figures of the ensemble flatter it; the honest ones are the cross-validated"
        " ones that `attrx ensemble --gold` prints"
    )


def test_gold_values_off_the_list_are_told(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"])
    poll.cast(answers(truth(20), {"a": 0.9, "b": 0.9, "c": 0.9}))
    poll.combine()
    gold = poll.gold({**truth(20), "p0001": "gentlemen"})
    watching = Watching()
    evaluate(poll.shop.settings, gold, watching)
    assert any("'gentlemen' is not on the list of 'gender'" in text for text in watching.warnings)


def test_a_product_without_a_text_is_missing_for_majority_and_ensemble_alike(
    tmp_path: Path,
) -> None:
    shop = Shop(
        tmp_path,
        [{"name": name, "provider": "mock"} for name in ("a", "b", "c")],
        {"p0": "shirt for men", "p1": ""},
    )
    extract(shop.settings, ExtractOptions(shop.input), Silent())
    ensemble(shop.settings, EnsembleOptions(shop.input), Silent())
    gold = tmp_path / "gold.csv"
    gold.write_text("product_id,attribute,value\np0,gender,male\np1,gender,n/a\n")
    result = evaluate(shop.settings, gold, Silent())
    missing = {row.who: row.measures.missing for row in result.rows if row.level == "micro"}
    assert set(missing.values()) == {1}
