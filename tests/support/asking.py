"""Models of the four vendors behind a loopback server, and ways to ask them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from attrx.configs.errors import ProviderError
from attrx.configs.settings import ModelSettings
from attrx.providers.protocol import Provider, Reply, Request
from attrx.providers.registry import open_provider
from attrx.testing import VendorServer

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
        "timeout_s": 5,
    }
    return ModelSettings(**{**given, **settings})


def request(prompt: str = "Title: Men's shirt", **fields: Any) -> Request:
    """A request with a system message and a prompt."""
    messages = (
        {"role": "system", "content": "Read the product."},
        {"role": "user", "content": prompt},
    )
    return Request(**{"messages": messages, "max_tokens": 64, **fields})


def ask(model: ModelSettings, requests: Sequence[Request]) -> list[Reply | ProviderError]:
    """Ask one request after the other; what came back, or was raised, for each."""

    async def all_of_them() -> list[Reply | ProviderError]:
        provider = open_provider(model)
        try:
            return [await _outcome(provider, asked) for asked in requests]
        finally:
            await provider.close()

    return asyncio.run(all_of_them())


async def _outcome(provider: Provider, asked: Request) -> Reply | ProviderError:
    try:
        return await provider.ask(asked)
    except ProviderError as error:
        return error


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
