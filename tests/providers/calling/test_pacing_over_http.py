"""The pacer through the vendors' SDKs and a server, over HTTP and in simulated time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from scripted import request, settings
from simulated import simulate

from attrx.configs.settings import Limits, ModelSettings
from attrx.providers.calling.caller import Counts, ModelCaller
from attrx.providers.calling.pacer import Pacer
from attrx.providers.registry import open_provider
from attrx.testing import Behaviour
from attrx.testing.server import serve
from attrx.testing.service import Service


def ask(vendor: str, limits: Limits, number: int, **behaviour: Any) -> Counts:
    """Ask a server in the same event loop, so that both wait in simulated time."""
    return simulate(
        _serve_and_ask(vendor, limits, number, Behaviour(lambda _: "hello", **behaviour))
    )


async def _serve_and_ask(vendor: str, limits: Limits, number: int, behaviour: Behaviour) -> Counts:
    service = Service(behaviour)
    port: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(service, 0, port.set_result, stop))
    url = f"http://127.0.0.1:{await port}{service.wire_named(vendor).base_path}"
    counts = await _ask(settings(provider=vendor, model="x", base_url=url, limits=limits), number)
    stop.set()
    await serving
    assert counts.rate_limited == sum(call.status == 429 for call in service.calls)
    return counts


async def _ask(model: ModelSettings, number: int) -> Counts:
    limits = model.limits
    caller = ModelCaller(model, open_provider(model), Pacer(limits))
    todo = iter(range(number))

    async def work() -> None:
        for index in todo:
            await caller.call(request(f"product {index}"))

    await asyncio.gather(*(work() for _ in range(64)))
    await caller.close()
    return caller.counts


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "google", "huggingface"])
def test_nothing_is_lost_at_a_limit_that_nobody_told(vendor: str) -> None:
    counts = ask(vendor, Limits(), 300, limit_per_s=200, tell_limits=False, latency_s=0.02)

    assert counts.answers == 300
    assert counts.attempts == 300 + counts.rate_limited


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "huggingface"])
def test_a_limit_in_the_headers_is_not_run_into(vendor: str) -> None:
    counts = ask(vendor, Limits(), 300, limit_per_s=200, latency_s=0.02)

    assert counts.rate_limited == 0


def test_a_configured_limit_of_tokens_is_not_run_into() -> None:
    """10 tokens a request ("product 0" and "hello"), 60,000 a minute: 100 requests a second."""
    limits = Limits(tokens_per_minute=60_000)
    counts = ask("openai", limits, 150, tokens_per_minute=60_000, tell_limits=False)

    assert counts.rate_limited == 0
