"""Requests that a model is sent which gives no vote, by the server's log, beside the bound on them.

600 products, one request each; `budget.stop_after` is 20. `after` answers are good before the fault
begins. The bound (docs/design.md#failures): so many in a row, and what was under way.

    python -m benchmarks.vain
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attrx.extraction.asking.channels import WORKERS_PER_SLOT
from attrx.providers.calling.retries import MOST_FAILURES
from attrx.providers.calling.vain_requests import DOUBT, FIRST_QUESTIONS
from attrx.testing import Call, VendorServer

PRODUCTS = 600
OUTAGES = ("server_error", "overloaded")
"""A model that answered before is given ten minutes to come back from these, which is left out."""
FAULTS = ("prose", "cut_off", "refused", "empty_body", "bad_request", *OUTAGES)
IN_FLIGHT = (1, 8, 64)
AFTER = (0, 1, 200)
STOP_AFTER = 20


def main() -> None:
    """Measure and print."""
    print(f"{'fault':14} {'in flight':>9} {'after':>5} {'requests':>8} {'bound':>6} {'s':>6}")
    for fault in FAULTS:
        for in_flight in IN_FLIGHT:
            for after in AFTER[:1] if fault in OUTAGES else AFTER:
                began_at = time.perf_counter()
                requests = _requests(fault, in_flight, after)
                seconds = time.perf_counter() - began_at
                print(
                    f"{fault:14} {in_flight:9} {after:5} {requests:8} {_bound(in_flight, after):6}"
                    f" {seconds:6.1f}",
                    flush=True,
                )


def _requests(fault: str, in_flight: int, after: int) -> int:
    """How many requests follow the good ones."""
    from .shop import SUPPORT  # noqa: F401 - it puts the tests' support on the path

    from shop import Shop  # isort: skip

    with (
        tempfile.TemporaryDirectory() as folder,
        VendorServer(faults=_after(fault, after)) as server,
    ):
        model: dict[str, Any] = {
            "name": "bad",
            "model": "bad",
            "provider": "openai",
            "base_url": server.base_url("openai"),
            "max_tokens": 64,
            "limits": {"concurrency": in_flight},
        }
        products = {str(number): f"Shirt number {number}." for number in range(PRODUCTS)}
        Shop(Path(folder), [model], products).extract()
        return len(server.calls) - after


def _after(fault: str, after: int) -> Callable[[Call], str | None]:
    """A fault of all requests but the first ones."""
    return lambda call: fault if call.number >= after else None


def _bound(in_flight: int, after: int) -> int:
    """The longest row, and all attempts of what can be under way at its beginning or its end."""
    row = STOP_AFTER
    if after:
        row = max(row, round(STOP_AFTER * (after + DOUBT) / after / 2))
    questions = min(WORKERS_PER_SLOT * in_flight, FIRST_QUESTIONS + after)
    return row + questions * (MOST_FAILURES if after == 0 else 2)


if __name__ == "__main__":
    main()
