"""The loopback vendor server, in a thread of its own or in a process of its own."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

from .answers import AnswerFunction, answer_by_schema
from .behaviour import Behaviour
from .calls import Call
from .service import Service
from .vendor_wires import VENDOR_WIRES
from .wire_formats import WireFormat

# They only bound a hang: a busy machine takes its time.
_START_S = 60
_CLOSING_TURNS = 5


async def serve(
    service: Service, port: int, on_listening: Callable[[int], None], stop: asyncio.Event
) -> None:
    """Serve on this machine until told to stop.

    Args:
        service: What answers.
        port: The port; 0 takes any that is free.
        on_listening: Told the port as soon as clients can connect.
        stop: Ends it.
    """
    server = await asyncio.get_running_loop().create_server(service.connection, "127.0.0.1", port)
    on_listening(server.sockets[0].getsockname()[1])
    await stop.wait()
    server.close()
    await _let_go(service)
    service.close()


async def _let_go(service: Service) -> None:
    """Close all connections; one that is just being made exists a few turns of the loop later."""
    for _ in range(_CLOSING_TURNS):
        for connection in tuple(service.connections):
            connection.abort()
        await asyncio.sleep(0)


class _Addresses:
    """Where the vendors' APIs are on a server."""

    port: int
    wires: tuple[WireFormat, ...] = VENDOR_WIRES

    def base_url(self, vendor: str) -> str:
        """What `base_url` of a model must be.

        Args:
            vendor: `openai`, `anthropic`, `google`, `huggingface`, or the name of a wire format of
                one's own.
        """
        base_paths = {wire.name: wire.base_path for wire in self.wires}
        return f"http://127.0.0.1:{self.port}{base_paths[vendor]}"


class VendorServer(_Addresses):
    """The server in a thread of its own, listening inside a `with` block.

    Args:
        answer: The raw answer to a call.
        behaviour: The other fields of `Behaviour`.
    """

    def __init__(self, answer: AnswerFunction = answer_by_schema, **behaviour: Any) -> None:
        self._service = Service(Behaviour(answer, **behaviour))
        self.wires = self._service.wires
        self._is_listening = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._run(),), daemon=True)

    @property
    def calls(self) -> list[Call]:
        """Every request so far, in order of arrival."""
        return self._service.calls

    def release(self) -> None:
        """Send the answers that `holds` has held back, and hold none from now on."""
        self._loop.call_soon_threadsafe(self._service.release)

    def end_batches(self) -> None:
        """End all batches now, and those that are still to come as soon as they are made."""
        self._loop.call_soon_threadsafe(self._service.end_batches)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        await serve(self._service, 0, self._on_listening, self._stop)

    def _on_listening(self, port: int) -> None:
        self.port = port
        self._is_listening.set()

    def __enter__(self) -> VendorServer:
        self._thread.start()
        if not self._is_listening.wait(_START_S):
            raise RuntimeError("the server did not start")
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_START_S)


class VendorServerProcess(_Addresses):
    """The server in a process of its own; it ends with the `with` block, or with its parent.

    Args:
        arguments: Those of `python -m attrx.testing`, which `--help` lists.
    """

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, "-m", "attrx.testing", *arguments]

    def __enter__(self) -> VendorServerProcess:
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe)
        stdout = cast(Any, self.process.stdout)
        self.port = json.loads(stdout.readline())["port"]
        return self

    def __exit__(self, *exc: object) -> None:
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()
        self.process.wait(_START_S)


def read_calls(path: Path) -> Iterator[dict[str, Any]]:
    """The calls of a JSONL log."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)
