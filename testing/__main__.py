"""`python -m attrx.testing`: the loopback vendor server as a process; it ends with its standard input."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import threading
from pathlib import Path

from .calls import AnswerFunction, answer_by_schema, random_faults, read_answer_table
from .server import serve
from .service import Behaviour, Service


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


def _behaviour(given: argparse.Namespace) -> Behaviour:
    answer: AnswerFunction = read_answer_table(given.answers) if given.answers else answer_by_schema
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
    await serve(
        Service(_behaviour(given)),
        given.port,
        lambda port: print(json.dumps({"port": port}), flush=True),
        stop,
    )


if __name__ == "__main__":
    asyncio.run(_main(_arguments()))
