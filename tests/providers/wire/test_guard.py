"""Where a client's requests may go."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from attrx.providers.wire.guard import Guard, RedirectRefused, origin_of

HEADERS = {"authorization": "Bearer k", "openai-project": "p", "x-mine": "1", "x-stainless-os": "L"}


def sent_headers(address: str, target: str) -> set[str]:
    guard = Guard(address, "openai.com", httpx2.AsyncByteStream)
    request = httpx2.Request("POST", target, headers=HEADERS, content=b"{}")
    asyncio.run(guard.on_request(request))
    return set(request.headers) & set(HEADERS)


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("http://a.example/v1", "http://a.example/v2/other"),
        ("http://a.example/v1", "http://a.example:80/v1"),
        ("https://a.example:443/v1", "https://a.example/v1"),
        ("http://a.example/v1", "https://a.example/v1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://[::1]:8000", "http://[::1]:8000/v1"),
    ],
)
def test_requests_go_to_their_address_or_its_encrypted_twin(address: str, target: str) -> None:
    assert sent_headers(address, target) == {"authorization", "x-stainless-os"}


@pytest.mark.parametrize(
    ("address", "target"),
    [
        ("http://a.example/v1", "http://b.example/v1"),
        ("http://a.example/v1", "http://a.example.evil.example/v1"),
        ("http://a.example/v1", "http://a.example@b.example/v1"),
        ("http://a.example/v1", "http://a.example:8080/v1"),
        ("https://a.example/v1", "http://a.example/v1"),
        ("http://127.0.0.1:8000", "https://127.0.0.1/v1"),
        ("http://127.0.0.1:8000", "http://169.254.169.254/latest"),
        ("http://localhost:8000", "http://127.0.0.1:8000"),
    ],
)
def test_requests_go_nowhere_else(address: str, target: str) -> None:
    with pytest.raises(RedirectRefused) as caught:
        sent_headers(address, target)
    assert caught.value.target == str(origin_of(target))


@pytest.mark.parametrize("address", ["https://api.openai.com/v1", "https://eu.api.openai.com/v1"])
def test_the_vendor_itself_sees_what_its_sdk_was_told(address: str) -> None:
    assert sent_headers(address, address) == set(HEADERS)


@pytest.mark.parametrize("address", ["https://openai.com.evil.example", "https://notopenai.com"])
def test_a_name_that_looks_like_the_vendor_s_is_not_the_vendor(address: str) -> None:
    assert "openai-project" not in sent_headers(address, address)
