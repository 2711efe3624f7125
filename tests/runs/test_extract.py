"""Extraction over real HTTP: every cell is asked once, and no answer is asked for again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from shop import GENDER, Shop, Watching

from attrx.configs.errors import ConfigError, InputError
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.runs.status import status
from attrx.testing import Call, VendorServer

PRODUCTS = {"1": "Trail shoe", "2": "Silk blouse", "3": "Rain coat"}
MODELS = ("a", "b")


def male(call: Call) -> str:
    return json.dumps(dict.fromkeys((call.schema or {}).get("properties", {"gender": {}}), "male"))


def shop(folder: Path, server: VendorServer, **config: Any) -> Shop:
    models = [
        {"name": name, "provider": "openai", "model": name, "base_url": server.base_url("openai")}
        for name in MODELS
    ]
    return Shop(folder, models, PRODUCTS, **config)


def test_a_second_run_asks_nothing(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        first = shop(tmp_path, server).extract()
        asked = len(server.calls)
        second = shop(tmp_path, server).extract()
        assert (asked, len(server.calls)) == (6, 6)
    assert [(tally.requests, tally.answers, tally.cached_cells) for tally in first.models] == [
        (3, 3, 0),
        (3, 3, 0),
    ]
    assert [(tally.requests, tally.answers, tally.cached_cells) for tally in second.models] == [
        (0, 0, 3),
        (0, 0, 3),
    ]
    assert (first.without_vote, second.without_vote) == (0, 0)


def test_what_never_reaches_the_model_asks_nothing_when_it_changes(tmp_path: Path) -> None:
    with VendorServer(lambda call: '{"gender": "gents"}') as server:
        store = shop(tmp_path, server)
        assert store.extract().without_vote == 3  # "gents" is off the list
        gender = {
            **GENDER,
            "values": {**GENDER["values"], "male": ["men", "gents"]},
            "absent": "missing",
        }
        store.config["attributes"] = {"gender": gender}
        for model in store.config["models"]:
            model |= {
                "prices": {"input": 1, "output": 2},
                "limits": {"concurrency": 2},
                "max_tokens": 99,
            }
        store.products = dict(reversed(store.products.items()))
        assert store.extract().without_vote == 0  # the raw answers were read again
        assert len(server.calls) == 6


def test_a_new_attribute_is_asked_alone_and_only_where_it_applies(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.extract()
        store.categories = {"2": "Blouses"}
        store.config["attributes"]["fit"] = {"values": ["male", "wide"], "applies_to": ["Shoes"]}
        store.extract()
    asked = [list(call.schema["properties"]) for call in server.calls[6:] if call.schema]
    assert asked == [["fit"]] * 4


def test_a_reworded_attribute_is_asked_again(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.extract()
        store.config["attributes"]["gender"] = {**GENDER, "description": "Whom it fits."}
        store.extract()
        assert len(server.calls) == 12


def test_a_changed_text_is_asked_once_per_model(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.extract()
        store.products["2"] = "Silk blouse, red"
        store.extract()
        assert len(server.calls) == 8
        store.products["2"] = PRODUCTS["2"]  # and back: both answers are kept
        store.extract()
        assert len(server.calls) == 8


def test_another_temperature_or_model_is_another_model(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.extract()
        store.config["models"][0]["temperature"] = 0
        store.config["models"][1]["model"] = "b-2"
        store.extract()
        assert len(server.calls) == 12


def test_equal_texts_are_asked_once_and_stored_under_each_product(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.products = {str(number): "The same shirt" for number in range(5)}
        first = store.extract()
        assert len(server.calls) == 2
        store.products["9"] = "The same shirt"  # relisted later
        second = store.extract()
        assert len(server.calls) == 2
    assert (first.without_vote, second.without_vote) == (0, 0)
    rows = AnswersCache(store.settings.paths.cache).answers(0).to_pylist()
    assert sorted(row["source"] for row in rows) == ["asked"] * 2 + ["shared"] * 10
    assert {row["raw"] for row in rows} == {'{"gender": "male"}'}
    assert all(row["input_tokens"] == 0 for row in rows if row["source"] == "shared")


def test_texts_that_differ_in_nothing_visible_are_one_text(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.products = {"1": "Trail shoe", "2": "Trail\u200b shoe"}
        assert store.extract().without_vote == 0
        assert len(server.calls) == 2


@pytest.mark.parametrize("concurrency", [1, 8])
def test_equal_requests_are_sent_once_also_where_the_products_are_asked_different_things(
    tmp_path: Path, concurrency: int
) -> None:
    with VendorServer(lambda call: "male", latency_s=0.05) as server:
        store = shop(tmp_path, server, prompt={"style": "choice"})
        store.config["models"] = [
            {**store.config["models"][0], "limits": {"concurrency": concurrency}}
        ]
        store.config["attributes"]["fit"] = {"values": ["male", "wide"], "applies_to": ["Shoes"]}
        store.products, store.categories = {"1": "Trail shoe", "2": "Trail shoe"}, {"2": "Bags"}
        assert store.extract().without_vote == 0
        assert len(server.calls) == 2  # gender, once for both; fit, for the shoe


def test_an_answer_without_a_vote_is_final_until_it_is_asked_for(tmp_path: Path) -> None:
    answers = iter(["I would rather not say"] * 6 + ['{"gender": "male"}'] * 6)
    with VendorServer(lambda call: next(answers)) as server:
        store = shop(tmp_path, server)
        store.config["models"] = [
            {**model, "structured": "none"} for model in store.config["models"]
        ]
        first = store.extract()
        assert [(tally.answers, tally.unusable) for tally in first.models] == [(3, 3), (3, 3)]
        assert first.without_vote == 3
        assert [model.unusable_cells for model in status(store.settings).models] == [3, 3]
        store.extract()
        assert len(server.calls) == 6
        assert store.extract(retry_failed=True).without_vote == 0
        assert len(server.calls) == 12
        store.extract(retry_failed=True)
        assert len(server.calls) == 12


def test_a_refresh_asks_again_and_the_newer_answer_counts(tmp_path: Path) -> None:
    said = {"value": "male"}
    with VendorServer(lambda call: json.dumps({"gender": said["value"]})) as server:
        store = shop(tmp_path, server)
        store.extract()
        said["value"] = "female"
        store.extract(refresh=True)
        assert len(server.calls) == 12
    assert (
        AnswersCache(store.settings.paths.cache).answers(0).num_rows == 12
    )  # no raw text is thrown away


def test_a_wrong_key_stops_that_model_at_once_and_the_others_finish(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("GOOD_KEY", "good-key-123456")
    monkeypatch.setenv("BAD_KEY", "bad-key-654321")
    watching = Watching()
    with VendorServer(male, api_key="good-key-123456") as server:
        store = shop(tmp_path, server)
        store.products = {str(number): f"Shirt {number}" for number in range(200)}
        store.config["models"][0] |= {"api_key_env": "BAD_KEY", "limits": {"concurrency": 4}}
        store.config["models"][1]["api_key_env"] = "GOOD_KEY"
        result = store.extract(watching)
        refused = [call for call in server.calls if call.status == 401]
    assert [tally.answers for tally in result.models] == [0, 200]
    assert result.models[0].stop_reason is not None
    assert len(refused) <= 4
    assert len(watching.stops) == 1
    assert (
        "BAD_KEY" in watching.stops[0] or "401" in watching.stops[0] or "key" in watching.stops[0]
    )
    everything = "".join(
        path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()
    )
    assert "bad-key-654321" not in everything + str(watching.stops)


def test_a_poisoned_row_fails_alone(tmp_path: Path) -> None:
    with VendorServer(
        male, faults=lambda call: "bad_request" if "blouse" in call.prompt else None
    ) as server:
        store = shop(tmp_path, server)
        result = store.extract()
        assert result.without_vote == 1
        assert [(tally.answers, tally.failures) for tally in result.models] == [(2, 1), (2, 1)]


def test_limit_means_the_first_products_cached_or_not(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.extract(limit=2)
        store.extract(limit=2)
        assert len(server.calls) == 4
        store.extract(limit=3, models=("a",))
        assert len(server.calls) == 5


def test_the_most_requests_are_kept_to_and_a_later_call_goes_on(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        assert store.extract(max_requests=4).budget_spent
        assert len(server.calls) == 4
        assert not store.extract(max_requests=2).budget_spent
        assert len(server.calls) == 6


def test_a_duplicate_id_is_an_error_that_names_both_rows_and_nothing_is_asked(
    tmp_path: Path,
) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        path = store.input
        path.write_text("sku,title,category\n1,a,x\n2,b,x\n1,c,x\n")
        store.products = {}
        from attrx.extraction.asking.observer import Silent
        from attrx.runs.extract import ExtractOptions, extract

        with pytest.raises(InputError, match="id '1' stands in row 1 and in row 3"):
            extract(store.settings, ExtractOptions(path), Silent())
        assert server.calls == []


def test_a_product_without_text_is_not_asked_about(tmp_path: Path) -> None:
    watching = Watching()
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.products["4"] = "  "
        assert store.extract(watching).without_vote == 0
        assert len(server.calls) == 6
    assert "1 product without any text" in watching.warnings[0]


def test_an_unknown_model_name_lists_the_known_ones(tmp_path: Path) -> None:
    with (
        VendorServer(male) as server,
        pytest.raises(ConfigError, match="no model 'c' in the config; known: a, b"),
    ):
        shop(tmp_path, server).extract(models=("c",))
