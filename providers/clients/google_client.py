"""Plain HTTP through httpx, because Google's own SDK brings half its cloud along."""

from __future__ import annotations

import httpx
from httpx_aiohttp import HttpxAiohttpClient

from ..wire.http import HttpResponse


class GoogleClient:
    """Requests with a key.

    Args:
        key: The key; empty: requests carry none. It goes into a header, never into the address,
            which ends up in logs.
    """

    connection_errors = (httpx.HTTPError, httpx.InvalidURL)

    def __init__(self, key: str) -> None:
        headers = {"content-type": "application/json"}
        if key:
            headers["x-goog-api-key"] = key
        self._http = HttpxAiohttpClient(headers=headers, timeout=None)

    async def post(self, url: str, content: bytes) -> HttpResponse:
        """Post a body of JSON."""
        return await self._http.post(url, content=content)

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._http.aclose()
