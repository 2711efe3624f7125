"""A dry run says what a run would do, and does none of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shop import Shop

from attrx.extraction.asking.observer import Silent
from attrx.runs.dry_run import DryRun, dry_run
from attrx.runs.extract import ExtractOptions
from attrx.testing import VendorServer


def shop(folder: Path, server: VendorServer) -> Shop:
    model = {"name": "a", "provider": "openai", "model": "a", "base_url": server.base_url("openai")}
    priced = {
        **model,
        "name": "b",
        "model": "b",
        "prices": {"input": 1.0, "output": 10.0},
        "max_tokens": 100,
    }
    return Shop(folder, [model, priced], {str(number): f"Shirt {number}" for number in range(40)})


def plan(store: Shop) -> DryRun:
    return dry_run(store.settings, ExtractOptions(store.input), Silent())


def test_nothing_is_sent_or_written(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        result = plan(store)
        assert server.calls == []
    assert not store.settings.paths.cache.exists()
    assert [(each.requests, each.cells, each.cached_cells) for each in result.models] == [
        (40, 40, 0)
    ] * 2
    assert result.products == 40


def test_no_key_is_needed_where_nothing_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vendors = {
        "openai": "OPENAI_API_KEY",
        "anthropic": "ANTHROPIC_API_KEY",
        "google": "GEMINI_API_KEY",
    }
    for variable in (*vendors.values(), "GOOGLE_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    names = [*vendors, "huggingface"]
    models = [{"name": name, "provider": name, "model": "m"} for name in names]
    result = plan(Shop(tmp_path, models, {"1": "Shirt", "2": "Shirt"}))
    # Equal texts are asked once, as they are where a model is opened.
    assert [(each.model, each.requests, each.cells) for each in result.models] == [
        (name, 1, 2) for name in names
    ]


def test_what_is_cached_is_told_apart_and_what_is_sent_is_what_was_shown(tmp_path: Path) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        [prompt] = plan(store).prompts.values()
        store.extract(limit=10)
        assert json.dumps(prompt[-1]["content"]) in json.dumps(server.calls[0].body)
        assert [(each.requests, each.cached_cells) for each in plan(store).models] == [(30, 10)] * 2


def test_a_cost_is_estimated_below_its_bound_and_is_unknown_where_no_price_is(
    tmp_path: Path,
) -> None:
    with VendorServer() as server:
        store = shop(tmp_path, server)
        unpriced, priced = plan(store).models
        store.extract()
        spent = sum(call.status == 200 for call in server.calls)
    assert spent == 80
    assert unpriced.cost_usd is unpriced.most_cost_usd is None
    assert priced.cost_usd is not None
    assert priced.most_cost_usd is not None
    # 40 answers of at most 100 tokens, and 200 where they are cut off, at 10 USD per million, and
    # prompts of `most_input_tokens` at 1 USD.
    assert priced.most_cost_usd == pytest.approx(
        (40 * 300 * 10 + round(priced.most_input_tokens)) / 1e6
    )
    assert 0 < priced.cost_usd < priced.most_cost_usd
