"""A server that sends exactly the bytes that it is told to, and the moment when."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Literal

from attrx.testing.vendor_wires import VENDOR_WIRES
from attrx.testing.wire_formats import WireAnswer, WireFormat

START_S = 60
DRIP_S = 0.02
CLOSING_TURNS = 8
Json = dict[str, Any]
Ending = Literal["keep", "close", "reset", "hang", "drip"]


@dataclass(frozen=True)
class OddRequest:
    """What a reply is made for.

    Attributes:
        path: The path, which tells the vendor.
        headers: By lower-case name.
        body: The JSON.
        port: That of the server.
    """

    path: str
    headers: Mapping[str, str]
    body: Json
    port: int

    @property
    def wire(self) -> WireFormat:
        """The vendor's."""
        return next(wire for wire in VENDOR_WIRES if wire.serves(self.path))

    def good_body(self, **parts: Any) -> Json:
        """The body of an answer as it should be, with parts of it replaced."""
        text = '{"gender": "male", "color": "red"}'
        answer = WireAnswer("odd", text, "stop", input_tokens=40, output_tokens=9, number=1)
        return {**self.wire.write(answer), **parts}


@dataclass(frozen=True)
class OddReply:
    """What is sent.

    Attributes:
        content: The bytes, from the status line on.
        ending: What comes then: the connection is kept, closed, reset, left silent, or a byte is
            sent again and again.
    """

    content: bytes
    ending: Ending = "keep"


@dataclass(frozen=True)
class Response:
    """A response of HTTP, whatever its parts.

    Attributes:
        body: The body; JSON where it is no bytes.
        status: The status.
        headers: Headers; `content-length` is added where `is_framed`.
        is_framed: Whether the length is told.
        ending: As in `OddReply`.
    """

    body: Any = b""
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)
    is_framed: bool = True
    ending: Ending = "keep"

    @property
    def reply(self) -> OddReply:
        """Its bytes."""
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        head = f"HTTP/1.1 {self.status} {_reason(self.status)}\r\n"
        framing = (("content-length", str(len(body))),) if self.is_framed else ()
        for name, value in (*framing, *self.headers):
            head += f"{name}: {value}\r\n"
        return OddReply(head.encode("latin-1") + b"\r\n" + body, self.ending)


Behaviour = Callable[[OddRequest], OddReply]


@dataclass
class OddServer:
    """The server in a thread of its own, listening inside a `with` block.

    Attributes:
        behaviour: Makes the reply to a request.
        requests: How many it was sent.
        keys: The keys that came with them.
    """

    behaviour: Behaviour
    requests: int = 0
    keys: set[str] = field(default_factory=set)

    def __enter__(self) -> OddServer:
        self._is_listening = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)
        self._thread.start()
        if not self._is_listening.wait(START_S):
            raise RuntimeError("the server did not start")
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(START_S)

    def base_url(self, vendor: str) -> str:
        """What `base_url` of a model must be."""
        path = next(wire.base_path for wire in VENDOR_WIRES if wire.name == vendor)
        return f"http://127.0.0.1:{self.port}{path}"

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._is_listening.set()
        await self._stop.wait()
        server.close()
        # A connection that is just being made exists a few turns of the loop later.
        for _ in range(CLOSING_TURNS):
            for writer in tuple(self._writers):
                writer.transport.abort()
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.sleep(0)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            while await self._exchange(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Take one request and reply; says whether another may follow."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ", 2)[1]
        headers = dict(re.findall(r"^([^:\r\n]+): ?([^\r\n]*)", head.lower(), re.MULTILINE))
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests += 1
        self.keys.add(headers.get("authorization", ""))
        content = json.loads(body) if body else {}
        reply = self.behaviour(OddRequest(path, headers, content, self.port))
        writer.write(reply.content)
        await writer.drain()
        return await self._end(reply.ending, writer)

    async def _end(self, ending: Ending, writer: asyncio.StreamWriter) -> bool:
        if ending == "reset":
            writer.transport.abort()
        while ending == "drip":
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(DRIP_S)
        if ending == "hang":
            await self._stop.wait()
        return ending == "keep"


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Odd"
