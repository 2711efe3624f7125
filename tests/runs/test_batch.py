"""`extract --batch` over HTTP: the server's log says what was submitted, and that nothing was submitted twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from loopback import Call, Fault, Loopback
from shop import GENDER, Shop, Watching

from attrx.cli.app import run
from attrx.configs.errors import ConfigError
from attrx.extraction import cache, collecting
from attrx.extraction.cache import AnswersCache
from attrx.providers import retries
from attrx.providers.anthropic_batches import AnthropicBatches
from attrx.providers.batches import BatchLimits
from attrx.providers.openai_batches import OpenAIBatches
from attrx.runs.status import status

VENDORS = ("openai", "anthropic")
vendors = pytest.mark.parametrize("vendor", VENDORS)
PRODUCTS = {str(number): f"Shirt no. {number}." for number in range(8)}


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "SETTLING_S", 0.0)
    monkeypatch.setattr(retries, "MOST_FAILURES", 2)


def male(call: Call) -> str:
    return json.dumps(dict.fromkeys((call.schema or {}).get("properties", {"gender": {}}), "male"))


def shop(folder: Path, server: Loopback, vendor: str = "openai", names: str = "a", **config: Any) -> Shop:
    model = {"provider": vendor, "base_url": server.base_url(vendor), "prices": {"input": 1, "output": 2}}
    return Shop(folder, [{**model, "name": name, "model": name} for name in names], PRODUCTS, **config)


def asked(server: Loopback, texts: dict[str, str] = PRODUCTS) -> Counter[str]:
    """How often each product was asked about, in batches or at once; those never asked about are left out."""
    prompts = [call.prompt for call in server.calls if call.prompt]
    return Counter(product for product, text in texts.items() for prompt in prompts if text in prompt)


def in_batches(server: Loopback) -> list[int]:
    """How many requests each batch had, in order."""
    return list(Counter(call.batch for call in server.calls if call.batch).values())


def rows(store: Shop) -> list[dict[str, Any]]:
    return AnswersCache(store.settings.paths.cache).answers(0).to_pylist()


def once(texts: dict[str, str] = PRODUCTS) -> dict[str, int]:
    return dict.fromkeys(texts, 1)


def of_product(number: int, fault: str) -> Callable[[Call], str | None]:
    """A fault of all requests about one product."""
    return lambda call: fault if f"no. {number}." in call.prompt else None


def first_time(fault: Callable[[Call], str | None]) -> Callable[[Call], str | None]:
    """A fault that a prompt meets once."""
    met: set[str] = set()

    def faults(call: Call) -> str | None:
        kind = fault(call)
        if kind is None or call.prompt in met:
            return None
        met.add(call.prompt)
        return kind

    return faults


def of_path(path: str, *faults: Fault | str) -> Callable[[Call], Fault | str | None]:
    """Faults of the first requests to a path, in order."""
    left = list(faults)
    return lambda call: left.pop(0) if left and call.path == path else None


POSTS = {"openai": "POST /v1/batches", "anthropic": "POST /v1/messages/batches"}


@vendors
def test_answers_come_by_a_later_call_and_are_those_of_a_live_run_at_half_the_price(
    tmp_path: Path, vendor: str
) -> None:
    (tmp_path / "live").mkdir()
    with Loopback(male) as server:
        store, live = shop(tmp_path, server, vendor), shop(tmp_path / "live", server, vendor)
        first = store.batch()
        assert first.waits_for_batches
        assert [(each.submitted, each.batches, each.requests) for each in first.batches] == [(7, 1, 7)]
        assert first.without_vote == 7  # one was asked at once, to learn how
        second = store.batch()
        assert not second.waits_for_batches
        assert [tally.answered for tally in second.models] == [7]
        assert second.without_vote == 0
        assert asked(server) == once()
        store.batch()
        assert asked(server) == once()
        live.extract()
    kept, expected = rows(store), rows(live)
    own = {"answered_ns", "request_id", "cost_usd"}
    assert by_product(kept, own) == by_product(expected, own)
    # 15 tokens of a prompt for 1 USD a million, 5 of an answer for 2: 25 millionths, half of that in a batch.
    assert sorted(row["cost_usd"] for row in kept) == pytest.approx([12.5e-6] * 7 + [25e-6])
    assert [row["cost_usd"] for row in expected] == pytest.approx([25e-6] * 8)


def by_product(answers: list[dict[str, Any]], without: set[str]) -> dict[str, dict[str, Any]]:
    return {row["product_id"]: {key: row[key] for key in row.keys() - without} for row in answers}


@vendors
def test_while_a_batch_is_open_nothing_in_it_is_asked_again(tmp_path: Path, vendor: str) -> None:
    watching = Watching()
    with Loopback(male, batch_s=60) as server:
        store = shop(tmp_path, server, vendor, "ab")
        store.batch()
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)
        again = store.batch(watching)
        assert again.waits_for_batches
        assert [each.submitted for each in again.batches] == [0, 0]
        live = store.extract(watching)
        assert (live.in_batches, live.waits_for_batches) == (14, True)
        assert [(tally.requests, tally.cached) for tally in live.models] == [(0, 1), (0, 1)]
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)
        assert [(each.model, each.batches, each.requests) for each in status(store.settings).batches] == [
            ("a", 1, 7),
            ("b", 1, 7),
        ]
    assert sum("is open: 0 of 7 requests are done" in note for note in watching.notes) == 2


def test_new_products_are_submitted_while_a_batch_is_open(tmp_path: Path) -> None:
    new = {f"new-{number}": f"Hat no. {number}." for number in range(3)}
    with Loopback(male, batch_s=60) as server:
        store = shop(tmp_path, server)
        store.batch()
        store.products |= new
        result = store.batch()
        assert in_batches(server) == [7, 2]
        assert asked(server, PRODUCTS | new) == once(PRODUCTS | new)
    assert [(each.batches, each.requests) for each in result.batches] == [(2, 9)]


@vendors
@pytest.mark.parametrize("fault", ["expired", "server_error"])
def test_only_what_expired_or_failed_is_submitted_again(tmp_path: Path, vendor: str, fault: str) -> None:
    faults = first_time(
        lambda call: fault if call.batch and ("no. 3." in call.prompt or "no. 5." in call.prompt) else None
    )
    watching = Watching()
    with Loopback(male, faults=faults) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        second = store.batch(watching)
        assert second.waits_for_batches
        assert [(tally.answered, tally.failed) for tally in second.models] == [(6, 2)]  # the first live, 5 in the batch
        third = store.batch()
        assert not third.waits_for_batches
        assert third.without_vote == 0
        assert asked(server) == {**once(), "3": 2, "5": 2}
    assert len(watching.failures) == 2


@vendors
def test_a_row_that_the_vendor_refuses_is_final(tmp_path: Path, vendor: str) -> None:
    with Loopback(male, faults=of_product(3, "bad_request")) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        second = store.batch()
        assert not second.waits_for_batches
        assert second.without_vote == 1
        assert asked(server) == once()
    assert [model.unusable for model in status(store.settings).models] == [1]


@vendors
def test_where_a_batch_was_refused_request_by_request_the_model_is_stopped_until_the_next_call(
    tmp_path: Path, vendor: str
) -> None:
    watching = Watching()
    with Loopback(male, faults=lambda call: "bad_request" if call.batch else None) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        second = store.batch(watching)
        assert not second.waits_for_batches
        assert second.models[0].stopped is not None
        assert in_batches(server) == [7]
    assert [model.failed for model in status(store.settings).models] == [7]


@vendors
def test_an_answer_has_the_room_at_once_with_which_a_live_run_asks_again(tmp_path: Path, vendor: str) -> None:
    def answer(call: Call) -> str:
        body = call.body
        room = body.get("max_completion_tokens") or body["max_tokens"]
        call.fault = "cut_off" if room < 1000 else ""  # what the vendor says of an answer that did not fit
        return male(call)

    with Loopback(answer) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        store.batch()
        assert asked(server) == once()
        rooms = {
            call.body.get("max_completion_tokens") or call.body["max_tokens"] for call in server.calls if call.prompt
        }
    assert rooms == {1024}  # twice the 512 of the config
    assert {row["finish"] for row in rows(store)} == {"stop"}


def test_a_model_that_does_not_take_twice_the_room_is_asked_with_what_the_config_says(tmp_path: Path) -> None:
    def too_much(call: Call) -> str | None:
        return "bad_request" if call.prompt and max(call.body.get(k, 0) for k in ROOMS) > 512 else None

    with Loopback(male, faults=too_much) as server:
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
    with Loopback(male, faults=faults) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        assert store.batch().without_vote == 1
        store.batch()
        assert asked(server) == once()
        retry: dict[str, Any] = {"retry_failed": True}
        assert store.batch(**retry).without_vote == 0  # alone, it is asked at once
        assert asked(server) == {**once(), "3": 2}


def test_a_form_and_options_that_the_vendor_refuses_are_found_out_before_the_batch(tmp_path: Path) -> None:
    def picky(call: Call) -> str | None:
        if "temperature" in call.body:
            return "bad_temperature"
        return "bad_format" if "json_schema" in call.body.get("response_format", {}).get("type", "") else None

    with Loopback(male, faults=picky) as server:
        store = shop(tmp_path, server)
        store.config["models"][0]["temperature"] = 0
        store.batch()
        assert not store.batch().waits_for_batches
        submitted = [call for call in server.calls if call.batch]
    assert len(submitted) == 7
    assert {call.body["response_format"]["type"] for call in submitted} == {"json_object"}
    assert all("temperature" not in call.body for call in submitted)


@vendors
def test_batches_are_split_at_the_vendors_limits(tmp_path: Path, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for api in (OpenAIBatches, AnthropicBatches):
        monkeypatch.setattr(api, "limits", BatchLimits(requests=3))
    with Loopback(male) as server:
        store = shop(tmp_path, server, vendor)
        first = store.batch()
        assert in_batches(server) == [3, 3, 1]
        assert [(each.submitted, each.batches) for each in first.batches] == [(7, 3)]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_batches_are_split_by_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OpenAIBatches, "limits", BatchLimits(requests=100, size=4000))
    with Loopback(male) as server:
        shop(tmp_path, server).batch()
        sizes = [int(call.headers["content-length"]) for call in server.calls if call.path == "POST /v1/files"]
    assert len(sizes) > 1
    assert max(sizes) < 4000 + 600  # around the requests there are the boundaries of a form


def test_the_rest_of_a_bucket_goes_with_the_next_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "PRODUCTS_A_BUCKET", 2)
    with Loopback(male) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert AnswersCache(store.settings.paths.cache).buckets == 4
        assert in_batches(server) == [7]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_equal_texts_are_submitted_once_and_stored_under_each_product(tmp_path: Path) -> None:
    with Loopback(male) as server:
        store = shop(tmp_path, server)
        store.products = {"1": "Hat", "2": "Shirt", "3": "Shirt", "4": "Shirt", "5": "Coat"}
        store.batch()
        assert in_batches(server) == [2]
        assert store.batch().without_vote == 0
        assert in_batches(server) == [2]
    kept = [row for row in rows(store) if row["product_id"] in {"2", "3", "4"}]
    assert sorted(row["source"] for row in kept) == ["asked", "shared", "shared"]
    assert sorted(row["cost_usd"] for row in kept)[:2] == [0.0, 0.0]


def test_a_product_that_is_listed_again_joins_the_request_that_is_on_its_way(tmp_path: Path) -> None:
    with Loopback(male, batch_s=0.5) as server:
        store = shop(tmp_path, server)
        store.batch()
        store.products |= {"twin": PRODUCTS["7"], "own": "A hat", "own too": "A coat"}
        store.batch()
        expected = once() | {"own": 1, "own too": 1}
        texts = PRODUCTS | {"own": "A hat", "own too": "A coat"}
        assert asked(server, texts) == expected
        assert status(store.settings).batches[0].requests == 8
        wait_for(store)
        assert asked(server, texts) == expected
    assert {row["product_id"] for row in rows(store)} == set(store.products)
    assert [row["source"] for row in rows(store) if row["product_id"] == "twin"] == ["shared"]


def wait_for(store: Shop) -> None:
    """Call until no batch is open."""
    for _ in range(100):
        if not store.batch().waits_for_batches:
            return
    raise AssertionError("the batches never ended")


def test_equal_requests_are_submitted_once_also_where_the_products_are_asked_different_things(tmp_path: Path) -> None:
    with Loopback(lambda call: "male") as server:
        store = shop(tmp_path, server, prompt={"style": "choice"})
        store.config["attributes"]["fit"] = {"values": ["male", "wide"], "applies_to": ["Shoes"]}
        store.products = {"0": "Hat", "1": "Shoe", "2": "Shoe"}
        store.categories = {"0": "Bags", "2": "Bags"}
        store.batch()
        assert in_batches(server) == [2]  # of the shoe: gender, once for both; fit, for the one in Shoes
        assert store.batch().without_vote == 0
        assert sum(1 for call in server.calls if call.prompt) == 3


def test_a_refresh_is_carried_out_once_over_several_calls(tmp_path: Path) -> None:
    said = {"value": "male"}
    expires = first_time(
        lambda call: "expired" if call.batch and said["value"] == "female" and "no. 3." in call.prompt else None
    )
    with Loopback(lambda call: json.dumps({"gender": said["value"]}), faults=expires) as server:
        store = shop(tmp_path, server)
        store.extract()
        said["value"] = "female"
        first = store.batch(refresh=True)
        assert first.batches[0].submitted == 7
        second = store.batch(refresh=True)  # one has expired, and only that is asked again
        assert (second.batches[0].submitted, second.waits_for_batches) == (0, False)
        assert asked(server) == {**dict.fromkeys(PRODUCTS, 2), "3": 3}
        third = store.batch(refresh=True)
        assert third.batches[0].submitted == 7
    latest = {row["product_id"]: row["votes"][0]["value"] for row in rows(store)}
    assert set(latest.values()) == {"female"}


def test_the_most_requests_are_kept_to_and_later_calls_go_on(tmp_path: Path) -> None:
    with Loopback(male) as server:
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
    with Loopback(male) as server:
        store = shop(tmp_path, server)
        store.batch(max_cost=0.0)
        assert asked(server) == {}
        # Room for 1024 tokens of an answer at 2 USD a million, halved, and less than 1000 bytes of prompt at 1, halved:
        # one request is between 1.024 and 1.524 thousandths of a dollar, the first one, live, twice that at most.
        result = store.batch(max_cost=0.008)
        assert result.budget_spent
        assert 3 <= result.batches[0].submitted <= 6


def test_models_without_a_batch_api_are_named_before_anything_is_sent(tmp_path: Path) -> None:
    with Loopback(male) as server:
        store = shop(tmp_path, server, names="ab")
        store.config["models"][0] = {"name": "m", "provider": "mock"}
        with pytest.raises(ConfigError, match=r"no batch API for m \(mock\)") as caught:
            store.batch()
        assert caught.value.hint == "Leave them out with --models b."
        assert server.calls == []
        assert store.batch(models=("b",)).waits_for_batches


def test_a_batch_of_a_model_that_has_left_the_config_is_kept_and_told_of(tmp_path: Path) -> None:
    watching = Watching()
    with Loopback(male) as server:
        store = shop(tmp_path, server, names="ab")
        store.batch()
        models = store.config["models"]
        store.config["models"] = models[1:]
        result = store.batch(watching)
        assert not result.waits_for_batches  # waiting for it would be vain
        assert "7 requests wait in batches of model 'a', which is not in the config any more" in watching.warnings[0]
        assert [(each.model, each.configured) for each in status(store.settings).batches] == [("a", False)]
        store.config["models"] = [{**models[0], "name": "a-renamed"}, models[1]]
        assert store.batch().without_vote == 0
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)
        assert status(store.settings).batches == ()


def test_answers_to_an_older_wording_are_kept_under_it(tmp_path: Path) -> None:
    with Loopback(male) as server:
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
    with Loopback(male) as server:
        store = shop(tmp_path, server)
        store.batch()
        store.config["attributes"] = {"fit": {"values": ["male", "wide"]}}
        store.batch()
        store.config["attributes"] = {"gender": GENDER, "fit": {"values": ["male", "wide"]}}
        assert store.batch().without_vote == 0
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)


def test_an_unknown_batch_api_stops_the_model_and_a_live_run_asks_it(tmp_path: Path) -> None:
    watching = Watching()
    with Loopback(male, faults=lambda call: "unknown_model" if call.path == "POST /v1/files" else None) as server:
        store = shop(tmp_path, server)
        result = store.batch(watching)
        assert not result.waits_for_batches
        assert "a batch of 7 requests was refused" in watching.stops[0]
        assert store.extract().in_batches == 0
        assert asked(server) == once()


def failed_batch(reason: str) -> Fault:
    errors = {"object": "list", "data": [{"message": reason}]}
    return Fault(status=200, body=json.dumps({"id": "batch_0000", "status": "failed", "errors": errors}))


def test_a_batch_that_is_refused_as_a_whole_says_why_and_is_submitted_again_by_the_next_call(tmp_path: Path) -> None:
    watching = Watching()
    faults = of_path("GET /v1/batches/batch_0000", failed_batch("Enqueued token limit reached"))
    with Loopback(male, faults=faults) as server:
        store = shop(tmp_path, server)
        store.batch()
        second = store.batch(watching)
        assert not second.waits_for_batches
        assert "Enqueued token limit reached" in watching.stops[0]
        assert in_batches(server) == [7]
        assert store.batch().waits_for_batches
        assert store.batch().without_vote == 0
        assert in_batches(server) == [7, 6]  # one of them was asked at once, to learn how


@vendors
def test_a_batch_whose_id_was_lost_is_found_and_not_submitted_again(tmp_path: Path, vendor: str) -> None:
    watching = Watching()
    with Loopback(male, faults=of_path(POSTS[vendor], "late_disconnect")) as server:
        store = shop(tmp_path, server, vendor)
        first = store.batch(watching)
        assert first.waits_for_batches
        assert "it is not known whether a batch of 7 requests was taken" in watching.stops[0]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


@vendors
def test_a_batch_that_was_not_made_is_submitted_by_the_next_call(tmp_path: Path, vendor: str) -> None:
    with Loopback(male, faults=of_path(POSTS[vendor], "disconnect")) as server:
        store = shop(tmp_path, server, vendor)
        assert store.batch().waits_for_batches
        assert store.batch().batches[0].submitted == 6
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_where_the_vendor_may_have_a_batch_that_shows_no_tag_it_is_waited_for(tmp_path: Path) -> None:
    watching = Watching()
    with Loopback(male, faults=of_path(POSTS["anthropic"], "late_disconnect"), batch_s=1.5) as server:
        store = shop(tmp_path, server, "anthropic")
        store.batch()
        assert store.batch(watching).waits_for_batches
        assert "may have been made or not" in watching.notes[0]
        assert in_batches(server) == [7]
        wait_for(store)
        assert asked(server) == once()


def test_a_batch_of_somebody_else_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with Loopback(male, faults=of_path(POSTS["anthropic"], "disconnect"), batch_s=60) as server:
        store, other = shop(tmp_path, server, "anthropic"), shop(tmp_path / "other", server, "anthropic")
        other.products = {"1": "Hat", "2": "Coat", "3": "Scarf"}
        store.batch()
        other.batch()
        assert store.batch().batches[0].submitted == 6
        assert asked(server) == once()


def test_a_batch_that_was_just_submitted_is_given_time_to_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "SETTLING_S", 60.0)
    with Loopback(male, faults=of_path(POSTS["openai"], "disconnect")) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert store.batch().waits_for_batches
        assert in_batches(server) == []
        monkeypatch.setattr(collecting, "SETTLING_S", 0.0)
        assert store.batch().batches[0].submitted == 6


def test_where_the_vendor_cannot_be_reached_the_batch_stays_open(tmp_path: Path) -> None:
    watching = Watching()
    poll = "GET /v1/batches/batch_0000"
    with Loopback(male, faults=of_path(poll, "server_error", "server_error")) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert store.batch(watching).waits_for_batches
        assert "batch batch_0000 could not be looked after" in watching.warnings[0]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_answers_that_cannot_be_fetched_today_are_fetched_tomorrow(tmp_path: Path) -> None:
    content = "GET /v1/files/batch_0000-output/content"
    with Loopback(male, faults=of_path(content, "half_body", "server_error")) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert store.batch().waits_for_batches
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_a_wrong_key_keeps_the_batch_and_stops_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "good-key-123456")
    with Loopback(male, api_key="good-key-123456") as server:
        store = shop(tmp_path, server)
        store.config["models"][0]["api_key_env"] = "SHOP_KEY"
        store.batch()
        monkeypatch.setenv("SHOP_KEY", "bad-key-654321")
        wrong = store.batch()
        assert wrong.models[0].stopped is not None
        assert not wrong.waits_for_batches  # waiting would not help
        monkeypatch.setenv("SHOP_KEY", "good-key-123456")
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_a_batch_that_the_vendor_has_forgotten_is_asked_again_after_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = Watching()
    faults = of_path("GET /v1/batches/batch_0000", "unknown_model", "unknown_model")
    with Loopback(male, faults=faults) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert store.batch(watching).models[0].stopped is not None  # perhaps it is the key of another account
        monkeypatch.setattr(collecting, "KEPT_S", 0.0)
        assert store.batch(watching).batches[0].submitted == 6
        assert "too old to be collected" in watching.warnings[0]


def test_the_command_says_7_until_all_is_collected(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Loopback(male, batch_s=1.0) as server:
        store = shop(tmp_path, server)
        arguments = [str(store.input), "-c", str(store.config_path)]
        assert run(["extract", "--batch", *arguments]) == 7
        printed = capsys.readouterr()
        assert "batches are open; the same command, later, collects them" in printed.err
        assert printed.out.splitlines()[2].split()[:7] == ["a", "1", "0", "0", "1", "7", "7"]
        assert run(["extract", *arguments]) == 7
        assert "7 cells wait in batches and were not asked" in capsys.readouterr().err
        assert run(["status", "-c", str(store.config_path)]) == 0
        assert capsys.readouterr().out.splitlines()[-1].split()[:3] == ["a", "1", "7"]
        while (code := run(["extract", "--batch", *arguments])) == 7:
            pass
        assert code == 0
        assert asked(server) == once()


def test_a_dry_run_estimates_at_half_the_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Loopback(male) as server:
        store = shop(tmp_path, server)
        arguments = ["extract", "--dry-run", str(store.input), "-c", str(store.config_path)]
        store.config["models"][0]["prices"] = {"input": 1000, "output": 0}
        arguments = ["extract", "--dry-run", str(store.input), "-c", str(store.config_path)]
        costs = []
        for more in ([], ["--batch"]):
            assert run([*arguments, *more]) == 0
            line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("a "))
            costs.append(float(line.split()[-2].strip("$")))
        assert server.calls == []
    assert costs[1] == pytest.approx(costs[0] / 2, abs=0.01)
