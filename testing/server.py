"""The loopback vendor server, in a thread of its own or in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .calls import AnswerFunction, Call, answer_by_schema
from .service import Behaviour, Service
from .wire_formats import WIRES


async def serve(
    service: Service, port: int, listening: Callable[[int], None], stop: asyncio.Event
) -> None:
    server = await asyncio.get_running_loop().create_server(service.connection, "127.0.0.1", port)
    listening(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()
    for connection in tuple(service.connections):
        connection.hang_up()
    await asyncio.sleep(0)
    service.close()


class Addresses:
    """Where the vendors' APIs are on a server."""

    port: int

    def base_url(self, vendor: str) -> str:
        """What `base_url` of a model must be."""
        return f"http://127.0.0.1:{self.port}{WIRES[vendor].base_path}"


class VendorServer(Addresses):
    """The server in a thread of its own, listening inside a `with` block; takes the fields of `Behaviour`."""

    def __init__(self, answer: AnswerFunction = answer_by_schema, **behaviour: Any) -> None:
        self._service = Service(Behaviour(answer, **behaviour))
        self._listening = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True)

    @property
    def calls(self) -> list[Call]:
        """Every request so far, in order of arrival."""
        return self._service.calls

    async def _run(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()

        def listening(port: int) -> None:
            self.port = port
            self._listening.set()

        await serve(self._service, 0, listening, self._stop)

    def __enter__(self) -> VendorServer:
        self._thread.start()
        assert self._listening.wait(10), "the loopback server did not start"
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


class VendorServerProcess(Addresses):
    """The server in a process of its own; it ends with the `with` block, or with whoever started it."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "attrx.testing", *arguments]

    def __enter__(self) -> VendorServerProcess:
        self.process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.process.stdout is not None
        self.port = json.loads(self.process.stdout.readline())["port"]
        return self

    def __exit__(self, *exc: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process.wait(10)


def read_calls(path: Path) -> Iterator[dict[str, Any]]:
    """The calls of a JSONL log."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
