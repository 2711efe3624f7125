"""A small HTTP/1.1 server on asyncio, so that a benchmark's server does not compete with its client for the processor.

It knows keep-alive and Content-Length, which is all that the vendors' SDKs need. Pipelined requests
are not served.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

HEAD_END = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request: method, path (with its query), headers by lower-case name, body."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


def reason(status: int) -> str:
    """The reason phrase; vendors use numbers (529) that no standard names."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def head_of(status: int, headers: Mapping[str, str], length: int) -> bytes:
    lines = [f"HTTP/1.1 {status} {reason(status)}", f"content-length: {length}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def parse_head(head: bytes) -> tuple[str, str, dict[str, str]]:
    first, *rest = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {}
    for line in rest:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return method, path, headers


class HttpConnection(asyncio.Protocol):
    """One client's connection: collects requests, hands them to `serve`, and writes what `serve` sends."""

    def __init__(
        self,
        serve: Callable[[HttpRequest, HttpConnection], None],
        open_connections: set[HttpConnection],
    ) -> None:
        self._serve = serve
        self._open = open_connections
        self._buffer = bytearray()
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.discard(self)
        self.transport = None

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (request := self._take()) is not None:
            self._serve(request, self)

    def _take(self) -> HttpRequest | None:
        end = self._buffer.find(HEAD_END)
        if end < 0:
            return None
        method, path, headers = parse_head(bytes(self._buffer[:end]))
        start = end + len(HEAD_END)
        stop = start + int(headers.get("content-length", "0"))
        if len(self._buffer) < stop:
            return None
        body = bytes(self._buffer[start:stop])
        del self._buffer[:stop]
        return HttpRequest(method, path, headers, body)

    def send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Write a whole response; nothing happens where the client has gone."""
        if self.transport is not None:
            self.transport.write(head_of(status, headers, len(body)) + body)

    def send_half(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Promise a whole body, write half of it, and hang up."""
        if self.transport is not None:
            self.transport.write(head_of(status, headers, len(body)) + body[: len(body) // 2])
            self.transport.close()

    def send_garbage(self) -> None:
        """Write something that is no HTTP, and hang up."""
        if self.transport is not None:
            self.transport.write(b"220 mail.example.com ESMTP\r\n\r\n")
            self.transport.close()

    def drip(self, headers: Mapping[str, str]) -> None:
        """Promise a body and send it byte by byte, as long as the client stays."""
        if self.transport is not None:
            self.transport.write(head_of(200, headers, 1_000_000))
            self._drop()

    def _drop(self) -> None:
        if self.transport is not None:
            self.transport.write(b" ")
            asyncio.get_running_loop().call_later(0.02, self._drop)

    def hang_up(self) -> None:
        """Close without a word."""
        if self.transport is not None:
            self.transport.close()
