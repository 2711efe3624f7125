"""A small HTTP/1.1 server on asyncio, which leaves the processor to its client.

It knows keep-alive and Content-Length, which is all that the vendors' SDKs need. Pipelined requests
are not served.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import cast

_HEAD_END = b"\r\n\r\n"
_DRIP_S = 0.02
_ENDLESS_PIECE = 65_536


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request: method, path (with its query), headers by lower-case name, body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class HttpConnection(asyncio.Protocol):
    """One client's connection: collects requests, hands them on, and writes what is sent.

    Args:
        serve: Takes each request, and sends a response through the connection.
        open_connections: This one is among them as long as it is open.
    """

    def __init__(
        self,
        serve: Callable[[HttpRequest, HttpConnection], None],
        open_connections: set[HttpConnection],
    ) -> None:
        self._serve = serve
        self._open_connections = open_connections
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)
        self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self._open_connections.discard(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        self._buffer += data
        request = self._next_request()
        while request is not None:
            self._serve(request, self)
            request = self._next_request()

    def _next_request(self) -> HttpRequest | None:
        """Take a request out of the buffer; None where it does not hold a whole one."""
        head_end = self._buffer.find(_HEAD_END)
        if head_end < 0:
            return None
        method, path, headers = _parse_head(bytes(self._buffer[:head_end]))
        body_start = head_end + len(_HEAD_END)
        body_end = body_start + int(headers.get("content-length", "0"))
        if len(self._buffer) < body_end:
            return None
        body = bytes(self._buffer[body_start:body_end])
        del self._buffer[:body_end]
        return HttpRequest(method, path, headers, body)

    def send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Write a whole response; nothing happens where the client has gone."""
        if self._transport is not None:
            self._transport.write(_response_head(status, headers, len(body)) + body)

    def send_half(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Promise a whole body, write half of it, and hang up."""
        if self._transport is not None:
            head = _response_head(status, headers, len(body))
            self._transport.write(head + body[: len(body) // 2])
            self._transport.close()

    def send_raw(self, content: bytes) -> None:
        """Write what need not be HTTP, and hang up."""
        if self._transport is not None:
            self._transport.write(content)
            self._transport.close()

    def send_for_ever(self, headers: Mapping[str, str]) -> None:
        """Send a body without an end, as fast as the client reads it."""
        if self._transport is not None:
            head = _response_head(200, {**headers, "connection": "close"}, None)
            self._transport.write(head)
            self._send_more()

    def _send_more(self) -> None:
        if self._transport is None:
            return
        if self._transport.get_write_buffer_size() < _ENDLESS_PIECE:
            self._transport.write(b" " * _ENDLESS_PIECE)
        asyncio.get_running_loop().call_later(0, self._send_more)

    def drip(self, headers: Mapping[str, str]) -> None:
        """Promise a body and send it byte by byte, as long as the client stays."""
        if self._transport is not None:
            self._transport.write(_response_head(200, headers, 1_000_000))
            self._send_drop()

    def _send_drop(self) -> None:
        if self._transport is not None:
            self._transport.write(b" ")
            asyncio.get_running_loop().call_later(_DRIP_S, self._send_drop)

    def abort(self) -> None:
        """Close at once, also where something is still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    def hang_up(self) -> None:
        """Close without a word."""
        if self._transport is not None:
            self._transport.close()


def _parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    """Method, path and headers of a request."""
    request_line, *header_lines = head.decode("latin-1").split("\r\n")
    method, path, _ = request_line.split(" ", 2)
    headers = {}
    for line in header_lines:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return method, path, headers


def _response_head(status: int, headers: Mapping[str, str], length: int | None) -> bytes:
    """The head of a response; without a length, the body goes on until the connection ends."""
    head = f"HTTP/1.1 {status} {_reason(status)}\r\n"
    if length is not None:
        headers = {"content-length": str(length), **headers}
    for name, value in headers.items():
        head += f"{name}: {value}\r\n"
    return f"{head}\r\n".encode("latin-1")


def _reason(status: int) -> str:
    """The reason phrase; vendors use numbers (529) that no standard names."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
