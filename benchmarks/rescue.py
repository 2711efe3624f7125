"""What damage costs a cache, and what knowing of it costs.

Bits are flipped at random places of a file of answers. How many answers does `attrx cache repair`
rescue, beside those that an independent reader can read (pyarrow by itself, by row group and
column)? How long does `attrx cache verify` take, and how much larger and slower do checksums make
a file?

python -m benchmarks.rescue [--places 200] [--products 48000]
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

MODELS = ("a", "b", "c")
ATTRIBUTES = 7
VITAL = (
    *("answered_ns", "product_id", "model", "model_part", "text_digest", "source", "status"),
    "votes",
)


def digest(text: str) -> bytes:
    """16 bytes."""
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def answers(products: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Answers of three models with seven votes each, as varied as those of a shop."""
    draw = random.Random(seed)
    letters = "abcdefghijklmnop"
    words = ["".join(draw.choices(letters, k=draw.randint(3, 9))) for _ in range(20_000)]
    answered_ns = 1_700_000_000_000_000_000
    for number in range(products):
        for model in MODELS:
            answered_ns += draw.randint(1, 10_000_000)
            values = {}
            for place in range(ATTRIBUTES):
                n_values = 20 if place < ATTRIBUTES - 2 else 20_000
                values[f"attribute_{place}"] = draw.choice(words[:n_values])
            yield answer(f"SKU-{number}", model, values, answered_ns)


def answer(product_id: str, model: str, values: dict[str, str], answered_ns: int) -> dict[str, Any]:
    """One row."""
    votes = []
    for name, value in values.items():
        same = {"part": digest(name), "reader": digest(name + "r"), "state": "value"}
        votes.append({"attribute": name, "value": value, "spelling": value.title(), **same})
    return {
        "answered_ns": answered_ns,
        "product_id": product_id,
        "model": model,
        "model_part": digest(model),
        "text_digest": digest(product_id),
        "request_key": digest(product_id + model),
        "source": "asked",
        "status": "answered",
        "finish": "stop",
        "raw": json.dumps(values),
        "model_version": f"{model}-2026",
        "request_id": "chatcmpl-" + digest(f"{answered_ns}").hex(),
        "input_tokens": 300 + answered_ns % 300,
        "output_tokens": 50 + answered_ns % 40,
        "cost_usd": answered_ns % 9973 / 1e6,
        "votes": votes,
    }


def answers_table(products: int) -> pa.Table:
    """The same as a table of the cache, in its order."""
    from attrx.extraction.cache.schema import ANSWERS

    table = pa.Table.from_pylist(list(answers(products)), ANSWERS)
    return table.sort_by([("product_id", "ascending"), ("model", "ascending")])


def best_of(repeats: int, work: Callable[[], object]) -> float:
    """Seconds of the fastest run."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def measure_checksums(table: pa.Table, folder: Path) -> None:
    """How much checksums add to a file, to writing and to reading it."""
    from attrx.extraction.cache import parquet_files

    path = folder / "checked.parquet"
    plain = folder / "plain.parquet"

    def write(target: Path, **changes: Any) -> None:
        leaves = parquet_files._leaf_names(table.schema)
        repeating = [name for name in leaves if name not in parquet_files._WITHOUT_DICTIONARY]
        options = {"compression": "zstd", "compression_level": 3, "use_dictionary": repeating}
        options |= {"row_group_size": parquet_files.ROWS_A_GROUP}
        options |= {"data_page_size": parquet_files.PAGE_BYTES, "write_page_checksum": True}
        pq.write_table(table, target, **options | changes)

    def read(*, is_checked: bool) -> None:
        with pq.ParquetFile(path, page_checksum_verification=is_checked) as file:
            file.read()

    slow_write = best_of(5, lambda: write(path))
    fast_write = best_of(5, lambda: write(plain, write_page_checksum=False))
    slow_read = best_of(5, lambda: read(is_checked=True))
    fast_read = best_of(5, lambda: read(is_checked=False))
    sizes = path.stat().st_size, plain.stat().st_size
    print(
        f"checksums: size {sizes[0] / sizes[1] - 1:+.2%},"
        f" writing {slow_write / fast_write - 1:+.0%} ({slow_write:.2f} s),"
        f" reading {slow_read / fast_read - 1:+.0%} ({slow_read:.2f} s)"
    )
    former = {"data_page_size": None, "write_page_checksum": False, "use_dictionary": True}
    write(plain, row_group_size=table.num_rows, **former)
    more = sizes[0] / plain.stat().st_size - 1
    print(f"all of the layout, beside one row group without checksums: size {more:+.1%}")


def measure_verify(table: pa.Table, folder: Path) -> None:
    """Seconds to verify a cache."""
    from attrx.extraction.cache.verification import verify_folder
    from attrx.extraction.cache.writable_cache import open_for_writing

    with open_for_writing(folder / "cache") as cache:
        cache.take_in("answers", table)
    start = time.perf_counter()
    checks = list(verify_folder(folder / "cache"))
    seconds = time.perf_counter() - start
    assert not any(check.problem for check in checks)
    size_bytes = sum(check.size_bytes for check in checks)
    print(
        f"verify: {table.num_rows:,} answers, {table.num_rows * ATTRIBUTES:,} cells,"
        f" {size_bytes / 2**20:.1f} MiB: {seconds:.2f} s"
    )


def independent_rows(path: Path) -> int:
    """Answers that pyarrow alone can read: those of row groups whose vital columns all can be."""
    rows = 0
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except (OSError, pa.ArrowException):
        return 0
    for number in range(file.metadata.num_row_groups):
        try:
            for column in VITAL:
                file.read_row_group(number, columns=[column])
        except (OSError, pa.ArrowException):
            continue
        rows += file.metadata.row_group(number).num_rows
    return rows


def measure_rescue(table: pa.Table, folder: Path, places: int) -> None:
    """Flip a bit at each of some places, and rescue."""
    from attrx.extraction.cache.parquet_files import write_pages
    from attrx.extraction.cache.rescue import rescue_rows

    path = folder / "damaged.parquet"
    write_pages(path, table, {})
    content = bytearray(path.read_bytes())
    draw = random.Random(2)
    rescued = readable = seen = blanked = 0
    worst = table.num_rows
    for _ in range(places):
        place = draw.randrange(len(content))
        bit = 1 << draw.randrange(8)
        content[place] ^= bit
        path.write_bytes(content)
        content[place] ^= bit
        rescue = rescue_rows(path, "answers")
        check(rescue.table, table)
        rescued += rescue.table.num_rows
        readable += independent_rows(path)
        seen += rescue.table.num_rows < table.num_rows or rescue.blanked_rows > 0
        blanked += rescue.blanked_rows
        worst = min(worst, rescue.table.num_rows)
    total = places * table.num_rows
    print(
        f"one bit at each of {places} places of {table.num_rows:,} answers: {seen} noticed in rows;"
        f" rescued {rescued:,} of {total:,} answers ({rescued / total:.3%}), the independent reader"
        f" {readable:,} ({readable / total:.3%}): {rescued / readable:.2%} of what it reads;"
        f" at the worst place {worst:,}; without a raw text or the like {blanked / total:.3%};"
        " none changed"
    )


def check(rows: pa.Table, original: pa.Table) -> None:
    """See that rescued rows are as they were, but for what is null."""
    places = pc.index_in(rows.column("answered_ns"), value_set=original.column("answered_ns"))
    rows_before = original.take(places)
    for name in rows.column_names:
        is_there = rows.column(name).is_valid()
        if not rows.column(name).filter(is_there).equals(rows_before.column(name).filter(is_there)):
            raise AssertionError(name)


def main(places: int = 200, products: int = 48_000) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = answers_table(products)
        measure_checksums(table, folder)
        measure_verify(table, folder)
        measure_rescue(table.slice(0, 40_000), folder, places)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--places", type=int, default=200)
    parser.add_argument("--products", type=int, default=48_000)
    given = parser.parse_args()
    main(given.places, given.products)
