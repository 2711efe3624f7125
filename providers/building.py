"""Requests of the OpenAI and Anthropic SDKs at less cost: what is the same each time is built once."""

from __future__ import annotations

from typing import Any

import httpx2


class BuildsOnce:
    """Mixed into an SDK's client that posts to one address only, always with the same headers.

    Both SDKs put headers, timeouts and the address together anew for every request, which costs more than sending it.
    The first request is built by the SDK; those after it are that one with another body.
    """

    _first: httpx2.Request | None = None
    _kept: list[tuple[bytes, bytes]]

    def _build_request(self, options: Any, *, retries_taken: int = 0) -> httpx2.Request:
        """Build a request; called by the SDK."""
        if self._first is None:
            first: httpx2.Request = super()._build_request(options, retries_taken=retries_taken)  # type: ignore[misc]
            self._kept = [(name, value) for name, value in first.headers.raw if name.lower() != b"content-length"]
            self._first = first
            return first
        content: bytes = options.content
        headers = [*self._kept, (b"content-length", str(len(content)).encode())]
        first = self._first
        return httpx2.Request(first.method, first.url, headers=headers, content=content, extensions=first.extensions)
