"""A catalog, a config and a run of `attrx extract` for the benchmarks that need no more."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

SUPPORT = Path(__file__).resolve().parent.parent / "tests" / "support"
if str(SUPPORT) not in sys.path:
    sys.path.insert(0, str(SUPPORT))


def write_products(folder: Path, rows: int) -> Path:
    """Write a catalog of so many products, no two alike."""
    path = folder / "products.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("sku,title,description\n")
        file.writelines(
            f"P{n},Runner {n} shoe for men with a long title,Text no. {n} of it\n"
            for n in range(rows)
        )
    return path


def make_settings(folder: Path, models: list[dict[str, Any]]) -> Any:
    """Settings with three attributes."""
    from attrx.configs.settings import Settings

    return Settings.model_validate(
        {
            "version": 1,
            "input": {"id": "sku", "text": ["title", "description"]},
            "attributes": [
                {"name": "gender", "values": ["male", "female", "unisex"]},
                {"name": "age_group", "values": ["newborn", "infant", "toddler", "kids", "adult"]},
                {"name": "brand", "open": True},
            ],
            "models": models,
            "paths": {"cache": folder / "cache", "output": folder / "out"},
        }
    )


def extract(settings: Any, products: Path, **options: Any) -> Any:
    """Run `attrx extract` in this process, unwatched."""
    from attrx.extraction.asking.observer import Silent
    from attrx.runs.extract import ExtractOptions
    from attrx.runs.extract import extract as run

    return run(settings, ExtractOptions(products, **options), Silent())
