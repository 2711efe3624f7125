"""What the clients over OpenAI's and Anthropic's SDKs share: the two are built alike."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, ClassVar

import httpx2

from ..wire.http import HttpResponse


class SdkClient:
    """Requests through one client of an SDK; every response is returned, whatever its status.

    Args:
        sdk: The SDK's client.
        key: The key; empty: requests carry none.
        no_header: What the SDK is told of a header that it shall not send.
    """

    status_error: ClassVar[type[Any]]
    """What the SDK raises for a status that is none of success; it carries the response."""

    def __init__(self, sdk: Any, key: str, no_header: object) -> None:
        self._sdk = sdk
        self._headers: dict[str, Any] = {} if key else {"Authorization": no_header}
        self._raw: dict[str, Any] = {
            "cast_to": httpx2.Response,
            "options": {"headers": self._headers},
        }

    def url(self, path: str) -> str:
        """An absolute address, which saves the SDK from joining and parsing it for each request."""
        return str(self._sdk.base_url.join(path))

    async def post(self, url: str, content: bytes) -> HttpResponse:
        """Post a body of JSON."""
        return await self._of_any_status(self._sdk.post(url, content=content, **self._raw))

    async def get(self, url: str) -> HttpResponse:
        """Get what is at a path or an address."""
        return await self._of_any_status(self._sdk.get(url, **self._raw))

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        await self._sdk.close()

    async def _of_any_status(self, response: Awaitable[HttpResponse]) -> HttpResponse:
        """The response, also where the SDK raises it as an error."""
        try:
            return await response
        except self.status_error as refusal:
            answer: HttpResponse = refusal.response
            return answer
