"""`extract --batch` where the vendors, or the way to them, fail.

The server's log says what was submitted how often.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from batch_shop import (
    POSTS,
    PRODUCTS,
    asked,
    finish,
    first_time,
    hurry,
    in_batches,
    male,
    of_path,
    once,
    shop,
    vendors,
)
from shop import Watching

from attrx.extraction.batches import collect, lookup
from attrx.runs.status import status
from attrx.testing import Call, Fault, VendorServer


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def of_product(number: int, fault: str) -> Callable[[Call], str | None]:
    """A fault of all requests about one product."""
    return lambda call: fault if f"no. {number}." in call.prompt else None


@vendors
@pytest.mark.parametrize("fault", ["expired", "server_error"])
def test_only_what_expired_or_failed_is_submitted_again(
    tmp_path: Path, vendor: str, fault: str
) -> None:
    faults = first_time(
        lambda call: (
            fault if call.batch and ("no. 3." in call.prompt or "no. 5." in call.prompt) else None
        )
    )
    watching = Watching()
    with VendorServer(male, faults=faults) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        second = store.batch(watching)
        assert second.waits_for_batches
        assert [(tally.answers, tally.failures) for tally in second.models] == [
            (6, 2)
        ]  # the first live, 5 in the batch
        third = store.batch()
        assert not third.waits_for_batches
        assert third.without_vote == 0
        assert asked(server) == {**once(), "3": 2, "5": 2}
    assert len(watching.failures) == 2


@vendors
def test_a_row_that_the_vendor_refuses_is_final(tmp_path: Path, vendor: str) -> None:
    with VendorServer(male, faults=of_product(3, "bad_request")) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        second = store.batch()
        assert not second.waits_for_batches
        assert second.without_vote == 1
        assert asked(server) == once()
    assert [model.unusable_cells for model in status(store.settings).models] == [1]


@vendors
def test_where_a_batch_was_refused_request_by_request_the_model_is_stopped_until_the_next_call(
    tmp_path: Path, vendor: str
) -> None:
    watching = Watching()
    with VendorServer(male, faults=lambda call: "bad_request" if call.batch else None) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        second = store.batch(watching)
        assert not second.waits_for_batches
        assert second.models[0].stop_reason is not None
        assert in_batches(server) == [7]
    assert [model.failed_cells for model in status(store.settings).models] == [7]


def test_an_unknown_batch_api_stops_the_model_and_a_live_run_asks_it(tmp_path: Path) -> None:
    watching = Watching()
    with VendorServer(
        male, faults=lambda call: "unknown_model" if call.path == "POST /v1/files" else None
    ) as server:
        store = shop(tmp_path, server)
        result = store.batch(watching)
        assert not result.waits_for_batches
        assert "a batch of 7 requests was refused" in watching.stops[0]
        assert store.extract().in_batches == 0
        assert asked(server) == once()


def failed_batch(reason: str) -> Fault:
    errors = {"object": "list", "data": [{"message": reason}]}
    return Fault(
        status=200, body=json.dumps({"id": "batch_0000", "status": "failed", "errors": errors})
    )


def test_a_batch_that_is_refused_as_a_whole_says_why_and_is_submitted_again_by_the_next_call(
    tmp_path: Path,
) -> None:
    watching = Watching()
    faults = of_path("GET /v1/batches/batch_0000", failed_batch("Enqueued token limit reached"))
    with VendorServer(male, faults=faults) as server:
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
def test_a_batch_whose_id_was_lost_is_found_and_not_submitted_again(
    tmp_path: Path, vendor: str
) -> None:
    watching = Watching()
    with VendorServer(male, faults=of_path(POSTS[vendor], "late_disconnect")) as server:
        store = shop(tmp_path, server, vendor)
        first = store.batch(watching)
        assert first.waits_for_batches
        assert "it is not known whether a batch of 7 requests was taken" in watching.stops[0]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


@vendors
def test_a_batch_that_was_not_made_is_submitted_by_the_next_call(
    tmp_path: Path, vendor: str
) -> None:
    with VendorServer(male, faults=of_path(POSTS[vendor], "disconnect")) as server:
        store = shop(tmp_path, server, vendor)
        assert store.batch().waits_for_batches
        assert store.batch().batches[0].new_requests == 6
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_where_the_vendor_may_have_a_batch_that_shows_no_tag_it_is_waited_for(
    tmp_path: Path,
) -> None:
    watching = Watching()
    with VendorServer(
        male, faults=of_path(POSTS["anthropic"], "late_disconnect"), batch_s=3600
    ) as server:
        store = shop(tmp_path, server, "anthropic")
        store.batch()
        assert store.batch(watching).waits_for_batches
        assert "may have been made or not" in watching.notes[0]
        assert in_batches(server) == [7]
        server.end_batches()
        finish(store)
        assert asked(server) == once()


def test_a_batch_of_somebody_else_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with VendorServer(
        male, faults=of_path(POSTS["anthropic"], "disconnect"), batch_s=3600
    ) as server:
        store, other = (
            shop(tmp_path, server, "anthropic"),
            shop(tmp_path / "other", server, "anthropic"),
        )
        other.products = {"1": "Hat", "2": "Coat", "3": "Scarf"}
        store.batch()
        other.batch()
        assert store.batch().batches[0].new_requests == 6
        assert asked(server) == once()


def test_an_open_batch_of_our_own_is_not_taken_for_the_one_that_is_looked_for(
    tmp_path: Path,
) -> None:
    with VendorServer(
        male, faults=of_path(POSTS["anthropic"], "disconnect"), batch_s=3600
    ) as server:
        store = shop(tmp_path, server, "anthropic", "ab")
        store.batch()  # of a it is not known; that of b is as large
        assert [each.new_requests for each in store.batch().batches] == [6, 0]
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)


def test_a_batch_that_was_made_much_later_is_not_the_one_that_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "CLOCKS_APART_S", 0.0)
    (tmp_path / "other").mkdir()
    with VendorServer(
        male, faults=of_path(POSTS["anthropic"], "disconnect"), batch_s=3600
    ) as server:
        store, other = (
            shop(tmp_path, server, "anthropic"),
            shop(tmp_path / "other", server, "anthropic"),
        )
        other.products = {product: f"Hat no. {product}." for product in PRODUCTS}
        store.batch()
        other.batch()
        assert store.batch().batches[0].new_requests == 6
        assert asked(server) == once()


def test_a_batch_that_was_just_submitted_is_given_time_to_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "SETTLING_S", 60.0)
    with VendorServer(male, faults=of_path(POSTS["openai"], "disconnect")) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert store.batch().waits_for_batches
        assert in_batches(server) == []
        monkeypatch.setattr(lookup, "SETTLING_S", 0.0)
        assert store.batch().batches[0].new_requests == 6


def test_where_the_vendor_cannot_be_reached_the_batch_stays_open(tmp_path: Path) -> None:
    watching = Watching()
    poll = "GET /v1/batches/batch_0000"
    with VendorServer(male, faults=of_path(poll, "server_error", "server_error")) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert store.batch(watching).waits_for_batches
        assert "batch batch_0000 could not be looked after" in watching.warnings[0]
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_answers_that_cannot_be_fetched_today_are_fetched_tomorrow(tmp_path: Path) -> None:
    content = "GET /v1/files/batch_0000-output/content"
    with VendorServer(male, faults=of_path(content, "half_body", "server_error")) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert store.batch().waits_for_batches
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_a_wrong_key_keeps_the_batch_and_stops_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", "good-key-123456")
    with VendorServer(male, api_key="good-key-123456") as server:
        store = shop(tmp_path, server)
        store.config["models"][0]["api_key_env"] = "SHOP_KEY"
        store.batch()
        monkeypatch.setenv("SHOP_KEY", "bad-key-654321")
        wrong = store.batch()
        assert wrong.models[0].stop_reason is not None
        assert not wrong.waits_for_batches  # waiting would not help
        monkeypatch.setenv("SHOP_KEY", "good-key-123456")
        assert store.batch().without_vote == 0
        assert asked(server) == once()


def test_a_batch_that_the_vendor_has_forgotten_is_asked_again_after_its_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watching = Watching()
    faults = of_path("GET /v1/batches/batch_0000", "unknown_model", "unknown_model")
    with VendorServer(male, faults=faults) as server:
        store = shop(tmp_path, server)
        store.batch()
        assert (
            store.batch(watching).models[0].stop_reason is not None
        )  # perhaps it is the key of another account
        monkeypatch.setattr(collect, "RETENTION_S", 0.0)
        assert store.batch(watching).batches[0].new_requests == 6
        assert "too old to be collected" in watching.warnings[0]


@vendors
def test_a_model_that_gives_no_votes_is_sent_no_batch(tmp_path: Path, vendor: str) -> None:
    watching = Watching()
    with VendorServer(lambda call: "What a lovely product.") as server:
        store = shop(tmp_path, server, vendor)
        store.products = {str(number): f"Shirt no. {number}." for number in range(60)}
        result = store.batch(watching)
        assert not result.waits_for_batches
        assert in_batches(server) == []
        assert len(server.calls) <= 20 + 3  # and what showed which form of answer it keeps
    [stop] = watching.stops
    assert "answers could be used" in stop or "gave no vote" in stop


@vendors
def test_one_answer_without_a_vote_keeps_no_batch_from_its_model(
    tmp_path: Path, vendor: str
) -> None:
    with VendorServer(lambda call: "Lovely." if "no. 0." in call.prompt else male(call)) as server:
        store = shop(tmp_path, server, vendor)
        assert store.batch().waits_for_batches
        assert in_batches(server) == [6]  # two of eight were asked at once
        assert store.batch().without_vote == 1
