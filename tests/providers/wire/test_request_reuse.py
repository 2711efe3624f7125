"""Requests that are built once differ in their bodies alone; all else is built by the SDK."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest
from asking import model_at, request

from attrx.providers.registry import open_provider
from attrx.providers.wire.request_reuse import RequestReuse
from attrx.testing import VendorServer

SDKS = ["openai", "anthropic"]
TEXTS = ("first", "a second one, longer: größer")


def calls_of(vendor: str) -> list[Any]:
    """What a server gets that is asked for both texts, one after the other."""

    async def ask(server: VendorServer) -> None:
        provider = open_provider(model_at(server, vendor))
        for text in TEXTS:
            await provider.ask(request(text))
        await provider.close()

    with VendorServer(lambda call: '{"gender": "male"}') as server:
        asyncio.run(ask(server))
        return server.calls


def headers_of(call: Any) -> dict[str, str]:
    """The headers, but for the body's length and the port that the server happens to have."""
    varying = {"content-length", "host"}
    return {name: value for name, value in call.headers.items() if name not in varying}


@pytest.mark.parametrize("vendor", SDKS)
def test_the_second_request_is_the_first_with_another_body(vendor: str) -> None:
    first, second = calls_of(vendor)
    assert headers_of(first) == headers_of(second)
    assert "größer" in second.prompt
    assert int(second.headers["content-length"]) > int(first.headers["content-length"])


@pytest.mark.parametrize("vendor", SDKS)
def test_without_the_hook_the_sdk_sends_the_same_requests(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls_with_hook = calls_of(vendor)
    monkeypatch.delattr(RequestReuse, "_build_request")
    for call, expected in zip(calls_of(vendor), calls_with_hook, strict=True):
        assert (call.path, call.body) == (expected.path, expected.body)
        assert headers_of(call) == headers_of(expected)


@dataclass
class Options:
    """What an SDK is asked to send."""

    content: Any
    method: str = "post"
    url: str = "http://127.0.0.1/v1"
    headers: dict[str, str] = field(default_factory=dict)


class Sdk:
    """The part of an SDK's client that builds requests; it counts them."""

    def __init__(self) -> None:
        self.builds = 0

    def _build_request(self, options: Any, *args: Any, **kwargs: Any) -> Any:
        self.builds += 1
        return httpx2.Request("POST", "http://127.0.0.1/v1", content=options.content)


class Client(RequestReuse, Sdk):
    """A client that builds what it can but once."""


def builds_of(client: Sdk, *options: Any, **kwargs: Any) -> int:
    """How many of these requests the SDK has built itself."""
    for each in options:
        built = client._build_request(each, **kwargs)
        assert built.content == each.content
    return client.builds


def test_a_body_alone_is_exchanged_and_all_else_is_built() -> None:
    other_address = Options(b"3", url="http://127.0.0.1/v2")
    other_headers = Options(b"4", headers={"x": "y"})
    assert builds_of(Client(), Options(b"1"), Options(b"2"), Options(b"22")) == 1
    assert builds_of(Client(), Options(b"1"), other_address, other_headers) == 3


def test_an_argument_that_an_sdk_adds_reaches_it() -> None:
    class Curious(Sdk):
        def _build_request(self, options: Any, *args: Any, **kwargs: Any) -> Any:
            assert kwargs == {"signed": True}
            return super()._build_request(options, *args, **kwargs)

    class CuriousClient(RequestReuse, Curious):
        pass

    assert builds_of(CuriousClient(), Options(b"1"), Options(b"2"), signed=True) == 1


def test_what_an_sdk_asks_otherwise_than_today_is_built_by_it() -> None:
    @dataclass
    class Renamed:
        content: bytes
        extra_headers: dict[str, str] = field(default_factory=dict)

    assert builds_of(Client(), Renamed(b"1"), Renamed(b"2", {"x": "y"})) == 2


def test_a_request_that_is_not_httpx2_s_is_handed_on_as_it_is() -> None:
    @dataclass
    class Other:
        content: bytes

    class OtherSdk(Sdk):
        def _build_request(self, options: Any, *args: Any, **kwargs: Any) -> Any:
            self.builds += 1
            return Other(options.content)

    class OtherClient(RequestReuse, OtherSdk):
        pass

    assert builds_of(OtherClient(), Options(b"1"), Options(b"2")) == 2
