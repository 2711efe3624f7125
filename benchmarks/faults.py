"""A server on a bad night: 10 % faults of all kinds, five models; the server's log is the judge.

Every cell must end with a usable answer or a final one of its kind, and no (model, product) may be
asked again after a usable answer has arrived. A second run shows what is left to ask.

    python -m benchmarks.faults [--products 2000] [--share 0.1]
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

from .shop import extract, make_settings, write_products

KINDS = (
    "rate_limited",
    "rate_limited retry-after=1",
    "server_error",
    "unavailable",
    "overloaded",
    "hang",
    "disconnect",
    "broken_body",
    "half_body",
    "prose",
    "refused",
    "cut_off",
)
NO_USABLE_ANSWER = {"prose", "refused", "cut_off"}
RAW = json.dumps({"gender": "male", "age_group": "adult", "brand": "Nike"})
MODELS = 5


def main(products: int = 2000, share: float = 0.1) -> None:
    """Run, and judge."""
    from attrx.runs.status import status
    from attrx.testing import VendorServerProcess, read_calls

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log, pattern = folder / "log.jsonl", r"Runner (\d+) shoe"
        options = [
            "--log",
            str(log),
            "--raw",
            RAW,
            "--latency",
            "0.01",
            "--product-pattern",
            pattern,
        ]
        options += ["--fault-share", str(share), "--fault-kinds", *KINDS]
        with VendorServerProcess(*options) as server:
            model = {"provider": "openai", "base_url": server.base_url("openai"), "timeout_s": 2}
            models = [
                {**model, "name": f"m{i}", "model": f"m{i}", "account": f"a{i}"}
                for i in range(MODELS)
            ]
            settings, catalog = make_settings(folder, models), write_products(folder, products)
            start = time.perf_counter()
            first = extract(settings, catalog)
            took = time.perf_counter() - start
            stands = status(settings)
            second = extract(settings, catalog)
        calls = list(read_calls(log))
    report(calls, first, second, took)
    for each in stands.models:
        print(
            f"{each.model}: {each.cached_cells} cells usable,"
            f" {each.unusable_cells} final without a vote, {each.failed_cells} failed"
        )


def report(calls: list[dict[str, object]], first: object, second: object, took: float) -> None:
    """Print what the log says."""
    faults = Counter(str(call["fault"]) for call in calls if call["fault"])
    print(f"{len(calls)} requests in {took:.1f} s; faults: {dict(sorted(faults.items()))}")
    answered: dict[tuple[object, object], bool] = defaultdict(bool)
    again = 0
    for call in calls:
        key = (call["model"], call["product"])
        again += answered[key]
        fault = str(call["fault"]).split()[0] if call["fault"] else ""
        answered[key] |= call["status"] == 200 and not fault
    without = sum(not usable for usable in answered.values())
    print(
        f"asked again after a usable answer: {again}; (model, product) pairs: {len(answered)}, "
        f"without one: {without}"
    )
    for label, result in (("first", first), ("second", second)):
        tallies = result.models  # type: ignore[attr-defined]
        answers, unusable, failed, attempts = (
            sum(getattr(tally, name) for tally in tallies)
            for name in ("answered", "unusable", "failed", "attempts")
        )
        print(
            f"{label} run: {attempts} attempts, {answers} answers, {unusable} without a usable "
            f"vote, {failed} failed"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--products", type=int, default=2000)
    parser.add_argument("--share", type=float, default=0.1)
    given = parser.parse_args()
    main(given.products, given.share)
