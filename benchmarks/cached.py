"""A catalog of which everything is cached: seconds to "0 requests", and peak memory, at 100,000 and 1,000,000 rows.

python -m benchmarks.cached [--rows 100000 1000000]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIG = """
version: 1
input: {id: sku, text: [title, description], category: kind}
attributes:
  gender: {values: [male, female, unisex]}
  age_group: {values: [newborn, infant, toddler, kids, adult]}
  brand: {open: true}
models:
  - {name: a, provider: openai, model: a, base_url: "http://127.0.0.1:9/v1"}
  - {name: b, provider: openai, model: b, base_url: "http://127.0.0.1:9/v1"}
  - {name: c, provider: openai, model: c, base_url: "http://127.0.0.1:9/v1"}
"""


def prepare(folder: Path, rows: int) -> Path:
    """Write a catalog and a cache that holds every answer to it."""
    import numpy as np
    import pyarrow as pa

    from attrx.configs.loading import load_settings
    from attrx.extraction.cache import open_for_writing
    from attrx.extraction.coverage import Asked
    from attrx.extraction.schema import ANSWERS
    from attrx.extraction.spool import spool_products

    (folder / "attrx.yaml").write_text(CONFIG, encoding="utf-8")
    products = folder / "products.csv"
    with products.open("w", encoding="utf-8") as file:
        file.write("sku,title,description,kind\n")
        file.writelines(
            f"SKU-{n},Runner {n} shoe for men with a long title,Text {n} of a hundred letters or so,Shoes\n"
            for n in range(rows)
        )
    settings = load_settings(folder / "attrx.yaml")
    asked = Asked.from_settings(settings)
    said = (("gender", "male"), ("age_group", "adult"), ("brand", "runner"))
    votes = [
        {
            "attribute": name,
            "part": asked.parts[index],
            "fingerprint": None,
            "reader": asked.readers[index],
            "state": "value",
            "value": value,
            "spelling": value,
        }
        for index, (name, value) in enumerate(said)
    ]
    with (
        open_for_writing(settings.paths.cache) as cache,
        spool_products(products, settings, cache.folder, limit=None, extra=()) as spool,
    ):
        cache.make_room(spool.size)
        for bucket, table in spool.buckets(cache.buckets):
            cache.put_products(bucket, table)
            n = table.num_rows
            same = {
                "source": "asked",
                "status": "answered",
                "finish": "stop",
                "raw": json.dumps(dict(said)),
                "input_tokens": 500,
                "output_tokens": 20,
            }
            parts = []
            for index, model in enumerate(asked.models):
                columns = {name: pa.array([value]).take(np.zeros(n, int)) for name, value in same.items()}
                columns |= {
                    "answered_ns": np.arange(n) + (bucket * 10 + index) * 10_000_000,
                    "product_id": table.column("product_id"),
                    "model": pa.array([model.name]).take(np.zeros(n, int)),
                    "model_part": pa.array([asked.model_parts[index]], pa.binary(16)).take(np.zeros(n, int)),
                    "text_digest": table.column("text_digest"),
                    "votes": pa.array([votes], ANSWERS.field("votes").type).take(np.zeros(n, int)),
                }
                arrays = [columns.get(field.name, pa.nulls(n, field.type)) for field in ANSWERS]
                parts.append(pa.Table.from_arrays(arrays, names=ANSWERS.names).cast(ANSWERS))
            cache.put_answers(bucket, pa.concat_tables(parts))
    return products


def run(products: Path) -> None:
    """Run `attrx extract` in a process of its own and print what it took."""
    command = [sys.executable, "-m", "attrx", "extract", str(products), "-c", str(products.parent / "attrx.yaml"), "-q"]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - start
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps({"s": seconds, "cpu_s": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024}))


def main(sizes: tuple[int, ...] = (100_000, 1_000_000)) -> None:
    """Measure and print."""
    peaks = []
    for rows in sizes:
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, "-m", "benchmarks.cached"]
            subprocess.run([*command, "--prepare", name, "--rows", str(rows)], check=True)
            done = subprocess.run([*command, "--run", name], check=True, capture_output=True, text=True)
        took = json.loads(done.stdout.splitlines()[-1])
        peaks.append(took["mib"])
        print(f"{rows:,} rows, all cached: {took['s']:.1f} s ({took['cpu_s']:.1f} CPU s), peak {took['mib']:.0f} MiB")
    print(f"memory, largest to smallest catalog: {peaks[-1] / peaks[0]:.2f}x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--prepare", type=Path)
    parser.add_argument("--run", type=Path)
    given = parser.parse_args()
    if given.prepare:
        prepare(given.prepare, given.rows[0])
    elif given.run:
        run(given.run / "products.csv")
    else:
        main(tuple(given.rows))
