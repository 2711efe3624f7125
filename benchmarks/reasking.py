"""What a change costs after a full run.

Requests that a server on this machine receives. OA-Mine, five models, HTTP.

python -m benchmarks.reasking DATA [--vendor openai]
"""

from __future__ import annotations

import argparse
import csv
import random
import tempfile
from pathlib import Path
from typing import Any

import yaml

from .shop import SUPPORT, extract


def main(data: Path, vendor: str = "openai") -> None:
    """Run, change one thing after the other, and print the requests of each step."""
    assert SUPPORT.is_dir()
    from oa_mine import recorded_models, write_config

    from attrx.runs.configuration import load_config
    from attrx.testing import VendorServer, answer_by_schema

    with tempfile.TemporaryDirectory() as name, VendorServer(answer_by_schema) as server:
        folder = Path(name)
        base = {"provider": vendor, "base_url": server.base_url(vendor)}
        config = write_config(
            folder, data, [{**base, "name": m, "model": m} for m in recorded_models(data)]
        )
        products = folder / "products.csv"
        rows = list(
            csv.reader((data / "oa-mine" / "products.csv").open(encoding="utf-8", newline=""))
        )
        settings = yaml.safe_load(config.read_text(encoding="utf-8"))

        def step(what: str) -> None:
            with products.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows(rows)
            config.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
            before = len(server.calls)
            extract(load_config(config), products)
            print(f"{what}: {len(server.calls) - before} requests")

        step(f"the first run of {len(rows) - 1} products and {len(settings['models'])} models")
        step("the same again")
        season: dict[str, Any] = {"values": {"summer": [], "winter": []}, "applies_to": ["Shoes"]}
        settings["attributes"]["season"] = season
        shoes = sum(row[1] == "Shoes" for row in rows)
        step(f"an attribute added that applies to {shoes} products")
        season["values"]["winter"] = ["cold season"]
        step("a synonym added")
        rows[5][2] += " (new)"
        step("one title changed")
        rows[1:] = random.Random(1).sample(rows[1:], len(rows) - 1)
        step("the input shuffled")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--vendor", default="openai")
    given = parser.parse_args()
    main(given.data, given.vendor)
