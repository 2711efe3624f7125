"""The table of methods: what each says of itself, and what a new one takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import toy_method
from polls import Poll

from attrx.configs.errors import ConfigError
from attrx.configs.settings import EnsembleSettings
from attrx.ensemble.learning import learn
from attrx.ensemble.methods import METHODS, WITH_GOLD, find_method
from attrx.ensemble.methods.method import Method
from attrx.runs.configuration import load_config, with_ensemble
from attrx.runs.report import report

NAMES = [name.replace("<model>", "gpt-4") for name in METHODS]
VOTES = {
    "p1": {"a": "male", "b": "male", "c": "female"},
    "p2": {"a": "male", "b": "male", "c": "male"},
}


@pytest.mark.parametrize("name", NAMES)
def test_every_name_finds_its_method(name: str) -> None:
    method = find_method(name)
    assert isinstance(method, Method)
    assert method.name == name
    assert name in method.describe(EnsembleSettings(method=name))


@pytest.mark.parametrize("name", ["lead", "", "single", "stack:a", "iwmv:"])
def test_no_other_name_finds_one(name: str) -> None:
    with pytest.raises(KeyError):
        find_method(name)


def test_a_models_name_may_hold_a_colon() -> None:
    assert find_method("single:org:model").name == "single:org:model"


@pytest.mark.parametrize("name", NAMES)
def test_baselines_need_no_gold_and_are_not_the_method_itself(name: str) -> None:
    baselines = find_method(name).baselines
    assert name not in baselines
    assert not any(find_method(each).needs_gold for each in baselines)


def test_gold_implies_a_method_that_needs_it_and_the_default_needs_none() -> None:
    assert find_method(WITH_GOLD).needs_gold
    assert not find_method(EnsembleSettings().method).needs_gold


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "combined by iwmv, weights per attribute, chance as observed"),
        ({"group_by": "all"}, "combined by iwmv, one weight per model, chance as observed"),
        (
            {"group_by": "category", "chance": "uniform"},
            "combined by iwmv, weights per category and attribute, chance as uniform",
        ),
        ({"method": "single:gpt-4"}, "combined by single:gpt-4"),
    ],
)
def test_a_method_says_in_words_how_it_combined(options: dict[str, str], words: str) -> None:
    settings = EnsembleSettings.model_validate(options)
    assert find_method(settings.method).describe(settings) == words


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more method, as one more line in the table."""
    monkeypatch.setitem(METHODS, "last", toy_method.LINE)


@pytest.mark.usefixtures("toy")
def test_a_new_method_is_one_file_and_one_line(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "b", "c"], ensemble={"method": "last"})
    poll.cast(VOTES)
    result = poll.combine(gold=poll.gold({"p1": "female", "p2": "male"}))
    assert poll.values()["value"].to_dict() == {"p1": "female", "p2": "male"}
    assert result.gold is not None
    assert list(result.gold.measures) == ["a", "b", "c", "majority", "last"]
    assert result.gold.measures["last"].accuracy == 1
    assert json.loads((poll.out / "run.json").read_text())["method"] == "last"
    page = report(poll.shop.settings).read_text(encoding="utf-8")
    assert "combined by whoever stands last" in page


@pytest.mark.usefixtures("toy")
def test_a_new_method_is_suggested_and_its_name_is_no_models(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["a", "last"])
    with pytest.raises(ConfigError, match=r"attrx.yaml:\d+: models\[1\].name: the name 'last'"):
        load_config(poll.shop.config_path)
    poll = Poll(tmp_path, ["a", "b"])
    with pytest.raises(ConfigError, match="did you mean 'last'"):
        with_ensemble(poll.shop.settings, method="lst")


def test_a_method_that_is_found_out_to_be_unknown_while_learning_is_told_with_its_line(
    tmp_path: Path,
) -> None:
    poll = Poll(tmp_path, ["a", "b"])
    settings = poll.shop.settings
    ensemble = settings.ensemble.model_copy(update={"method": "majorty"})
    settings = settings.model_copy(update={"ensemble": ensemble})
    with pytest.raises(ConfigError, match=r"ensemble\.method: unknown method 'majorty'"):
        learn([], settings)
