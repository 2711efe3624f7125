"""`python -m attrx.testing`: the vendor server as a process; it ends with its standard input."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from pathlib import Path

from .answers import AnswerFunction, answer_by_schema, read_answer_table
from .behaviour import Behaviour
from .faults import random_faults
from .server import serve
from .service import Service


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m attrx.testing", description="Serve the vendors' APIs on 127.0.0.1."
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


def _behaviour(arguments: argparse.Namespace) -> Behaviour:
    faults = None
    if arguments.fault_share:
        kinds = arguments.fault_kinds
        faults = random_faults(arguments.fault_share, kinds, arguments.fault_seed)
    return Behaviour(
        answer=_answer(arguments),
        faults=faults,
        latency_s=arguments.latency,
        limit_per_s=arguments.limit_per_s,
        tokens_per_minute=arguments.tokens_per_minute,
        burst_s=arguments.burst,
        tell_limits=not arguments.silent_limits,
        tell_wait=not arguments.silent_wait,
        api_key=arguments.api_key,
        log=arguments.log,
        keep=False,
        product_pattern=arguments.product_pattern,
        batch_s=arguments.batch,
    )


def _answer(arguments: argparse.Namespace) -> AnswerFunction:
    raw: str | None = arguments.raw
    if raw is not None:
        return lambda call: raw
    return read_answer_table(arguments.answers) if arguments.answers else answer_by_schema


async def _main(arguments: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def wait_for_the_end_of_stdin() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop.set)

    def print_port(port: int) -> None:
        print(json.dumps({"port": port}), flush=True)

    threading.Thread(target=wait_for_the_end_of_stdin, daemon=True).start()
    await serve(Service(_behaviour(arguments)), arguments.port, print_port, stop)


if __name__ == "__main__":
    asyncio.run(_main(_arguments()))
