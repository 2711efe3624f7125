from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import request, settings
from simulated import simulate

from attrx.configs.errors import ConfigError, RefusedRequestError
from attrx.configs.product import Product
from attrx.configs.settings import Attribute
from attrx.providers.replay import ReplayProvider

BRAND = Attribute(name="brand", open=True)


def _line(product_id: object, raw: object, model: str = "gpt-4") -> str:
    return json.dumps({"product_id": product_id, "model": model, "raw": raw})


def _replay(file: Path, lines: Iterable[str], **model: Any) -> ReplayProvider:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return ReplayProvider(
        settings(**{"name": "gpt-4", "provider": "replay", "options": {"file": str(file)}, **model})
    )


def _say(replay: ReplayProvider, product_id: str) -> str:
    return simulate(replay.ask(request(product=Product(product_id, ())))).text


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.jsonl"


def test_a_recorded_answer_is_given_as_it_was(file: Path) -> None:
    replay = _replay(
        file, [_line("a", '{"brand": "Ünique"}'), "", _line("b", "n/a\nor so"), _line(7, "seven")]
    )

    assert [_say(replay, each) for each in "ab7"] == ['{"brand": "Ünique"}', "n/a\nor so", "seven"]


def test_it_answers_for_its_model_and_for_its_name_where_that_is_empty(file: Path) -> None:
    lines = [_line("a", "four", "gpt-4"), _line("a", "three", "gpt-3.5")]

    assert _say(_replay(file, lines, model="gpt-3.5"), "a") == "three"
    assert _say(_replay(file, lines), "a") == "four"


def test_the_last_of_several_lines_counts(file: Path) -> None:
    assert (
        _say(_replay(file, [_line("a", "old"), _line("b", "other"), _line("a", "new")]), "a")
        == "new"
    )


def test_an_answer_that_is_not_there_fails_that_cell_for_good(file: Path) -> None:
    replay = _replay(file, [_line("a", "x")])

    with pytest.raises(
        RefusedRequestError, match="no recorded answer of 'gpt-4' for product 'b'"
    ) as raised:
        _say(replay, "b")
    assert not raised.value.retryable
    assert raised.value.refused_option is None


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30), min_size=1, max_size=30))
def test_every_answer_is_found(
    tmp_path_factory: pytest.TempPathFactory, answers: dict[str, str]
) -> None:
    file = tmp_path_factory.mktemp("replay") / "answers.jsonl"

    replay = _replay(file, (_line(product_id, raw) for product_id, raw in answers.items()))
    assert {product_id: _say(replay, product_id) for product_id in answers} == answers
    simulate(replay.close())


def test_the_fingerprint_is_that_of_the_recorded_answer(file: Path) -> None:
    def fingerprint(*lines: str) -> str:
        return _replay(file, lines).fingerprint(Product("a", ()), BRAND)

    first = fingerprint(_line("a", "x"))
    assert fingerprint(_line("b", "y"), _line("a", "x")) == first
    assert fingerprint(_line("a", "y")) != first
    assert (
        fingerprint(_line("b", "x")) != first
    )  # no answer yet: when there is one, it will be asked for


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"product_id": "a"', "this is no JSON"),
        ('["a", "gpt-4", "x"]', "this is no JSON object"),
        ('{"product_id": "a", "model": "gpt-4"}', "'raw' is missing"),
        ('{"product_id": "a", "model": "gpt-4", "raw": {"brand": "x"}}', "'raw' is no text"),
    ],
)
def test_a_broken_line_is_named_by_its_number(file: Path, line: str, found: str) -> None:
    with pytest.raises(ConfigError) as raised:
        _replay(file, [_line("a", "x"), line])

    assert raised.value.message.startswith(f"{file}:2: expected a recorded answer, but {found}")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"options\.file: cannot read .*none\.jsonl: No such file"
    ):
        ReplayProvider(settings(provider="replay", options={"file": str(tmp_path / "none.jsonl")}))


def test_a_model_without_any_answer_is_told_which_models_have_some(file: Path) -> None:
    with pytest.raises(ConfigError, match="has no answers of 'gpt-5'") as raised:
        _replay(file, [_line("a", "x"), _line("a", "x", "claude")], model="gpt-5")

    assert raised.value.hint == "models in the file: claude, gpt-4"


@pytest.mark.parametrize("options", [{}, {"file": "x", "files": "y"}])
def test_options_that_cannot_be_used_are_named(options: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"options\.files?: "):
        ReplayProvider(settings(provider="replay", options=options))


def test_closing_twice_is_fine(file: Path) -> None:
    replay = _replay(file, [_line("a", "x")])

    simulate(replay.close())
    simulate(replay.close())
