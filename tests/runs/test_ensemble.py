"""What `ensemble` makes of votes: warnings, leader, review queue, and cells that do not exist."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import ConfigError

FIVE = {"a": 0.95, "b": 0.93, "c": 0.88, "d": 0.80, "e": 0.70}


def test_independent_models_raise_no_warning_and_are_weighed_by_how_good_they_are(
    tmp_path: Path,
) -> None:
    poll = Poll(tmp_path, list(FIVE))
    poll.cast(answers(truth(600), FIVE))
    result = poll.combine()
    assert poll.observer.warnings == []
    weights = [row.weight or 0.0 for row in result.weights]
    assert weights == sorted(weights, reverse=True)
    assert result.converged


def test_a_copying_model_is_named_in_a_warning_and_in_run_json(tmp_path: Path) -> None:
    poll = Poll(tmp_path, list(FIVE))
    votes = answers(truth(600), FIVE)
    poll.cast({product: said | {"e": said["d"]} for product, said in votes.items()})
    poll.combine()
    [warning] = poll.observer.warnings
    assert warning.startswith("d and e agree on 100% of cells, far more than")
    run = json.loads((poll.out / "run.json").read_text())
    assert run["warnings"] == [
        {"kind": "shared_mistakes", "text": warning, "models": ["d", "e"], "groups": []}
    ]
    [pair] = [pair for pair in run["pairs"] if pair["models"] == ["d", "e"]]
    assert (pair["common"], pair["agreement"]) == (600, 1.0)


def test_two_models_are_told_to_name_a_leader(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b"])
    poll.cast(answers(truth(60), {"a": 0.9, "b": 0.8}))
    poll.combine()
    assert any("name a leader" in warning for warning in poll.observer.warnings)


def test_a_leader_decides_where_it_votes_and_the_others_where_it_does_not(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"], ensemble={"leader": "c"})
    poll.cast(
        {
            "p1": {"a": "male", "b": "male", "c": "female"},
            "p2": {"a": "male", "b": "male"},
            "p3": {"a": "male", "b": "male", "c": "n/a"},
        }
    )
    poll.combine()
    values = poll.values()
    assert values["value"].tolist()[:2] == ["female", "male"]
    assert values.loc["p3", "status"] == "absent"


def test_the_leader_of_the_config_does_not_lead_the_plain_majority(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"], ensemble={"leader": "c", "method": "majority"})
    poll.cast({"p1": {"a": "male", "b": "male", "c": "female"}})
    poll.combine()
    assert poll.values().loc["p1", "value"] == "male"


def test_the_stack_asks_for_gold(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a"], ensemble={"method": "stack"})
    poll.cast({"p1": {"a": "male"}})
    with pytest.raises(ConfigError, match="the method 'stack' learns from gold") as raised:
        poll.combine()
    assert "--gold" in raised.value.hint


def test_the_review_queue_has_the_most_doubtful_first_and_all_that_a_person_needs(
    tmp_path: Path,
) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"], ensemble={"method": "majority"})
    poll.cast(
        {
            "p1": {"a": "male", "b": "male", "c": "male"},
            "p2": {"a": "male", "b": "female", "c": "unisex"},
            "p3": {"a": "male", "b": "male", "c": "purple"},
            "p4": {"a": "purple"},
        }
    )
    result = poll.combine()
    queue = poll.table("review.csv")
    assert queue["product_id"].tolist() == ["p4", "p2", "p3"]
    assert queue["review"].tolist() == ["no answer; off the list", "tie; low share", "off the list"]
    assert queue["value"].tolist() == [""] * 3
    assert queue["current"].tolist() == ["", "male", "male"]
    assert queue[["a says", "b says", "c says"]].to_numpy().tolist()[1] == [
        "male",
        "female",
        "unisex",
    ]
    assert result.review == 3


def test_a_filled_in_review_queue_is_gold(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"], ensemble={"method": "majority"})
    poll.cast({f"p{k}": {"a": "male", "b": "female", "c": "unisex"} for k in range(6)})
    poll.combine()
    queue = poll.table("review.csv")
    queue["value"] = "female"
    queue.to_csv(tmp_path / "filled.csv", index=False)
    report = poll.combine(gold=tmp_path / "filled.csv").gold
    assert report is not None
    assert (report.cells, report.best) == (6, "b")


@pytest.mark.parametrize("group_by", ["all", "attribute", "category"])
def test_an_attribute_that_applies_to_no_product_has_no_cells(
    tmp_path: Path, group_by: str
) -> None:
    other = {"values": ["x", "y"], "applies_to": ["Nothing"]}
    poll = Poll(
        tmp_path,
        ["a"],
        attributes={"gender": {"values": ["male"]}, "other": other},
        ensemble={"group_by": group_by},
    )
    poll.cast({"p1": {"a": "male"}})
    assert poll.combine().cells == 1
    poll.shop.config["attributes"] = {"other": other}
    assert poll.combine().cells == 0


def test_what_an_earlier_run_wrote_and_this_one_does_not_is_removed(tmp_path: Path) -> None:
    poll = Poll(tmp_path, list(FIVE))
    poll.cast(answers(truth(8), FIVE))
    poll.combine(input=poll.shop.input)
    poll.combine(input=poll.shop.input, compare=poll.out)
    (poll.out / "notes.txt").write_text("mine")
    poll.combine()
    assert poll.observer.notes == [
        f"removed {poll.out / 'changes.csv'}, which an earlier run wrote and this one does not"
    ]
    poll.combine()
    assert poll.observer.notes == []
    run = json.loads((poll.out / "run.json").read_text())
    names = [*run["files"], *run["stale_files"], "notes.txt"]
    assert sorted(path.name for path in poll.out.glob("[!.]*")) == sorted(names)
    assert run["stale_files"] == ["products.csv"]


def test_files_of_the_names_of_outputs_that_no_run_wrote_stay(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a"], paths={"output": "."})
    poll.cast({"p1": {"a": "male"}})
    poll.combine()
    catalog = poll.shop.input.read_bytes()
    run = json.loads((tmp_path / "run.json").read_bytes())
    for files in (3, ["../answers.csv", "notes.txt", 7]):
        (tmp_path / "run.json").write_text(json.dumps(run | {"files": files}))
        (tmp_path / "notes.txt").write_text("mine")
        poll.combine()
        assert (tmp_path / "products.csv").read_bytes() == catalog
        assert (tmp_path / "notes.txt").exists()
        assert poll.observer.notes == []


def test_files_are_the_same_to_the_byte_when_nothing_changed(tmp_path: Path) -> None:
    poll = Poll(tmp_path, list(FIVE))
    poll.cast(answers(truth(80), FIVE))
    poll.combine()
    before = {path.name: path.read_bytes() for path in poll.out.iterdir()}
    poll.combine()
    assert {path.name: path.read_bytes() for path in poll.out.iterdir()} == before


def test_a_model_named_for_an_attribute_decides_it_wherever_it_votes(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"], ensemble={"by_attribute": {"gender": "c"}})
    poll.cast(
        {
            "p1": {"a": "male", "b": "male", "c": "female"},
            "p2": {"a": "male", "b": "male"},
        }
    )
    poll.combine()
    assert poll.values()["value"].tolist() == ["female", "male"]


@pytest.mark.parametrize(
    ("by_attribute", "message"),
    [
        ({"gendre": "a"}, "unknown attribute 'gendre'; did you mean 'gender'?"),
        ({"gender": "d"}, "unknown model 'd'; known: a, b"),
    ],
)
def test_a_choice_by_attribute_names_what_exists(
    tmp_path: Path, by_attribute: dict[str, str], message: str
) -> None:
    poll = Poll(tmp_path, ["a", "b"], ensemble={"by_attribute": by_attribute})
    with pytest.raises(ConfigError) as raised:
        poll.combine()
    assert message in str(raised.value)
