"""What `attrx --help` costs beside a bare interpreter.

python -m benchmarks.startup [--rounds 10]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time


def seconds(*command: str) -> float:
    """Wall seconds of one process."""
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


def main(rounds: int = 10) -> None:
    """Measure and print."""
    pairs = [
        (seconds(sys.executable, "-m", "attrx", "--help"), seconds(sys.executable, "-c", "pass"))
        for _ in range(rounds)
    ]
    ours, floor = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(
        f"attrx --help: {1000 * ours:.0f} ms; python -c pass: {1000 * floor:.0f} ms: "
        f"{ours / floor:.1f}x"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=10)
    main(parser.parse_args().rounds)
