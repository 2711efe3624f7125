"""Peak memory and time of each command on a catalog of 100,000 products, beside 512 MiB.

Four attributes, two of them open, and three mock models; each command in a process of its own. The
first `run` asks everything, the second finds all of it cached.

    python -m benchmarks.memory [PRODUCTS]
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

PRODUCTS = 100_000
LIMIT_MIB = 512
BRANDS = 3_000
MATERIALS = ("cotton", "linen", "wool", "polyester", "leather", "silk", "viscose", "nylon")
CONFIG = """
version: 1
input: {id: sku, text: [title, description]}
attributes:
  gender: {values: {male: [men], female: [women], unisex: []}}
  age_group: {values: {adult: [], kids: [], infant: []}}
  brand: {open: true}
  material: {open: true}
models:
  - {name: a, provider: mock}
  - {name: b, provider: mock}
  - {name: c, provider: mock}
"""
COMMANDS = (
    "run products.csv",
    "run products.csv",
    "run products.csv --compare out",
    "extract products.csv",
    "ensemble",
    "ensemble products.csv",
    "gold sample products.csv --n 200",
    "status",
    "report",
    "cache verify",
    "cache export plain",
)


def main() -> None:
    """Measure and print."""
    n_products = int(sys.argv[1]) if len(sys.argv) > 1 else PRODUCTS
    with tempfile.TemporaryDirectory() as folder:
        write_shop(Path(folder), n_products)
        print(f"{n_products:,} products{'':14} {'MiB':>5} {f'of {LIMIT_MIB}':>7} {'CPU s':>7}")
        for command in COMMANDS:
            peak_mib, cpu_s = measure(command.split(), Path(folder))
            share = peak_mib / LIMIT_MIB
            print(f"{command:32} {peak_mib:5.0f} {share:7.2f} {cpu_s:7.1f}", flush=True)


def write_shop(folder: Path, n_products: int) -> None:
    """Write a catalog and its config."""
    (folder / "attrx.yaml").write_text(CONFIG)
    rng = random.Random(1)
    with (folder / "products.csv").open("w") as file:
        file.write("sku,title,description\n")
        for number in range(n_products):
            brand = f"Brand{rng.randrange(BRANDS)}"
            wearer = rng.choice(("men", "women", "all"))
            material = rng.choice(MATERIALS)
            file.write(f"P{number},{brand} shirt {number} for {wearer},Made of {material}.\n")


def measure(arguments: list[str], folder: Path) -> tuple[float, float]:
    """Run a command; its peak memory in MiB and its CPU time in seconds."""
    command = [sys.executable, "-m", "attrx", *arguments, "--quiet"]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=sys.stderr)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
