"""`extract --batch` over HTTP: it brings what a live run brings, and nothing is submitted twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from batch_shop import (
    PRODUCTS,
    asked,
    finish,
    first_time,
    hurry,
    in_batches,
    male,
    once,
    rows,
    shop,
    vendors,
)
from shop import GENDER, Watching

from attrx.configs.errors import ConfigError
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.providers.batches.anthropic_batches import AnthropicBatches
from attrx.providers.batches.batch_api import BatchLimits
from attrx.providers.batches.openai_batches import OpenAIBatches
from attrx.runs.cache import prune
from attrx.runs.status import status
from attrx.testing import Call, VendorServer


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@vendors
def test_answers_come_by_a_later_call_and_are_those_of_a_live_run_at_half_the_price(
    tmp_path: Path, vendor: str
) -> None:
    (tmp_path / "live").mkdir()
    with VendorServer(male) as server:
        store, live = shop(tmp_path, server, vendor), shop(tmp_path / "live", server, vendor)
        first = store.batch()
        assert first.waits_for_batches
        assert [(each.new_requests, each.batches, each.requests) for each in first.batches] == [
            (7, 1, 7)
        ]
        assert first.without_vote == 7  # one was asked at once, to learn how
        second = store.batch()
        assert not second.waits_for_batches
        assert [tally.answers for tally in second.models] == [7]
        assert second.without_vote == 0
        assert asked(server) == once()
        store.batch()
        assert asked(server) == once()
        live.extract()
    kept, expected = rows(store), rows(live)
    own = {"answered_ns", "request_id", "cost_usd"}
    assert by_product(kept, own) == by_product(expected, own)
    # 155 tokens of a prompt for 1 USD a million, 5 of an answer for 2: 165 millionths, half of that
    # in a batch.
    assert sorted(row["cost_usd"] for row in kept) == pytest.approx([82.5e-6] * 7 + [165e-6])
    assert [row["cost_usd"] for row in expected] == pytest.approx([165e-6] * 8)


def by_product(answers: list[dict[str, Any]], without: set[str]) -> dict[str, dict[str, Any]]:
    return {row["product_id"]: {key: row[key] for key in row.keys() - without} for row in answers}


@vendors
def test_while_a_batch_is_open_nothing_in_it_is_asked_again(tmp_path: Path, vendor: str) -> None:
    watching = Watching()
    with VendorServer(male, batch_s=3600) as server:
        store = shop(tmp_path, server, vendor, "ab")
        store.batch()
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)
        again = store.batch(watching)
        assert again.waits_for_batches
        assert [each.new_requests for each in again.batches] == [0, 0]
        live = store.extract(watching)
        assert (live.in_batches, live.waits_for_batches) == (14, True)
        assert [(tally.requests, tally.cached_cells) for tally in live.models] == [(0, 1), (0, 1)]
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)
        assert [
            (each.model, each.batches, each.requests) for each in status(store.settings).batches
        ] == [
            ("a", 1, 7),
            ("b", 1, 7),
        ]
    assert sum("is open: 0 of 7 requests are done" in note for note in watching.notes) == 2


def test_new_products_are_submitted_while_a_batch_is_open(tmp_path: Path) -> None:
    new = {f"new-{number}": f"Hat no. {number}." for number in range(3)}
    with VendorServer(male, batch_s=3600) as server:
        store = shop(tmp_path, server)
        store.batch()
        store.products |= new
        result = store.batch()
        assert in_batches(server) == [7, 2]
        assert asked(server, PRODUCTS | new) == once(PRODUCTS | new)
    assert [(each.batches, each.requests) for each in result.batches] == [(2, 9)]


@vendors
def test_an_answer_has_the_room_at_once_with_which_a_live_run_asks_again(
    tmp_path: Path, vendor: str
) -> None:
    def answer(call: Call) -> str:
        body = call.body
        room = body.get("max_completion_tokens") or body["max_tokens"]
        call.fault = (
            "cut_off" if room < 1000 else ""
        )  # what the vendor says of an answer that did not fit
        return male(call)

    with VendorServer(answer) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        store.batch()
        assert asked(server) == once()
        rooms = {
            call.body.get("max_completion_tokens") or call.body["max_tokens"]
            for call in server.calls
            if call.prompt
        }
    assert rooms == {1024}  # twice the 512 of the config
    assert {row["finish"] for row in rows(store)} == {"stop"}


def test_a_model_that_does_not_take_twice_the_room_is_asked_with_what_the_config_says(
    tmp_path: Path,
) -> None:
    def too_much(call: Call) -> str | None:
        return (
            "bad_request" if call.prompt and max(call.body.get(k, 0) for k in ROOMS) > 512 else None
        )

    with VendorServer(male, faults=too_much) as server:
        store = shop(tmp_path, server, "anthropic")
        store.batch()
        assert not store.batch().waits_for_batches
        assert {call.body["max_tokens"] for call in server.calls if call.batch} == {512}
    assert {row["status"] for row in rows(store)} == {"answered"}


ROOMS = ("max_tokens", "max_completion_tokens")


@vendors
def test_an_answer_without_a_vote_is_final_until_it_is_asked_for_and_then_asked_once(
    tmp_path: Path, vendor: str
) -> None:
    faults = first_time(lambda call: "prose" if call.batch and "no. 3." in call.prompt else None)
    with VendorServer(male, faults=faults) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        assert store.batch().without_vote == 1
        store.batch()
        assert asked(server) == once()
        retry: dict[str, Any] = {"retry_failed": True}
        assert store.batch(**retry).without_vote == 0  # alone, it is asked at once
        assert asked(server) == {**once(), "3": 2}


def test_a_form_and_options_that_the_vendor_refuses_are_found_out_before_the_batch(
    tmp_path: Path,
) -> None:
    def picky(call: Call) -> str | None:
        if "temperature" in call.body:
            return "bad_temperature"
        return (
            "bad_format"
            if "json_schema" in call.body.get("response_format", {}).get("type", "")
            else None
        )

    with VendorServer(male, faults=picky) as server:
        store = shop(tmp_path, server)
        store.config["models"][0]["temperature"] = 0
        store.batch()
        assert not store.batch().waits_for_batches
        submitted = [call for call in server.calls if call.batch]
    assert len(submitted) == 7
    assert {call.body["response_format"]["type"] for call in submitted} == {"json_object"}
    assert all("temperature" not in call.body for call in submitted)


@vendors
def test_batches_are_split_at_the_vendors_limits(
    tmp_path: Path, vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for api in (OpenAIBatches, AnthropicBatches):
        monkeypatch.setattr(api, "limits", BatchLimits(requests=3))
    with VendorServer(male) as server:
        store = shop(tmp_path, server, vendor)
        first = store.batch()
        assert in_batches(server) == [3, 3, 1]
        assert [(each.new_requests, each.batches) for each in first.batches] == [(7, 3)]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_batches_are_split_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenAIBatches, "limits", BatchLimits(requests=100, size=4000))
    with VendorServer(male) as server:
        shop(tmp_path, server).batch()
        sizes = [
            int(call.headers["content-length"])
            for call in server.calls
            if call.path == "POST /v1/files"
        ]
    assert len(sizes) > 1
    assert max(sizes) < 4000 + 600  # around the requests there are the boundaries of a form


def test_the_rest_of_a_bucket_goes_with_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attrx.extraction.cache.writable_cache.PRODUCTS_A_BUCKET", 2)
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert AnswersCache(store.settings.paths.cache).buckets == 4
        assert in_batches(server) == [7]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_equal_texts_are_submitted_once_and_stored_under_each_product(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.products = {"1": "Hat", "2": "Shirt", "3": "Shirt", "4": "Shirt", "5": "Coat"}
        store.batch()
        assert in_batches(server) == [2]
        assert store.batch().without_vote == 0
        assert in_batches(server) == [2]
    kept = [row for row in rows(store) if row["product_id"] in {"2", "3", "4"}]
    assert sorted(row["source"] for row in kept) == ["asked", "shared", "shared"]
    assert sorted(row["cost_usd"] for row in kept)[:2] == [0.0, 0.0]


def test_a_product_that_is_listed_again_joins_the_request_that_is_on_its_way(
    tmp_path: Path,
) -> None:
    with VendorServer(male, batch_s=3600) as server:
        store = shop(tmp_path, server)
        store.batch()
        store.products |= {"twin": PRODUCTS["7"], "own": "A hat", "own too": "A coat"}
        store.batch()
        expected = once() | {"own": 1, "own too": 1}
        texts = PRODUCTS | {"own": "A hat", "own too": "A coat"}
        assert asked(server, texts) == expected
        assert status(store.settings).batches[0].requests == 8
        server.end_batches()
        finish(store)
        assert asked(server, texts) == expected
    assert {row["product_id"] for row in rows(store)} == set(store.products)
    assert [row["source"] for row in rows(store) if row["product_id"] == "twin"] == ["shared"]


def test_equal_requests_are_submitted_once_also_where_the_products_are_asked_different_things(
    tmp_path: Path,
) -> None:
    with VendorServer(lambda call: "male") as server:
        store = shop(tmp_path, server, prompt={"style": "choice"})
        store.config["attributes"]["fit"] = {"values": ["male", "wide"], "applies_to": ["Shoes"]}
        store.products = {"0": "Hat", "1": "Shoe", "2": "Shoe"}
        store.categories = {"0": "Bags", "2": "Bags"}
        store.batch()
        assert in_batches(server) == [
            2
        ]  # of the shoe: gender, once for both; fit, for the one in Shoes
        assert store.batch().without_vote == 0
        assert sum(1 for call in server.calls if call.prompt) == 3


def test_a_refresh_is_carried_out_once_over_several_calls(tmp_path: Path) -> None:
    said = {"value": "male"}
    expires = first_time(
        lambda call: (
            "expired"
            if call.batch and said["value"] == "female" and "no. 3." in call.prompt
            else None
        )
    )
    with VendorServer(lambda call: json.dumps({"gender": said["value"]}), faults=expires) as server:
        store = shop(tmp_path, server)
        store.extract()
        said["value"] = "female"
        first = store.batch(refresh=True)
        assert first.batches[0].new_requests == 7
        second = store.batch(refresh=True)  # one has expired, and only that is asked again
        assert (second.batches[0].new_requests, second.waits_for_batches) == (0, False)
        assert asked(server) == {**dict.fromkeys(PRODUCTS, 2), "3": 3}
        third = store.batch(refresh=True)
        assert third.batches[0].new_requests == 7
    latest = {row["product_id"]: row["votes"][0]["value"] for row in rows(store)}
    assert set(latest.values()) == {"female"}


def test_the_most_requests_are_kept_to_and_later_calls_go_on(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        first = store.batch(max_requests=4)
        assert first.budget_spent
        assert in_batches(server) == [3]
        second = store.batch(max_requests=4)
        assert in_batches(server) == [3, 3]
        assert (second.budget_spent, second.waits_for_batches) == (False, True)
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_the_most_cost_bounds_what_is_submitted_at_half_the_price(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.batch(max_cost=0.0)
        assert asked(server) == {}
        # Room for 1024 tokens of an answer at 2 USD a million, halved, and less than 1000 bytes of
        # prompt at 1, halved: one request is between 1.024 and 1.524 thousandths of a dollar, the
        # first one, live, twice that at most.
        result = store.batch(max_cost=0.008)
        assert result.budget_spent
        assert 3 <= result.batches[0].new_requests <= 6


def test_models_without_a_batch_api_are_named_before_anything_is_sent(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server, names="ab")
        store.config["models"][0] = {"name": "m", "provider": "mock"}
        with pytest.raises(ConfigError, match=r"no batch API for m \(mock\)") as caught:
            store.batch()
        assert caught.value.hint == "Leave them out with --models b."
        assert server.calls == []
        assert store.batch(models=("b",)).waits_for_batches


def test_a_batch_of_a_model_that_has_left_the_config_is_kept_and_told_of(tmp_path: Path) -> None:
    watching = Watching()
    with VendorServer(male) as server:
        store = shop(tmp_path, server, names="ab")
        store.batch()
        models = store.config["models"]
        store.config["models"] = models[1:]
        result = store.batch(watching)
        assert not result.waits_for_batches  # waiting for it would be vain
        assert (
            "7 requests wait in batches of model 'a', which is not in the config any more"
            in watching.warnings[0]
        )
        assert [(each.model, each.in_config) for each in status(store.settings).batches] == [
            ("a", False)
        ]
        store.config["models"] = [{**models[0], "name": "a-renamed"}, models[1]]
        assert store.batch().without_vote == 0
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)
        assert status(store.settings).batches == ()


def test_batches_of_a_model_that_is_dropped_are_waited_for_no_longer(tmp_path: Path) -> None:
    with VendorServer(male, batch_s=3600) as server:
        store = shop(tmp_path, server)
        store.batch()
        drop: dict[str, Any] = {"keep_products": None, "drop_models": ["a"]}
        assert prune(store.settings, **drop, dry_run=True).requests == 7
        assert store.batch().batches[0].requests == 7
        assert prune(store.settings, **drop).requests == 7
        assert store.batch().batches[0].new_requests == 7
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)


def test_answers_to_an_older_wording_are_kept_under_it(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.batch()
        store.config["attributes"]["gender"] = {**GENDER, "description": "Whom it fits."}
        reworded = store.batch()
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)  # not the question that was asked
        assert reworded.waits_for_batches
        store.config["attributes"]["gender"] = GENDER
        assert store.batch().without_vote == 0
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)


def test_answers_about_an_attribute_that_is_gone_are_read_when_it_is_back(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.batch()
        store.config["attributes"] = {"fit": {"values": ["male", "wide"]}}
        store.batch()
        store.config["attributes"] = {"gender": GENDER, "fit": {"values": ["male", "wide"]}}
        assert store.batch().without_vote == 0
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)


def test_what_is_on_its_way_counts_in_the_budget_of_a_month(tmp_path: Path) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server)
        store.config["budget"] = {"per_month": 1.0}
        first = store.batch()
        # In a batch are 7 requests, each of a bound of about 500 bytes for 1 USD a million and
        # twice 512 tokens of an answer for 2, at half the price; 1 was answered at once.
        on_its_way_usd = 7 * (500 + 2 * 2 * 512) / 2e6
        second = store.extract()
        assert second.allowance is not None
        counted_usd = second.allowance.spent_usd - (first.cost_usd or 0.0)
        assert counted_usd == pytest.approx(on_its_way_usd, rel=0.2)
        store.batch()
        third = store.extract()
        assert third.allowance is not None
        assert third.allowance.spent_usd == pytest.approx(
            sum(row["cost_usd"] for row in rows(store))
        )
