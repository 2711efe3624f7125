"""A server on this machine that speaks the vendors' APIs, gives scripted answers and faults, and keeps a log.

In a test, in a thread of its own:

    with Loopback(answer=lambda call: '{"gender": "male"}', faults={0: "rate_limited"}) as server:
        model = ModelSettings(name="m", provider="openai", model="gpt-4",
        base_url=server.base_url("openai")) ...
    assert [call.status for call in server.calls] == [429, 200]

In a process of its own, where the client is killed or measured and the server's log is the judge:

    with LoopbackProcess("--latency", "0.05", "--log", str(path)) as server:
        ... server.base_url("anthropic"), read_log(path)

One server serves all vendors at once, told apart by their paths. `faults` is what goes wrong: by
request number (a mapping or a list), by a seeded share (`random_faults`), or by a function of the
call. Fault kinds are those that `loopback_failures` knows (`rate_limited`, `no_quota`,
`server_error`, `bad_temperature` ...) and `ODD_KINDS`; headers may follow (`rate_limited
retry-after=1`).

OpenAI's and Anthropic's batches are served too (`loopback_batches`); they end `batch_s` seconds
after they were made.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from loopback_calls import ODD_KINDS, Answer, Call, Fault, Table, obey, random_faults, read_table
from loopback_service import Behaviour, Service
from loopback_wires import WIRES

__all__ = [
    "ODD_KINDS",
    "Behaviour",
    "Call",
    "Fault",
    "Loopback",
    "LoopbackProcess",
    "Table",
    "obey",
    "random_faults",
    "read_log",
    "read_table",
]


async def _serve(
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


class Loopback(Addresses):
    """The server in a thread of its own, listening inside a `with` block; takes the fields of `Behaviour`."""

    def __init__(self, answer: Answer = obey, **behaviour: Any) -> None:
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

        await _serve(self._service, 0, listening, self._stop)

    def __enter__(self) -> Loopback:
        self._thread.start()
        assert self._listening.wait(10), "the loopback server did not start"
        return self

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)


class LoopbackProcess(Addresses):
    """The server in a process of its own; it ends with the `with` block, or with whoever started it."""

    def __init__(self, *arguments: str) -> None:
        self._command = [sys.executable, str(Path(__file__)), *arguments]

    def __enter__(self) -> LoopbackProcess:
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


def read_log(path: Path) -> Iterator[dict[str, Any]]:
    """The calls of a JSONL log."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m loopback", description="Serve the vendors' APIs on 127.0.0.1."
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--answers", type=Path, help="JSONL rows of text, raw and perhaps model")
    parser.add_argument("--raw", help="the same answer to everything")
    parser.add_argument("--log", type=Path, help="JSONL file for every call")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds")
    parser.add_argument("--limit-per-s", type=float)
    parser.add_argument("--tokens-per-minute", type=float)
    parser.add_argument(
        "--burst", type=float, default=0.2, help="seconds' worth that may come at once"
    )
    parser.add_argument("--silent-limits", action="store_true", help="send no rate-limit headers")
    parser.add_argument("--silent-wait", action="store_true", help="send no Retry-After")
    parser.add_argument("--fault-share", type=float, default=0.0)
    parser.add_argument(
        "--fault-kinds", nargs="*", default=["rate_limited", "server_error", "disconnect"]
    )
    parser.add_argument("--fault-seed", type=int, default=0)
    parser.add_argument(
        "--batch", type=float, default=0.0, help="seconds after which a batch has ended"
    )
    parser.add_argument("--api-key")
    parser.add_argument("--product-pattern", help="its group 1 is a call's product")
    return parser.parse_args()


def _behaviour(given: argparse.Namespace) -> Behaviour:
    answer: Answer = read_table(given.answers) if given.answers else obey
    if given.raw is not None:
        answer = lambda call: given.raw  # noqa: E731
    return Behaviour(
        answer=answer,
        faults=random_faults(given.fault_share, given.fault_kinds, given.fault_seed)
        if given.fault_share
        else None,
        latency_s=given.latency,
        limit_per_s=given.limit_per_s,
        tokens_per_minute=given.tokens_per_minute,
        burst_s=given.burst,
        tell_limits=not given.silent_limits,
        tell_wait=not given.silent_wait,
        api_key=given.api_key,
        log=given.log,
        keep=False,
        product_pattern=given.product_pattern,
        batch_s=given.batch,
    )


async def _main(given: argparse.Namespace) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def wait_for_the_end_of_stdin() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait_for_the_end_of_stdin, daemon=True).start()
    await _serve(
        Service(_behaviour(given)),
        given.port,
        lambda port: print(json.dumps({"port": port}), flush=True),
        stop,
    )


if __name__ == "__main__":
    asyncio.run(_main(_arguments()))
