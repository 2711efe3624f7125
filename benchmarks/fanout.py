"""Client CPU and throughput of `attrx extract` against a bare aiohttp loop on the same server.

The server runs in a process of its own and answers after 50 ms. Both clients have 64 requests in
flight and send 3,000. attrx does all of its work: rendering, the vendor's SDK, reading the answer,
the durable journal, compaction. CPU is the whole process's, from the first product to the last
byte, without the imports.

    python -m benchmarks.fanout [--requests 3000] [--vendor openai] [--rounds 3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from .shop import extract, make_settings, write_products

IN_FLIGHT = 64
LATENCY_S = 0.05
VENDORS = ("openai", "anthropic", "google", "huggingface")
RAW = json.dumps({"gender": "male", "age_group": "adult", "brand": "Nike"})


def bare(url: str, requests: int) -> None:
    """Send the requests with aiohttp alone: the floor."""
    import aiohttp

    body = json.dumps(
        {"model": "m", "messages": [{"role": "user", "content": "x" * 2000}]}
    ).encode()

    async def main() -> None:
        left = iter(range(requests))
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        async with aiohttp.ClientSession(connector=connector) as session:

            async def work() -> None:
                for _ in left:
                    async with session.post(
                        url, data=body, headers={"content-type": "application/json"}
                    ) as response:
                        json.loads(await response.read())

            await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))

    _measured(lambda: asyncio.run(main()), requests)


def client(vendor: str, base_url: str, requests: int) -> None:
    """Send them with attrx."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as first:
        limits = {"concurrency": IN_FLIGHT}
        model = {
            "name": "m",
            "provider": vendor,
            "model": "m",
            "base_url": base_url,
            "limits": limits,
        }
        extract(
            make_settings(Path(first), [model]), write_products(Path(first), 20)
        )  # imports what it needs
        products, settings = (
            write_products(Path(name), requests),
            make_settings(Path(name), [model]),
        )

        def run() -> None:
            result = extract(settings, products)
            assert result.models[0].answers == requests, result

        _measured(run, requests)


def _measured(run: Callable[[], None], requests: int) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(json.dumps({"cpu_ms": 1000 * cpu / requests, "per_s": requests / wall}))


def _in_process(*arguments: str) -> dict[str, float]:
    keys = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "HF_TOKEN")
    env = {**os.environ, **dict.fromkeys(keys, "none")}
    command = [sys.executable, "-m", "benchmarks.fanout", *arguments]
    result = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    measured: dict[str, float] = json.loads(result.stdout.splitlines()[-1])
    return measured


def main(requests: int = 3000, vendors: tuple[str, ...] = VENDORS, rounds: int = 3) -> None:
    """Measure and print a table."""
    from attrx.testing import VendorServerProcess

    with VendorServerProcess("--latency", str(LATENCY_S), "--raw", RAW) as server:
        for vendor in vendors:
            url = server.base_url("openai") + "/chat/completions"
            floors, ours = [], []
            for _ in range(rounds):
                floors.append(_in_process("--bare", url, "--requests", str(requests)))
                ours.append(
                    _in_process(
                        "--client",
                        server.base_url(vendor),
                        "--vendor",
                        vendor,
                        "--requests",
                        str(requests),
                    )
                )
            floor = statistics.median(each["cpu_ms"] for each in floors)
            cpu = statistics.median(each["cpu_ms"] for each in ours)
            ratio = statistics.median(
                a["cpu_ms"] / b["cpu_ms"] for a, b in zip(ours, floors, strict=True)
            )
            per_s = statistics.median(each["per_s"] for each in ours)
            bare_per_s = statistics.median(each["per_s"] for each in floors)
            print(
                f"{vendor}: {cpu:.2f} ms CPU per answer, bare aiohttp {floor:.2f} ms: "
                f"{ratio:.1f}x; "
                f"{per_s:,.0f} answers/s (bare {bare_per_s:,.0f}) of the server's "
                f"{IN_FLIGHT / LATENCY_S:,.0f}"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--vendor", action="append")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bare", metavar="URL")
    parser.add_argument("--client", metavar="URL")
    given = parser.parse_args()
    if given.bare:
        bare(given.bare, given.requests)
    elif given.client:
        client(given.vendor[0], given.client, given.requests)
    else:
        main(given.requests, tuple(given.vendor or VENDORS), given.rounds)
