"""Time at a server's limit against the ideal, and how many requests met a 429.

The server lets 100 requests a second through (or as many tokens as that makes) and answers after 50
ms. The limit is known to nobody; then the server's headers tell it; then the config does. Ideal:
all requests at exactly that rate.

    python -m benchmarks.limits [--requests 1000]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from .shop import extract, make_settings, write_products

PER_S = 100
RAW = json.dumps({"gender": "male", "age_group": "adult", "brand": "Nike"})


def one(name: str, requests: int, limits: dict[str, Any], server_options: list[str]) -> None:
    """One run: print its time against the ideal and its share of 429s."""
    from attrx.testing import VendorServerProcess, read_calls

    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        log = folder / "log.jsonl"
        options = ["--latency", "0.05", "--raw", RAW, "--log", str(log), *server_options]
        with VendorServerProcess(*options) as server:
            model = {
                "name": "m",
                "provider": "openai",
                "model": "m",
                "base_url": server.base_url("openai"),
            }
            settings = make_settings(folder, [{**model, "limits": {"concurrency": 64, **limits}}])
            products = write_products(folder, requests)
            start = time.perf_counter()
            result = extract(settings, products)
            took = time.perf_counter() - start
        calls = list(read_calls(log))
    statuses = Counter(call["status"] for call in calls)
    first, last = calls[0]["time_s"], max(call["time_s"] for call in calls if call["status"] == 200)
    ideal = (requests - 1) / PER_S
    [tally] = result.models
    print(
        f"{name}: {last - first:.2f} s from the first request to the last, ideal {ideal:.2f} s: "
        f"{(last - first) / ideal:.3f}x; {requests - tally.answers} lost; "
        f"{statuses[429]} of {len(calls)} got a 429 ({statuses[429] / len(calls):.1%}); "
        f"{took:.2f} s in all"
    )


def tokens_per_request() -> float:
    """What the server counts for one request of this catalog."""
    from attrx.testing import VendorServerProcess

    with tempfile.TemporaryDirectory() as name, VendorServerProcess("--raw", RAW) as server:
        model = {
            "name": "m",
            "provider": "openai",
            "model": "m",
            "base_url": server.base_url("openai"),
        }
        [tally] = extract(make_settings(Path(name), [model]), write_products(Path(name), 20)).models
    return float((tally.input_tokens + tally.output_tokens) / tally.answers)


def main(requests: int = 1000) -> None:
    """Measure and print."""
    per_minute = PER_S * 60
    silent = ["--silent-limits", "--silent-wait"]
    rate = ["--limit-per-s", str(PER_S)]
    one("limit unknown", requests, {}, [*rate, *silent])
    one("limit in the headers", requests, {}, rate)
    one("limit in the config", requests, {"requests_per_minute": per_minute}, [*rate, *silent])
    tokens = per_minute * tokens_per_request()
    rate = ["--tokens-per-minute", str(tokens)]
    one("token limit unknown", requests, {}, [*rate, *silent])
    one("token limit in the headers", requests, {}, rate)
    one("token limit in the config", requests, {"tokens_per_minute": tokens}, [*rate, *silent])


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=1000)
    main(parser.parse_args().requests)
