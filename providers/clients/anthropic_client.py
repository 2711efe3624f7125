"""Anthropic's SDK, used like OpenAI's, and for the same reason (see `openai_client.py`)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import httpx2
from anthropic import AnthropicError, APIStatusError, AsyncAnthropic, DefaultAioHttpClient, Omit

from ..wire.http import HttpResponse
from ..wire.proxies import proxy_settings
from ..wire.request_reuse import RequestReuse


class _ReusingAnthropic(RequestReuse, AsyncAnthropic):
    """The SDK's client, for one address."""


class AnthropicClient:
    """Requests to one address; every response is returned, whatever its status.

    Args:
        base_url: The address.
        key: The key; empty: requests carry none.
    """

    connection_errors = (AnthropicError, httpx2.HTTPError)

    def __init__(self, base_url: str, key: str) -> None:
        self._sdk = _ReusingAnthropic(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,
            timeout=None,
            open_telemetry=False,
            http_client=DefaultAioHttpClient(timeout=None, **proxy_settings(base_url)),
        )
        headers = {} if key else {"Authorization": Omit()}
        self._raw: dict[str, Any] = {"cast_to": httpx2.Response, "options": {"headers": headers}}

    def url(self, path: str) -> str:
        """An absolute address, which saves the SDK from joining and parsing it for each request."""
        return str(self._sdk.base_url.join(path))

    async def post(self, url: str, content: bytes) -> HttpResponse:
        """Post a body of JSON."""
        return await _of_any_status(self._sdk.post(url, content=content, **self._raw))

    async def get(self, url: str) -> HttpResponse:
        """Get what is at an address."""
        return await _of_any_status(self._sdk.get(url, **self._raw))

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._sdk.close()


async def _of_any_status(response: Awaitable[httpx2.Response]) -> HttpResponse:
    """The response, also where the SDK raises it as an error."""
    try:
        return await response
    except APIStatusError as refusal:
        return refusal.response
