"""Requests that are built once differ in their bodies and in nothing else; whatever else is sent, the SDK builds."""

from __future__ import annotations

import asyncio

import pytest
from asking import model_at, request

from attrx.providers.registry import open_provider
from attrx.testing import VendorServer

VARYING = {"content-length"}


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
def test_the_second_request_is_the_first_with_another_body(vendor: str) -> None:
    async def ask(server: VendorServer) -> None:
        provider = open_provider(model_at(server, vendor))
        for text in ("first", "a second one, longer: größer"):
            await provider.ask(request(text))
        await provider.close()

    with VendorServer(lambda call: '{"gender": "male"}') as server:
        asyncio.run(ask(server))
        first, second = server.calls
    kept = [
        {name: value for name, value in call.headers.items() if name not in VARYING}
        for call in (first, second)
    ]
    assert kept[0] == kept[1]
    assert "größer" in second.prompt
    assert int(second.headers["content-length"]) > int(first.headers["content-length"])
