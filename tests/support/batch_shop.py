"""A shop whose models are asked in batches, and what the server's log says of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shop import Shop

from attrx.extraction.batches import lookup
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.providers.calling import retries
from attrx.testing import Call, Fault, VendorServer

VENDORS = ("openai", "anthropic")
vendors = pytest.mark.parametrize("vendor", VENDORS)
POSTS = {"openai": "POST /v1/batches", "anthropic": "POST /v1/messages/batches"}
PRODUCTS = {str(number): f"Shirt no. {number}." for number in range(8)}


def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take vendors to show at once which batches they have, and try each only twice."""
    monkeypatch.setattr(lookup, "SETTLING_S", 0.0)
    monkeypatch.setattr(retries, "MOST_FAILURES", 2)


def male(call: Call) -> str:
    """The answer `male` to everything."""
    return json.dumps(dict.fromkeys((call.schema or {}).get("properties", {"gender": {}}), "male"))


def shop(
    folder: Path, server: VendorServer, vendor: str = "openai", names: str = "a", **config: Any
) -> Shop:
    """A shop of PRODUCTS; each letter of `names` is a model."""
    model = {
        "provider": vendor,
        "base_url": server.base_url(vendor),
        "prices": {"input": 1, "output": 2},
    }
    return Shop(
        folder, [{**model, "name": name, "model": name} for name in names], PRODUCTS, **config
    )


def asked(server: VendorServer, texts: dict[str, str] = PRODUCTS) -> Counter[str]:
    """How often each product was asked about, in batches or at once.

    Those never asked about are left out.
    """
    prompts = [call.prompt for call in server.calls if call.prompt]
    return Counter(
        product for product, text in texts.items() for prompt in prompts if text in prompt
    )


def in_batches(server: VendorServer) -> list[int]:
    """How many requests each batch had, in order."""
    return list(Counter(call.batch for call in server.calls if call.batch).values())


def rows(store: Shop) -> list[dict[str, Any]]:
    """All answers that are kept."""
    kept: list[dict[str, Any]] = AnswersCache(store.settings.paths.cache).answers(0).to_pylist()
    return kept


def once(texts: dict[str, str] = PRODUCTS) -> dict[str, int]:
    """Each product, once."""
    return dict.fromkeys(texts, 1)


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


def finish(store: Shop) -> None:
    """Call until no batch is open; each call brings one a step further.

    Looked for, made, collected.
    """
    for _ in range(5):
        if not store.batch().waits_for_batches:
            return
    raise AssertionError("the batches never ended")
