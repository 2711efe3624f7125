"""Models of the four vendors behind a loopback server, and ways to ask them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from simulated import SkippingLoop

from attrx.configs.errors import ProviderError
from attrx.configs.settings import ModelSettings
from attrx.providers.protocol import Provider, Reply, Request
from attrx.providers.registry import open_provider
from attrx.testing import VendorServer

Outcome = Reply | ProviderError
VENDORS = ("openai", "anthropic", "google", "huggingface")
SCHEMA = {
    "type": "object",
    "properties": {"gender": {"type": "string", "enum": ["male", "female", "n/a"]}},
    "required": ["gender"],
    "additionalProperties": False,
}


def model_at(server: VendorServer, vendor: str, **settings: Any) -> ModelSettings:
    """A model of this vendor, at the server."""
    given = {
        "name": "m",
        "provider": vendor,
        "model": "gpt-4",
        "base_url": server.base_url(vendor),
        "timeout_s": 300,  # only bounds a hang
    }
    return ModelSettings(**{**given, **settings})


def request(prompt: str = "Title: Men's shirt", **fields: Any) -> Request:
    """A request with a system message and a prompt."""
    messages = (
        {"role": "system", "content": "Read the product."},
        {"role": "user", "content": prompt},
    )
    return Request(**{"messages": messages, "max_tokens": 64, **fields})


def ask(model: ModelSettings, requests: Sequence[Request]) -> list[Outcome]:
    """Ask one request after the other; what came back, or was raised, for each."""

    async def all_of_them() -> list[Outcome]:
        provider = open_provider(model)
        try:
            return [await _outcome(provider, asked) for asked in requests]
        finally:
            await provider.close()

    return asyncio.run(all_of_them())


async def _outcome(provider: Provider, asked: Request) -> Outcome:
    try:
        return await provider.ask(asked)
    except ProviderError as error:
        return error


def ask_until_late(server: VendorServer, model: ModelSettings, request: Request) -> list[Outcome]:
    """Ask twice, and skip the time that the first answer may take once its request has arrived."""

    async def both() -> list[Outcome]:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SkippingLoop)
        provider = open_provider(model)
        try:
            first = asyncio.create_task(_outcome(provider, request))
            await arrival(server)
            loop.skipped_s += model.timeout_s
            return [await first, await _outcome(provider, request)]
        finally:
            await provider.close()

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(both())


async def arrival(server: VendorServer, calls: int = 1) -> None:
    """Wait until so many requests have arrived."""
    while len(server.calls) < calls:  # noqa: ASYNC110 (they are counted in another thread)
        await asyncio.sleep(0.005)


def answer_of(model: ModelSettings, asked: Request | None = None) -> Reply:
    """The reply to one request, which must get one."""
    (outcome,) = ask(model, [asked or request()])
    assert isinstance(outcome, Reply), outcome
    return outcome


def failure_of(model: ModelSettings, asked: Request | None = None) -> ProviderError:
    """The error of one request, which must fail."""
    (outcome,) = ask(model, [asked or request()])
    assert isinstance(outcome, ProviderError), outcome
    return outcome
