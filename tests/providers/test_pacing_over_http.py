"""The pacer through the vendors' SDKs and a real server; simulated accounts go further."""

from __future__ import annotations

import asyncio

import pytest
from scripted import request, settings

from attrx.configs.settings import Limits
from attrx.providers.calling.caller import Counts, ModelCaller
from attrx.providers.calling.pacer import Pacer
from attrx.providers.registry import open_provider
from attrx.testing import VendorServer


async def _ask(server: VendorServer, vendor: str, limits: Limits, number: int) -> Counts:
    model = settings(provider=vendor, model="x", base_url=server.base_url(vendor), limits=limits)
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
    with VendorServer(
        lambda call: "hello", limit_per_s=200, tell_limits=False, latency_s=0.02
    ) as server:
        counts = asyncio.run(_ask(server, vendor, Limits(), 300))

    assert counts.answers == 300
    assert (
        counts.rate_limited
        == counts.attempts - 300
        == sum(call.status == 429 for call in server.calls)
    )


@pytest.mark.parametrize("vendor", ["openai", "anthropic", "huggingface"])
def test_a_limit_in_the_headers_is_not_run_into(vendor: str) -> None:
    with VendorServer(lambda call: "hello", limit_per_s=200, latency_s=0.02) as server:
        counts = asyncio.run(_ask(server, vendor, Limits(), 300))

    assert counts.rate_limited < 15  # a busy machine sends less evenly


def test_a_configured_limit_of_tokens_is_not_run_into() -> None:
    """10 tokens a request ("product 0" and "hello"), 60,000 a minute: 100 requests a second."""
    with VendorServer(lambda call: "hello", tokens_per_minute=60_000, tell_limits=False) as server:
        counts = asyncio.run(_ask(server, "openai", Limits(tokens_per_minute=60_000), 150))

    assert counts.rate_limited < 8
