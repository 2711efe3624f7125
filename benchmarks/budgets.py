"""What a server bills against the cap of the call, where it lies about the tokens that it counts.

64 requests in flight, prices, `--max-cost 0.5`. What is billed is what the server's log holds, or
what the server said, where that is more.

    python -m benchmarks.budgets
"""

from __future__ import annotations

import tempfile
from pathlib import Path

CAP_USD = 0.5


def main() -> None:
    """Measure and print."""
    from .shop import SUPPORT  # noqa: F401 - it puts the tests' support on the path

    from lying_usage import USAGES, extract_capped  # isort: skip

    print(f"{'usage':30} {'requests':>8} {'billed':>9} {'of the cap':>10}")
    for name, usage in USAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            billed_usd, result = extract_capped(Path(folder), usage, CAP_USD)
        [tally] = result.models
        share = billed_usd / CAP_USD
        print(f"{name:30} {tally.attempts:8} {billed_usd:9.4f} {share:10.3f}", flush=True)


if __name__ == "__main__":
    main()
