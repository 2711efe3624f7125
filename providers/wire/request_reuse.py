"""Requests of the OpenAI and Anthropic SDKs at less cost: what is the same each time is built once."""

from __future__ import annotations

from typing import Any

import httpx2


class BuildsOnce:
    """Mixed into an SDK's client.

    Both SDKs put headers, timeouts and the address together anew for every request, which costs
    more than sending it. The first post of bytes is built by the SDK; others to the same address
    with the same headers are that one with another body. Everything else is left to the SDK.
    """

    _first: httpx2.Request | None = None
    _kind: tuple[object, ...] = ()
    _kept: list[tuple[bytes, bytes]]

    def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
        """Build a request; called by the SDK."""
        kind = (options.method, options.url, options.headers)
        first, content = self._first, options.content
        if first is not None and isinstance(content, bytes) and kind == self._kind:
            headers = [*self._kept, (b"content-length", str(len(content)).encode())]
            return httpx2.Request(
                first.method,
                first.url,
                headers=headers,
                content=content,
                extensions=first.extensions,
            )
        built: httpx2.Request = super()._build_request(options, retries_taken=retries_taken)  # type: ignore[misc]
        if first is None and isinstance(content, bytes):
            self._kept = [
                (name, value)
                for name, value in built.headers.raw
                if name.lower() != b"content-length"
            ]
            self._first, self._kind = built, kind
        return built
