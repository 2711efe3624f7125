"""OpenAI's SDK, used below its `chat.completions.create`.

With aiohttp as its transport, and the body in and out as bytes, a request costs the client less
than half the processor time, because no typed models are built that nobody reads.
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAioHttpClient, Omit

from ..wire.http import HttpResponse
from ..wire.proxies import proxy_settings
from ..wire.request_reuse import RequestReuse


class _ReusingOpenAI(RequestReuse, AsyncOpenAI):
    """The SDK's client, for one address."""


class OpenAIClient:
    """Requests to one address; every response is returned, whatever its status.

    Args:
        base_url: The address.
        key: The key; empty: requests carry none.
    """

    connection_errors = (APIConnectionError, httpx2.HTTPError)

    def __init__(self, base_url: str, key: str) -> None:
        self._sdk = _ReusingOpenAI(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,
            timeout=None,
            http_client=DefaultAioHttpClient(timeout=None, **proxy_settings(base_url)),
        )
        self._headers: dict[str, Any] = {} if key else {"Authorization": Omit()}
        self._raw: dict[str, Any] = {
            "cast_to": httpx2.Response,
            "options": {"headers": self._headers},
        }

    def url(self, path: str) -> str:
        """An absolute address, which saves the SDK from joining and parsing it for each request."""
        return str(self._sdk.base_url.join(path))

    async def post(self, url: str, content: bytes) -> HttpResponse:
        """Post a body of JSON."""
        return await _of_any_status(self._sdk.post(url, content=content, **self._raw))

    async def post_object(self, path: str, body: dict[str, Any]) -> HttpResponse:
        """Post an object as JSON."""
        return await _of_any_status(self._sdk.post(path, body=body, **self._raw))

    async def get(self, path: str) -> HttpResponse:
        """Get what is at a path."""
        return await _of_any_status(self._sdk.get(path, **self._raw))

    async def upload(self, path: str, name: str, lines: bytes) -> HttpResponse:
        """Post a file of JSON lines for a batch."""
        headers: dict[str, Any] = {"Content-Type": "multipart/form-data", **self._headers}
        uploading = self._sdk.post(
            path,
            body={"purpose": "batch"},
            files=[("file", (name, lines, "application/jsonl"))],
            cast_to=httpx2.Response,
            options={"headers": headers},
        )
        return await _of_any_status(uploading)

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._sdk.close()


async def _of_any_status(response: Awaitable[httpx2.Response]) -> HttpResponse:
    """The response, also where the SDK raises it as an error."""
    try:
        return await response
    except APIStatusError as refusal:
        return refusal.response
