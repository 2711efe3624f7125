"""Requests of the OpenAI and Anthropic SDKs at less cost: what is the same each time is built once.

Both SDKs put headers, timeouts and the address together anew for every request, which costs more
than sending it. They build requests in a method of their own, which no SDK promises to keep: hence
the bounds `openai<4` and `anthropic<3`. Where it is missing, or is not as it was, every request is
built by the SDK; that costs time and changes no request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx2

# Of what the SDK is asked to send, all but the body that differs between requests to one model.
_COMMON = ("method", "url", "headers")


@dataclass(frozen=True, slots=True)
class _Template:
    """A request that the SDK built, for others that differ in their body alone.

    Attributes:
        head: What the SDK was asked to send, without the body.
        request: What it made of it.
        headers: Its headers, without the length of the body.
    """

    head: tuple[object, ...]
    request: httpx2.Request
    headers: list[tuple[bytes, bytes]]

    def with_content(self, content: bytes) -> httpx2.Request:
        """The same request with another body."""
        length = str(len(content)).encode()
        return httpx2.Request(
            self.request.method,
            self.request.url,
            headers=[*self.headers, (b"content-length", length)],
            content=content,
            extensions=self.request.extensions,
        )


class RequestReuse:
    """Mixed into an SDK's client.

    The first post of bytes is built by the SDK; others to the same address with the same headers
    are that one with another body. Everything else is left to the SDK.
    """

    _template: _Template | None = None

    def _build_request(self, options: Any, *args: Any, **kwargs: Any) -> Any:
        """Build a request; called by the SDK, whose method this stands before."""
        content = getattr(options, "content", None)
        is_known_kind = all(hasattr(options, name) for name in _COMMON)
        if not isinstance(content, bytes) or not is_known_kind:
            return self._built_by_sdk(options, *args, **kwargs)
        head = (*(getattr(options, name) for name in _COMMON), args, kwargs)
        template = self._template
        if template is not None and template.head == head:
            return template.with_content(content)
        request = self._built_by_sdk(options, *args, **kwargs)
        if template is None and isinstance(request, httpx2.Request):
            headers = [
                (name, value)
                for name, value in request.headers.raw
                if name.lower() != b"content-length"
            ]
            self._template = _Template(head, request, headers)
        return request

    def _built_by_sdk(self, options: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._build_request(options, *args, **kwargs)  # type: ignore[misc]
