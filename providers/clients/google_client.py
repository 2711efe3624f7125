"""Plain HTTP through httpx, because Google's own SDK brings half its cloud along."""

from __future__ import annotations

import httpx
from httpx_aiohttp import HttpxAiohttpClient

from ..wire.guard import Guard
from ..wire.http import HttpResponse
from ..wire.proxies import proxy_settings


class GoogleClient:
    """Requests with a key, to one address.

    Args:
        base_url: The address.
        key: The key; empty: requests carry none. It goes into a header, never into the address,
            which ends up in logs.
    """

    connection_errors = (httpx.HTTPError, httpx.InvalidURL)

    def __init__(self, base_url: str, key: str) -> None:
        headers = {"content-type": "application/json"}
        if key:
            headers["x-goog-api-key"] = key
        guard = Guard(base_url, "googleapis.com", httpx.AsyncByteStream)
        self._http = HttpxAiohttpClient(
            headers=headers, timeout=None, **guard.settings, **proxy_settings(base_url)
        )

    async def post(self, url: str, content: bytes) -> HttpResponse:
        """Post a body of JSON."""
        return await self._http.post(url, content=content)

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._http.aclose()
