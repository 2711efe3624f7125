"""Orders to ask again that take several calls: each goes on where the one before it ended."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from shop import Shop, Watching

from attrx.extraction.asking.observer import Silent
from attrx.runs.dry_run import dry_run
from attrx.runs.session import ExtractOptions
from attrx.testing import Call, VendorServer

N_PRODUCTS = 60
PROSE = "What a lovely product."


def shop(folder: Path, server: VendorServer, names: str = "a") -> Shop:
    model = {"provider": "openai", "base_url": server.base_url("openai"), "structured": "none"}
    products = {str(number): f"Shirt number {number}." for number in range(N_PRODUCTS)}
    return Shop(folder, [{**model, "name": name, "model": name} for name in names], products)


def answer(call: Call) -> str:
    return json.dumps({"gender": "male"})


def times_asked(server: VendorServer) -> Counter[int]:
    """How often -> how many pairs of a model and a product were asked so often."""
    pairs = Counter((call.model, call.prompt) for call in server.calls)
    return Counter(pairs.values())


def test_a_refresh_under_a_budget_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with VendorServer(answer) as server:
        store = shop(tmp_path, server)
        store.extract()
        assert store.extract(refresh=True, max_requests=25).budget_spent
        assert times_asked(server) == {1: 35, 2: 25}
        options = ExtractOptions(store.input, refresh=True)
        assert dry_run(store.settings, options, Silent()).total.requests == 35
        watching = Watching()
        assert not store.extract(watching, refresh=True).budget_spent
        assert times_asked(server) == {2: 60}
        [note] = [note for note in watching.notes if "goes on with what was ordered" in note]
        assert note.startswith("`--refresh` goes on")
        # That order is done: the next one is a new one.
        watching = Watching()
        store.extract(watching, refresh=True)
        assert times_asked(server) == {3: 60}
        assert not [note for note in watching.notes if "goes on" in note]


def test_a_retry_under_a_budget_goes_on_where_it_stopped(tmp_path: Path) -> None:
    with VendorServer(lambda call: PROSE if "7." in call.prompt else answer(call)) as server:
        store = shop(tmp_path, server)
        store.extract()
        store.extract(retry_failed=True, max_requests=2)
        store.extract(retry_failed=True)
        assert times_asked(server) == {1: 54, 2: 6}
        store.extract(retry_failed=True)
        assert times_asked(server) == {1: 54, 3: 6}


def test_each_model_has_its_own_order(tmp_path: Path) -> None:
    with VendorServer(answer) as server:
        store = shop(tmp_path, server, "ab")
        store.extract()
        store.extract(refresh=True, max_requests=25, models=("a",))
        store.extract(refresh=True)
        assert times_asked(server) == {2: 2 * N_PRODUCTS}


def test_a_model_whose_answers_were_of_no_use_is_asked_everything_again(tmp_path: Path) -> None:
    is_lazy = [True]
    with VendorServer(lambda call: PROSE if is_lazy else answer(call)) as server:
        store = shop(tmp_path, server)
        result = store.extract()
        assert "answers could be used" in str(result.models[0].stop_reason)
        is_lazy.clear()
        assert store.extract(retry_failed=True).without_vote == 0


@pytest.mark.parametrize("options", [{"refresh": True}, {"retry_failed": True}])
def test_a_call_that_went_through_leaves_no_order(tmp_path: Path, options: dict[str, Any]) -> None:
    with VendorServer(answer) as server:
        store = shop(tmp_path, server)
        for _ in range(2):
            watching = Watching()
            store.extract(watching, **options)
            assert not [note for note in watching.notes if "goes on" in note]
