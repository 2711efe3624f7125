"""What the clients over OpenAI's and Anthropic's SDKs share: the two are built alike."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import IO, Any, ClassVar

import httpx2

from ..wire.bounded_body import MOST_BATCH_BYTES
from ..wire.guard import MOST_BYTES_EXTENSION
from ..wire.http import HttpResponse


class SdkClient:
    """Requests through one client of an SDK; every response is returned, whatever its status.

    Args:
        sdk: The SDK's client.
        http: The HTTP client under it.
        key: The key; empty: requests carry none.
        no_header: What the SDK is told of a header that it shall not send.
    """

    status_error: ClassVar[type[Any]]
    """What the SDK raises for a status that is none of success; it carries the response."""

    key_headers: ClassVar[Mapping[str, str]]
    """Header that carries the key -> how it does."""

    def __init__(self, sdk: Any, http: httpx2.AsyncClient, key: str, no_header: object) -> None:
        self._sdk = sdk
        self._http = http
        self._key = key
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

    async def download(self, path: str, file: IO[bytes]) -> HttpResponse:
        """Write what is at a path or an address into a file, as it comes.

        The SDKs hand out streams of events only, so this goes below them, with their headers.

        Returns:
            The response; one that is an error has been read, and nothing was written.
        """
        request = self._http.build_request(
            "GET",
            self.url(path.lstrip("/")),
            headers=self._own_headers(),
            extensions={MOST_BYTES_EXTENSION: MOST_BATCH_BYTES},
        )
        response = await self._http.send(request, stream=True)
        try:
            if response.is_success:
                async for piece in response.aiter_bytes():
                    file.write(piece)
            else:
                await response.aread()
        finally:
            await response.aclose()
        return response

    def _own_headers(self) -> dict[str, str]:
        """The headers that the SDK would send, with the key if there is one."""
        headers: dict[str, str] = {}
        for name, value in self._sdk.default_headers.items():
            if isinstance(value, str):
                headers[name.lower()] = value
        for name, form in self.key_headers.items():
            headers.pop(name, None)
            if self._key:
                headers[name] = form.format(self._key)
        return headers

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
