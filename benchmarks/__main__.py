"""`python -m benchmarks [NAME ...]`: run the benchmarks, all of them or those that are named."""

from __future__ import annotations

import sys
from importlib import import_module

NAMES = (
    "startup",
    "smoke",
    "fanout",
    "limits",
    "budgets",
    "faults",
    "cached",
    "catalog",
    "many_models",
    "soak",
    "vain",
    "memory",
)


def main() -> None:
    """Run and print."""
    unknown = set(sys.argv[1:]) - set(NAMES)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are: {', '.join(NAMES)}")
    for name in sys.argv[1:] or NAMES:
        print(f"--- {name}", flush=True)
        import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
