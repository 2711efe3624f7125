"""From night to night: what changed, why, and which model behaves otherwise."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import InputError
from attrx.configs.notices import Notice

FIVE = {"a": 0.95, "b": 0.93, "c": 0.88, "d": 0.80, "e": 0.70}


def polled(folder: Path, models: dict[str, float] | None = None) -> Poll:
    poll = Poll(folder, list(models or FIVE))
    poll.cast(answers(truth(500), models or FIVE))
    poll.combine()
    return poll


def test_nothing_changed_says_so(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    result = poll.combine(compare=poll.out)
    assert result.changes is not None
    assert (result.changes.cells, result.changes.reasons) == (500, {})
    assert poll.observer.warnings == []
    assert len(poll.table("changes.csv")) == 0


def test_a_new_answer_is_told_from_new_weights_and_a_new_model(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"], ensemble={"method": "majority"})
    votes = {f"p{k}": {"a": "male", "b": "male", "c": "female"} for k in range(3)}
    poll.cast(votes)
    poll.combine()
    poll.cast({"p0": {"a": "female", "b": "male", "c": "female"}})
    result = poll.combine(compare=poll.out)
    assert poll.table("changes.csv").to_numpy().tolist() == [
        ["p0", "gender", "male", "female", "new answer"]
    ]

    poll.shop.config["ensemble"] = {"method": "single:c"}
    result = poll.combine(compare=poll.out)
    assert result.changes is not None
    assert result.changes.reasons == {"new weights": 2}

    poll.shop.config["models"].append({"name": "d", "provider": "mock"})
    poll.shop.config["ensemble"] = {"method": "single:d"}
    poll.cast({"p1": {"d": "unisex"}})
    poll.combine(compare=poll.out)
    changed = poll.table("changes.csv")
    assert changed[changed["product_id"] == "p1"].to_numpy().tolist() == [
        ["p1", "gender", "female", "unisex", "new model"]
    ]


def test_a_value_that_became_absent_is_a_change(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a"])
    poll.cast({"p0": {"a": "male"}, "p1": {"a": "male"}})
    poll.combine()
    poll.cast({"p0": {"a": "n/a"}})
    poll.combine(compare=poll.out)
    assert poll.table("changes.csv")[["old", "new"]].to_numpy().tolist() == [["male", "n/a"]]


def test_many_products_are_compared_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attrx.outputs.comparison.changes._PART_ROWS", 60)
    poll = polled(tmp_path)
    before = poll.values()["value"]
    poll.cast(answers(truth(500), FIVE, seed=9))
    result = poll.combine(compare=poll.out)
    after = poll.values()["value"]
    assert result.changes is not None
    assert result.changes.cells == 500
    assert (
        sum(result.changes.reasons.values())
        == (before != after).sum()
        == len(poll.table("changes.csv"))
    )


def test_a_silently_swapped_model_is_noticed(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    poll.cast(answers(truth(500), FIVE | {"d": 0.5}, seed=2))
    poll.combine(compare=poll.out)
    [warning] = poll.observer.warnings
    assert warning.startswith("d: its agreement on gender went from")
    assert warning.endswith("has the vendor changed the model?")


def test_another_mix_of_answers_is_noticed(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    votes = answers(truth(500), FIVE)
    poll.cast({product: said | {"e": "unisex"} for product, said in votes.items()})
    poll.combine(compare=poll.out)
    assert any(
        "e: it says 'unisex' for gender on 100.0% of cells" in warning
        for warning in poll.observer.warnings
    )


def test_another_night_of_the_same_models_raises_no_alarm(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    poll.cast(answers(truth(500), FIVE, seed=77))
    poll.combine(compare=poll.out)
    assert poll.observer.warnings == []


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"method": "iwmv"}, {"method": "single:e"}),
        ({"leader": "a"}, {"leader": "e"}),
        ({"chance": "observed"}, {"chance": "uniform"}),
        ({"group_by": "all"}, {"group_by": "attribute"}),
    ],
)
def test_weights_learned_in_another_way_are_no_fault_of_a_vendor(
    before: dict[str, str], now: dict[str, str], tmp_path: Path
) -> None:
    poll = Poll(tmp_path, list(FIVE), ensemble=before)
    poll.cast(answers(truth(500), FIVE))
    poll.combine()
    poll.shop.config["ensemble"] = now
    poll.combine(compare=poll.out)
    assert not [
        warning for warning in poll.observer.warnings if "more than chance would" in warning
    ]


def test_a_model_that_is_swapped_in_a_twentieth_of_new_products_is_noticed(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    new_products = {f"new {product}": value for product, value in list(truth(25, 3).items())}
    poll.cast(answers(new_products, FIVE | {"b": 0.4}, seed=4))
    poll.combine(compare=poll.out)
    [warning] = poll.observer.warnings
    assert warning.startswith("b: its agreement on ")
    assert "on the new products" in warning


def test_new_products_of_the_same_models_raise_no_alarm(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    new_products = {f"new {product}": value for product, value in truth(200, 3).items()}
    poll.cast(answers(new_products, FIVE, seed=4))
    poll.combine(compare=poll.out)
    assert poll.observer.warnings == []


def test_another_mix_of_answers_is_noticed_also_where_weights_are_learned_in_another_way(
    tmp_path: Path,
) -> None:
    poll = polled(tmp_path)
    votes = answers(truth(500), FIVE)
    poll.cast({product: said | {"e": "unisex"} for product, said in votes.items()})
    poll.shop.config["ensemble"] = {"method": "majority"}
    poll.combine(compare=poll.out)
    assert any(
        "e: it says 'unisex' for gender on 100.0% of cells" in warning
        for warning in poll.observer.warnings
    )


def test_a_new_version_is_told_and_the_first_one_of_a_model_is_no_news(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    earlier = tmp_path / "earlier"
    poll.out.rename(earlier)
    run = json.loads((earlier / "run.json").read_text())
    run["model_versions"] = {"a": {"a-2024": 3}, "b": {"b-1": 3}, "c": {}}
    (earlier / "run.json").write_text(json.dumps(run))
    from attrx.ensemble.learning import learn
    from attrx.extraction.cache.answers_cache import AnswersCache
    from attrx.extraction.planning.questionnaire import Questionnaire
    from attrx.extraction.votes.current_votes import VoteSource
    from attrx.outputs.comparison.drift import shift_notices
    from attrx.outputs.comparison.nights import RunNow

    poll.combine()
    settings = poll.shop.settings
    source = VoteSource(
        AnswersCache(settings.paths.cache), Questionnaire.from_settings(settings, "point")
    )
    run = RunNow.of(poll.out, learn(source.buckets(), settings), source)
    versions = {
        "a": {"a-2024": 3, "a-2025": 2},
        "b": {"b-1": 5},
        "c": {"c-1": 5},  # asked before, but no version was reported
        "d": {"d-1": 5},  # new in this run
    }
    told = list(shift_notices(earlier, run, versions))
    text = "a: the vendor reports version a-2025 now, a-2024 before"
    assert told == [Notice("version_shift", text, ("a",))]


def test_a_folder_without_a_run_makes_this_one_the_first(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    result = poll.combine(compare=tmp_path / "nowhere")
    assert result.changes is None
    assert poll.observer.notes == [
        f"no earlier run in {tmp_path / 'nowhere'} to compare with: there is no values.parquet"
    ]
    (poll.out / "run.json").unlink()  # written last: without it the run was cut off
    poll.combine(compare=poll.out)
    assert poll.observer.notes == [
        f"no earlier run in {poll.out} to compare with: there is no run.json"
    ]


@pytest.mark.parametrize("name", ["values.parquet", "votes.parquet", "run.json"])
def test_a_run_that_cannot_be_read_cannot_be_compared_with(name: str, tmp_path: Path) -> None:
    poll = polled(tmp_path)
    earlier = tmp_path / "earlier"
    shutil.copytree(poll.out, earlier)
    (earlier / name).write_text("no such thing")
    before = (poll.out / "values.parquet").read_bytes()
    with pytest.raises(InputError, match="cannot be read"):
        poll.combine(compare=earlier)
    assert (poll.out / "values.parquet").read_bytes() == before


def test_a_file_cannot_be_compared_with(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    with pytest.raises(InputError, match="is a file"):
        poll.combine(compare=poll.out / "values.csv")


def camps(torn_of_ab: int, torn_of_cd: int, n_products: int = 500) -> dict[str, dict[str, str]]:
    """a and b against c and d, but for products on which one camp is of two minds."""
    another = {"male": "female", "female": "unisex", "unisex": "male"}
    of_ab = truth(n_products)
    of_cd = truth(n_products, 8)
    votes = {}
    for place, product in enumerate(of_ab):
        value, other_value = of_ab[product], of_cd[product]
        said = {"a": value, "b": value, "c": other_value, "d": other_value}
        if place < torn_of_ab:
            said["a"] = another[value]
        if place >= n_products - torn_of_cd:
            said["c"] = another[other_value]
        votes[product] = said
    return votes


def test_a_catalog_between_two_camps_does_not_turn_over_in_a_night(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c", "d"])
    poll.cast(camps(15, 20))
    poll.combine()
    before = poll.values()["value"]
    poll.cast(camps(20, 15))
    poll.combine(compare=poll.out)
    assert (poll.values()["value"] != before).mean() < 0.1
    assert any("those of the earlier run are kept" in text for text in poll.observer.warnings)
    poll.combine()
    assert (poll.values()["value"] != before).mean() > 0.5


def test_a_trial_on_a_few_products_does_not_decide_for_the_whole_catalog(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c", "d"])
    poll.cast(camps(6, 8, n_products=200))
    poll.combine()
    poll.cast(camps(20, 15))
    poll.combine(compare=poll.out)
    compared = poll.values()["value"]
    poll.combine()
    assert (poll.values()["value"] == compared).all()
    assert not any("are kept" in text for text in poll.observer.warnings)
