"""A catalog of which everything is cached.

Seconds to "0 requests", and peak memory, at 100,000 and 1,000,000 rows.

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
from typing import Any

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


SAID = (("gender", "male"), ("age_group", "adult"), ("brand", "runner"))


def write_catalog(path: Path, rows: int) -> None:
    """Write a catalog of so many products."""
    with path.open("w", encoding="utf-8") as file:
        file.write("sku,title,description,kind\n")
        file.writelines(
            f"SKU-{n},Runner {n} shoe for men with a long title,Text {n} of a hundred letters "
            f"or so,Shoes\n"
            for n in range(rows)
        )


def prepare(folder: Path, rows: int) -> None:
    """Write a catalog and a cache that holds every answer to it."""
    import pyarrow as pa

    from attrx.extraction.cache.writable_cache import open_for_writing
    from attrx.extraction.inputs.spool_writer import spool_products
    from attrx.extraction.planning.questionnaire import Questionnaire
    from attrx.runs.configuration import load_config

    (folder / "attrx.yaml").write_text(CONFIG, encoding="utf-8")
    products = folder / "products.csv"
    write_catalog(products, rows)
    settings = load_config(folder / "attrx.yaml")
    questionnaire = Questionnaire.from_settings(settings)
    with (
        open_for_writing(settings.paths.cache) as cache,
        spool_products(products, settings, cache.folder, limit=None, extra=()) as spool,
    ):
        cache.grow(spool.size)
        for bucket, table in spool.buckets(cache.buckets):
            cache.put_products(bucket, table)
            number = bucket * len(questionnaire.models) * 10_000_000
            answers = [
                answers_of(table, questionnaire, m, number + m * 10_000_000)
                for m in range(len(questionnaire.models))
            ]
            cache.put_answers(bucket, pa.concat_tables(answers))


def answers_of(products: Any, questionnaire: Any, model: int, first: int) -> Any:
    """One model's answers to all products, numbered from `first`, as a table of the cache."""
    import numpy as np
    import pyarrow as pa

    from attrx.extraction.cache.schema import ANSWERS
    from attrx.extraction.votes.reading import as_entry
    from attrx.prompts.reading.vote import Vote

    said = [Vote(name, "value", value, value) for name, value in SAID]
    same = {
        "model": questionnaire.models[model].name,
        "model_part": questionnaire.model_parts[model],
        "source": "asked",
        "status": "answered",
        "finish": "stop",
        "raw": json.dumps(dict(SAID)),
        "input_tokens": 500,
        "output_tokens": 20,
        "votes": [
            as_entry(vote, questionnaire, index, fingerprint=None)
            for index, vote in enumerate(said)
        ],
    }
    n = products.num_rows
    own = {"answered_ns": np.arange(n) + first} | {
        name: products.column(name) for name in ("product_id", "text_digest")
    }
    arrays = [
        own[field.name]
        if field.name in own
        else pa.array([same.get(field.name)], field.type).take(np.zeros(n, int))
        for field in ANSWERS
    ]
    return pa.Table.from_arrays(arrays, names=ANSWERS.names).cast(ANSWERS)


def run(products: Path) -> None:
    """Run `attrx extract` in a process of its own and print what it took."""
    command = [
        sys.executable,
        "-m",
        "attrx",
        "extract",
        str(products),
        "-c",
        str(products.parent / "attrx.yaml"),
        "-q",
    ]
    start = time.perf_counter()
    subprocess.run(command, check=True)
    seconds = time.perf_counter() - start
    import resource

    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        json.dumps(
            {"s": seconds, "cpu_s": usage.ru_utime + usage.ru_stime, "mib": usage.ru_maxrss / 1024}
        )
    )


def main(sizes: tuple[int, ...] = (100_000, 1_000_000)) -> None:
    """Measure and print."""
    peaks = []
    for rows in sizes:
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, "-m", "benchmarks.cached"]
            subprocess.run([*command, "--prepare", name, "--rows", str(rows)], check=True)
            done = subprocess.run(
                [*command, "--run", name], check=True, capture_output=True, text=True
            )
        took = json.loads(done.stdout.splitlines()[-1])
        peaks.append(took["mib"])
        print(
            f"{rows:,} rows, all cached: {took['s']:.1f} s ({took['cpu_s']:.1f} CPU s), peak "
            f"{took['mib']:.0f} MiB"
        )
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
