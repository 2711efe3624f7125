"""A model that gives no votes is stopped after a bounded spend, and the others go on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shop import Shop, Watching

from attrx.extraction.asking.observer import Silent
from attrx.providers.calling.vain_requests import FIRST_QUESTIONS
from attrx.runs.dry_run import dry_run
from attrx.runs.session import ExtractOptions
from attrx.runs.status import status
from attrx.testing import Call, VendorServer
from attrx.testing.answers import answer_by_schema

IN_FLIGHT = 8
PROSE = "Certainly! What a lovely product. How may I help you with it today?"

Faults = Callable[[Call], str | None]


def shop(folder: Path, server: VendorServer, n_products: int = 300, **model: Any) -> Shop:
    """Two models, `good` and `bad`, and products of which no two are alike."""
    section = {
        "provider": "openai",
        "base_url": server.base_url("openai"),
        "max_tokens": 64,
        "structured": "none",
        "limits": {"concurrency": IN_FLIGHT},
        **model,
    }
    models = []
    for name in ("good", "bad"):
        models.append({**section, "name": name, "model": name, "account": name})
    products = {str(number): f"Shirt number {number}." for number in range(n_products)}
    return Shop(folder, models, products)


def of_bad(fault: str, *, after: int = 0) -> Faults:
    """A fault of all requests to the model `bad`, but for its first ones."""
    requests = Counter[str]()

    def faults(call: Call) -> str | None:
        requests[call.model] += 1
        return fault if call.model == "bad" and requests["bad"] > after else None

    return faults


def requests_to(server: VendorServer, model: str) -> int:
    return sum(call.model == model for call in server.calls)


@pytest.mark.parametrize("fault", ["prose", "cut_off", "refused"])
@pytest.mark.parametrize("after", [0, 60])
def test_a_model_that_gives_no_votes_is_stopped_and_the_other_goes_on(
    tmp_path: Path, fault: str, after: int
) -> None:
    watching = Watching()
    with VendorServer(faults=of_bad(fault, after=after)) as server:
        result = shop(tmp_path, server).extract(watching)
    good, bad = result.models
    assert (good.answers, good.unusable) == (300, 0)
    assert bad.stop_reason is not None
    # An answer that is cut off is asked twice, and what is on its way then arrives.
    assert requests_to(server, "bad") <= after + 20 + 2 * IN_FLIGHT
    [stop] = watching.stops
    assert "answers could be used" in stop
    assert "`--retry-failed`" in stop


@pytest.mark.parametrize("fault", ["prose", "cut_off", "refused", "bad_request", "empty_body"])
@pytest.mark.parametrize(("after", "row"), [(0, 20), (1, 50)])
def test_few_requests_are_under_way_until_a_model_has_given_votes(
    tmp_path: Path, fault: str, after: int, row: int
) -> None:
    with VendorServer(faults=of_bad(fault, after=after)) as server:
        limits = {"concurrency": 64}
        [good, bad] = shop(tmp_path, server, structured="auto", limits=limits).extract().models
    assert good.answers == 300
    assert bad.stop_reason is not None
    # A question that was under way may have a second request.
    assert requests_to(server, "bad") - after <= row + 2 * (FIRST_QUESTIONS + after)


def test_a_model_of_which_every_third_answer_is_usable_is_never_stopped(tmp_path: Path) -> None:
    def answer(call: Call) -> str:
        is_usable = call.model == "good" or call.number % 3 == 0
        return answer_by_schema(call) if is_usable else PROSE

    with VendorServer(answer) as server:
        limits = {"concurrency": 64}
        [_, bad] = shop(tmp_path, server, n_products=600, limits=limits).extract().models
    assert (bad.answers, bad.stop_reason) == (600, None)


def test_a_model_whose_requests_are_refused_from_some_moment_on_is_asked_all_of_them_again(
    tmp_path: Path,
) -> None:
    watching = Watching()
    with VendorServer(faults=of_bad("bad_request", after=60)) as server:
        store = shop(tmp_path, server)
        [_, bad] = store.extract(watching).models
        assert bad.answers == 60
        assert requests_to(server, "bad") <= 60 + 20 + IN_FLIGHT
        assert "refused by the vendor" in str(bad.stop_reason)
        assert status(store.settings).models[1].unusable_cells == 0  # nothing of that is final
    assert "requests_refused" not in watching.kinds


def test_single_requests_that_are_refused_are_final_and_the_remedy_is_told(tmp_path: Path) -> None:
    watching = Watching()

    def faults(call: Call) -> str | None:
        return "bad_request" if call.model == "bad" and "7." in call.prompt else None

    with VendorServer(faults=faults) as server:
        store = shop(tmp_path, server)
        [_, bad] = store.extract(watching).models
        assert (bad.answers, bad.failures) == (270, 30)
        sent = len(server.calls)
        assert store.extract().models[1].attempts == 0
        assert len(server.calls) == sent
        assert store.extract(retry_failed=True).models[1].attempts > 0
    [text] = [text for text in watching.warnings if "refused" in text]
    assert "30 requests refused" in text
    assert "`--retry-failed`" in text


def test_a_model_with_few_usable_answers_goes_on_and_its_share_is_told(tmp_path: Path) -> None:
    watching = Watching()

    def answer(call: Call) -> str:
        is_usable = call.model == "good" or "5." in call.prompt
        return answer_by_schema(call) if is_usable else PROSE

    with VendorServer(answer) as server:
        result = shop(tmp_path, server).extract(watching)
    [_, bad] = result.models
    assert (bad.answers, bad.unusable, bad.stop_reason) == (300, 270, None)
    [text] = [text for text in watching.warnings if "usable" in text]
    assert text == (
        "bad: 90% of its answers (270 of 300) were not usable, most often without a value that"
        " could be read; they are not asked again by themselves (`--retry-failed` asks them)"
    )


def test_an_answer_that_says_that_the_text_does_not_tell_is_a_vote(tmp_path: Path) -> None:
    with VendorServer(lambda call: json.dumps({"gender": "n/a"})) as server:
        result = shop(tmp_path, server, n_products=100).extract()
    assert [model.answers for model in result.models] == [100, 100]


def test_the_config_says_how_many_requests_are_enough(tmp_path: Path) -> None:
    with VendorServer(faults=of_bad("prose")) as server:
        store = shop(tmp_path, server)
        store.config["budget"] = {"stop_after": 60}
        [_, bad] = store.extract().models
    assert 60 <= bad.answers <= 60 + IN_FLIGHT


def test_one_percent_of_the_budget_is_spent_where_that_is_more(tmp_path: Path) -> None:
    with VendorServer(faults=of_bad("prose")) as server:
        store = shop(tmp_path, server, prices={"input": 10.0, "output": 50.0})
        [_, bad] = store.extract(max_cost=10.0).models
        assert bad.stop_reason is not None
        # About 85 tokens for 10 USD a million and 22 for 50: a dollar in 500 requests.
        assert bad.cost_usd is not None
        assert 0.1 <= bad.cost_usd <= 0.1 + IN_FLIGHT * 0.003
        requests = requests_to(server, "bad")
        assert requests > 20 + IN_FLIGHT
        plan = dry_run(store.settings, ExtractOptions(store.input, max_cost=10.0), Silent())
    assert "$0.10" in plan.stop_bound()


def test_a_dry_run_says_what_a_model_without_votes_may_cost(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        plan = dry_run(store.settings, ExtractOptions(store.input), Silent())
        assert plan.stop_bound() == (
            "a model that gives no usable vote is stopped after 20 requests in a row"
            " (`budget.stop_after`); at most 4 questions are under way then"
        )
        options = ExtractOptions(store.input, max_requests=5000)
        assert (
            "after 50 requests in a row" in dry_run(store.settings, options, Silent()).stop_bound()
        )
