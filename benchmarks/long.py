"""`attrx ensemble` on a long catalog, beside the least that any program would have to do.

One attribute and five models: closed with 4 values, and open with 100,000 whose frequencies are
Zipf's. Each command is a process of its own. The floor, in the same run: a process that reads the
votes of all models twice and the ids once from the cache's own files, and writes `values.parquet`.
Where DuckDB or Polars is installed, the same vote by majority over a long table of the answers.

    python -m benchmarks.long [PRODUCTS]
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .memory import measure

PRODUCTS = 1_000_000
MODELS = ("a", "b", "c", "d", "e")
CLOSED = ("red", "green", "blue", "grey")
OPEN = 100_000
RIGHT = 0.8
PRODUCTS_A_PART = 100_000
CONFIG = """
version: 1
input: {id: sku, text: [title]}
attributes:
  ATTRIBUTE
models:
"""
FLOOR = """
import sys
from pathlib import Path
import pyarrow as pa
import pyarrow.parquet as pq
cache = Path(".attrx")
files = sorted((cache / "votes").glob("*.parquet"))
names = [name for name in pq.read_schema(files[0]).names if name.startswith("value")]
for path in files:
    pq.read_table(path, columns=names)
schema = pa.schema([("product_id", pa.string()), ("value", pa.string())])
with pq.ParquetWriter("floor.parquet", schema, compression="zstd") as writer:
    for path in files:
        value = pq.read_table(path, columns=names).column(0).cast(pa.string())
        ids = pq.read_table(cache / "products" / path.name, columns=["product_id"]).column(0)
        writer.write_table(pa.table([ids, value], schema=schema))
"""
DUCKDB = """
import duckdb
duckdb.sql("SET threads TO 1")
duckdb.sql('''
COPY (SELECT product_id, attribute, arg_max(value, n) AS value FROM (
    SELECT product_id, attribute, value, count(*) AS n FROM 'answers.parquet' GROUP BY ALL
) GROUP BY ALL) TO 'peer.parquet'
''')
"""
POLARS = """
import polars as pl
votes = pl.scan_parquet("answers.parquet").group_by("product_id", "attribute", "value").len()
winners = votes.sort("len", descending=True).group_by("product_id", "attribute").first()
winners.sink_parquet("peer.parquet")
"""


def main() -> None:
    """Measure and print."""
    n_products = int(sys.argv[1]) if len(sys.argv) > 1 else PRODUCTS
    for kind, values in (("closed, 4 values", CLOSED), (f"open, {OPEN:,} values", None)):
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            writer = get_context("spawn").Process(
                target=write_catalog, args=(folder, n_products, values)
            )
            writer.start()  # by itself, since a child's peak memory begins with its parent's
            writer.join()
            print(f"{n_products:,} products x {len(MODELS)} models, {kind}")
            peak_mib, cpu_s = measure(["import", "answers.parquet"], folder)
            n_rows = n_products * len(MODELS)
            _print("import", cpu_s, peak_mib, f"{cpu_s / n_rows * 1e6:.1f} us a row")
            first_mib, first_s = measure(["ensemble"], folder)
            floor_mib, floor_s = run_script(FLOOR, folder)
            _print("the floor", floor_s, floor_mib, "")
            _print("ensemble, the first time", first_s, first_mib, _ratio(first_s, floor_s))
            for command in ("ensemble", "ensemble products.csv", "status"):
                peak_mib, cpu_s = measure(command.split(), folder)
                _print(command, cpu_s, peak_mib, _ratio(cpu_s, floor_s))
            for name, script in (("duckdb", DUCKDB), ("polars", POLARS)):
                if find_spec(name):
                    peak_mib, cpu_s = run_script(script, folder)
                    _print(f"{name}, by majority", cpu_s, peak_mib, _ratio(cpu_s, floor_s))


def _ratio(cpu_s: float, floor_s: float) -> str:
    return f"{cpu_s / floor_s:.1f} x the floor"


def _print(name: str, cpu_s: float, peak_mib: float, note: str) -> None:
    print(f"  {name:26}{cpu_s:8.1f} CPU s{peak_mib:7.0f} MiB  {note}", flush=True)


def run_script(script: str, folder: Path) -> tuple[float, float]:
    """Run a script; its peak memory in MiB and its CPU time in seconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", script], cwd=folder, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"a script ended with {process.returncode}")
    return usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime


def write_catalog(folder: Path, n_products: int, values: tuple[str, ...] | None) -> None:
    """Write products, answers to all of them, and a config.

    Args:
        folder: Where to.
        n_products: How many.
        values: The allowed values; None for an open attribute.
    """
    attribute = "brand: {open: true}" if values is None else f"color: {{values: {list(values)}}}"
    models = "".join(
        f"  - {{name: {model}, provider: replay, options: {{file: none.jsonl}}}}\n"
        for model in MODELS
    )
    (folder / "attrx.yaml").write_text(CONFIG.replace("ATTRIBUTE", attribute) + models)
    (folder / "none.jsonl").write_text("")
    vocabulary = np.array(values or [f"Maker {number}" for number in range(OPEN)], object)
    luck = np.random.default_rng(1)
    schema = pa.schema(
        [(name, pa.string()) for name in ("product_id", "attribute", "model", "value")]
    )
    with (
        (folder / "products.csv").open("w") as products,
        pq.ParquetWriter(folder / "answers.parquet", schema) as answers,
    ):
        products.write("sku,title\n")
        for first in range(0, n_products, PRODUCTS_A_PART):
            n = min(PRODUCTS_A_PART, n_products - first)
            numbers = range(first, first + n)
            products.writelines(f"P{number},Thing no. {number}\n" for number in numbers)
            said = _codes(luck, len(vocabulary), n)
            columns = [
                np.repeat(np.array([f"P{number}" for number in numbers], object), len(MODELS)),
                np.full(n * len(MODELS), attribute.partition(":")[0], object),
                np.tile(np.array(MODELS, object), n),
                vocabulary[said.ravel()],
            ]
            arrays = [pa.array(column, pa.string()) for column in columns]
            answers.write_table(pa.table(arrays, schema=schema))


def _codes(luck: np.random.Generator, n_values: int, n_products: int) -> np.ndarray:
    """[n_products, n_models] places of values: the true one, or another."""

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        if n_values == len(CLOSED):
            return luck.integers(0, n_values, shape)
        return luck.zipf(1.3, shape) % n_values

    said = draw((n_products, len(MODELS)))
    is_right = luck.random(said.shape) < RIGHT
    return np.where(is_right, draw((n_products, 1)), said)


if __name__ == "__main__":
    main()
