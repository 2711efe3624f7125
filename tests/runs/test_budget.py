"""A bill that is capped: never exceeded, nearly used up, and a later call goes on from there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from shop import Shop

from attrx.configs.errors import ConfigError
from attrx.extraction.asking.observer import Silent
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.testing import Call, Fault, VendorServer

PRICES = {"input": 10.0, "output": 50.0}


def shop(folder: Path, server: VendorServer, **model: Any) -> Shop:
    folder.mkdir(exist_ok=True)
    section = {
        "name": "a",
        "provider": "openai",
        "model": "a",
        "base_url": server.base_url("openai"),
    }
    products = {str(number): f"Shirt number {number} of cotton" for number in range(600)}
    return Shop(folder, [{**section, "prices": PRICES, "max_tokens": 64, **model}], products)


def spent(store: Shop) -> float:
    column = AnswersCache(store.settings.paths.cache).answers(0).column("cost_usd").to_pylist()
    return sum(cost or 0.0 for cost in column)


def test_a_third_of_the_money_buys_nearly_a_third_of_the_answers_and_never_more(
    tmp_path: Path,
) -> None:
    with VendorServer() as server:
        whole, capped = shop(tmp_path / "whole", server), shop(tmp_path / "capped", server)
        whole.extract()
        cap = spent(whole) / 3
        first = capped.extract(max_cost=cap)
        assert first.budget_spent
        assert 0.85 * cap <= spent(capped) <= cap
        assert first.models[0].cost_usd == pytest.approx(spent(capped))
        assert not capped.extract(max_cost=10 * cap).budget_spent
    assert spent(capped) == pytest.approx(spent(whole))


def test_lost_requests_count_as_spent(tmp_path: Path) -> None:
    with VendorServer(faults=lambda call: "server_error" if call.number % 2 else None) as server:
        store = shop(tmp_path, server)
        result = store.extract(max_cost=0.25)
        assert result.budget_spent
        bytes_sent = [
            len(str(call.body["messages"])) for call in server.calls if call.status == 500
        ]
    # Each lost attempt was bounded by its output alone with 64 tokens at 50 USD per million.
    assert spent(store) + len(bytes_sent) * 64 * 50 / 1e6 <= 0.25


def test_a_cost_cannot_be_bounded_without_a_price(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        del store.config["models"][0]["prices"]
        with pytest.raises(ConfigError, match="only where every model has prices; without: a"):
            store.extract(max_cost=1)
        assert server.calls == []


def test_a_budget_too_small_for_one_request_asks_nothing(tmp_path: Path) -> None:
    with VendorServer() as server:
        result = shop(tmp_path, server).extract(max_cost=0.0001)
        assert result.budget_spent
        assert server.calls == []


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "huggingface"])
@pytest.mark.parametrize("trouble", ["redirect", "prose", "cut_off", "server_error", "broken_body"])
def test_whatever_goes_over_the_wire_counts_as_a_request(
    tmp_path: Path, vendor: str, trouble: str
) -> None:
    def faults(call: Call) -> Fault | str | None:
        if trouble != "redirect":
            return trouble if call.number % 3 else None
        return Fault("", {"location": call.path}, 307, "") if call.number % 2 == 0 else None

    with VendorServer(faults=faults) as server:
        store = shop(tmp_path, server, provider=vendor, base_url=server.base_url(vendor))
        [model] = store.config["models"]
        store.config["models"] = [{**model, "name": name, "model": name} for name in "ab"]
        result = store.extract(max_requests=37)
    assert len(server.calls) == sum(each.attempts for each in result.models)
    assert 34 <= len(server.calls) <= 37
    assert result.budget_spent


def test_a_few_requests_are_shared_among_the_models(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        [model] = store.config["models"]
        store.config["models"] = [{**model, "name": name, "model": name} for name in "abc"]
        result = store.extract(max_requests=9)
    assert [each.attempts for each in result.models] == [3, 3, 3]  # 9 / 3


def three_models(store: Shop, **of_second: Any) -> None:
    """A cheap model, one that costs ten times as much, and one in between."""
    [model] = store.config["models"]
    prices = {"a": 1.0, "b": 10.0, "c": 3.0}
    store.config["models"] = []
    for name, price in prices.items():
        further = of_second if name == "b" else {}
        section = {**model, "name": name, "model": name}
        section |= {"prices": {"input": price, "output": price}, **further}
        store.config["models"].append(section)


def answers_of_products(store: Shop) -> Counter[str]:
    answers = AnswersCache(store.settings.paths.cache).answers(0)
    return Counter(answers.column("product_id").to_pylist())


@pytest.mark.parametrize("bounds", [{"max_cost": 0.08}, {"max_requests": 100}])
def test_what_the_money_buys_is_whole_products_in_the_order_of_the_file(
    tmp_path: Path, bounds: dict[str, Any]
) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        # A slow model that is also the dearest: it must not be left behind.
        three_models(store, limits={"concurrency": 1}, account="slow")
        result = store.extract(**bounds)
    assert result.budget_spent
    counts = answers_of_products(store)
    assert set(counts.values()) == {3}
    assert 20 < len(counts) < 300
    assert set(counts) == {str(number) for number in range(len(counts))}


def test_a_stopped_model_does_not_hold_up_the_others_under_a_budget(tmp_path: Path) -> None:
    def faults(call: Call) -> str | None:
        return "unauthorized" if call.body["model"] == "b" else None

    with VendorServer(faults=faults) as server:
        store = shop(tmp_path, server)
        three_models(store)
        result = store.extract(max_requests=5000)
    assert [each.answers for each in result.models] == [600, 0, 600]
    assert not result.budget_spent


def test_a_budget_for_less_than_one_product_still_asks_what_it_can(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        three_models(store)
        result = store.extract(max_requests=2)
    assert sum(each.answers for each in result.models) == 2
    assert result.budget_spent


def test_what_was_not_asked_for_yet_marks_the_outputs_as_incomplete(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        for requests, left in ((200, 400), (None, 0)):
            store.extract(max_requests=requests)
            result = ensemble(store.settings, EnsembleOptions(store.input), Silent())
            told = json.loads((store.settings.paths.output / "run.json").read_bytes())
            assert result.not_asked == told["not_asked"] == left
            assert told["incomplete"] is (left > 0)
    decided = told["statuses"]["decided"]
    assert told["cost"]["total_usd"] == pytest.approx(spent(store))
    assert told["cost"]["models"]["a"]["usd_per_1000_values"] == pytest.approx(
        1000 * spent(store) / decided
    )


def test_products_without_a_text_are_not_waited_for(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        store.products |= {"empty": "", "blank": "  "}
        store.extract()
    result = ensemble(store.settings, EnsembleOptions(store.input), Silent())
    assert result.products == 602
    assert result.not_asked == 0
