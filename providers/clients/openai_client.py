"""OpenAI's SDK, used below its `chat.completions.create`.

With aiohttp as its transport, and the body in and out as bytes, a request costs the client less
than half the processor time, because no typed models are built that nobody reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import httpx2
from openai import APIConnectionError, APIStatusError, AsyncOpenAI, DefaultAioHttpClient, Omit

from ..wire.guard import Guard
from ..wire.http import HttpResponse
from ..wire.proxies import proxy_settings
from ..wire.request_reuse import RequestReuse
from .sdk_client import SdkClient


class _ReusingOpenAI(RequestReuse, AsyncOpenAI):
    """The SDK's client, for one address."""


class OpenAIClient(SdkClient):
    """Requests to one address.

    Args:
        base_url: The address.
        key: The key; empty: requests carry none.
    """

    connection_errors = (APIConnectionError, httpx2.HTTPError)
    status_error = APIStatusError
    key_headers: ClassVar[Mapping[str, str]] = {"authorization": "Bearer {}"}

    def __init__(self, base_url: str, key: str) -> None:
        guard = Guard(base_url, "openai.com", httpx2.AsyncByteStream)
        http = DefaultAioHttpClient(timeout=None, **guard.settings, **proxy_settings(base_url))
        sdk = _ReusingOpenAI(
            api_key=key or "none",
            base_url=base_url,
            max_retries=0,
            timeout=None,
            http_client=http,
        )
        super().__init__(sdk, http, key, Omit())

    async def post_object(self, path: str, body: dict[str, Any]) -> HttpResponse:
        """Post an object as JSON."""
        return await self._of_any_status(self._sdk.post(path, body=body, **self._raw))

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
        return await self._of_any_status(uploading)
