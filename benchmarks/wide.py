"""Many categories with attributes of their own, beside the same cells on a few attributes.

Each of 200 categories has 10 attributes that no other has: 2,000 in all. Beside it, 10 attributes
that every product has. The commands, the products, the votes and the models are the same; each
command is a process of its own.

    python -m benchmarks.wide [PRODUCTS]
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .memory import measure

PRODUCTS = 20_000
CATEGORIES = 200
ATTRIBUTES = 10
"""Of each category."""
MODELS = ("a", "b", "c", "d", "e")
VALUES = ("red", "green", "blue", "grey")
RIGHT = 0.8
COMMANDS = (
    "import answers.csv",
    "ensemble",
    "ensemble products.csv",
    "status",
    "evaluate --gold gold.csv",
    "report",
    "extract products.csv --dry-run",
    "run products.csv --config mocks.yaml",
    "run products.csv --config mocks.yaml",
)


def main() -> None:
    """Measure and print."""
    n_products = int(sys.argv[1]) if len(sys.argv) > 1 else PRODUCTS
    with tempfile.TemporaryDirectory() as scratch:
        wide, narrow = Path(scratch) / "wide", Path(scratch) / "narrow"
        write_catalog(wide, n_products, is_wide=True)
        write_catalog(narrow, n_products, is_wide=False)
        print(
            f"{n_products:,} products, {n_products * ATTRIBUTES:,} cells, {len(MODELS)} models:"
            f" {CATEGORIES * ATTRIBUTES:,} attributes beside {ATTRIBUTES}"
        )
        print(f"{'':38}{'CPU s':>8}{'':>8}{'ratio':>7}{'MiB':>8}{'':>8}{'ratio':>7}")
        for command in COMMANDS:
            wide_mib, wide_s = measure(command.split(), wide)
            narrow_mib, narrow_s = measure(command.split(), narrow)
            print(
                f"{command:38}{wide_s:8.1f}{narrow_s:8.1f}{wide_s / narrow_s:7.2f}"
                f"{wide_mib:8.0f}{narrow_mib:8.0f}{wide_mib / narrow_mib:7.2f}",
                flush=True,
            )


def write_catalog(folder: Path, n_products: int, *, is_wide: bool) -> None:
    """Write products, answers to them, gold, and two configs: with models to import, and mocks."""
    folder.mkdir()
    attributes = []
    for category in range(CATEGORIES if is_wide else 1):
        for number in range(ATTRIBUTES):
            applies_to = f", applies_to: [c{category}]" if is_wide else ""
            name = _attribute(category, number)
            attributes.append(f"  {name}: {{values: [{', '.join(VALUES)}]{applies_to}}}\n")
    for name, provider in (("attrx.yaml", "replay"), ("mocks.yaml", "mock")):
        text = "version: 1\ninput: {id: sku, text: [title], category: kind}\nattributes:\n"
        text += "".join(attributes) + "models:\n"
        for model in MODELS:
            options = ", options: {file: none.jsonl}" if provider == "replay" else ""
            text += f"  - {{name: {model}, provider: {provider}{options}}}\n"
        if provider == "mock":
            text += "paths: {cache: .mocks, output: out-mocks}\n"
        (folder / name).write_text(text)
    (folder / "none.jsonl").write_text("")
    luck = random.Random(1)
    with (
        (folder / "products.csv").open("w") as products,
        (folder / "answers.csv").open("w") as answers,
        (folder / "gold.csv").open("w") as gold,
    ):
        products.write("sku,title,kind\n")
        answers.write("product_id,attribute,model,value,category\n")
        gold.write("product_id,attribute,value\n")
        for product in range(n_products):
            category = product % CATEGORIES
            products.write(f"P{product},Thing no. {product} of kind {category},c{category}\n")
            own_category = category if is_wide else 0
            for attribute, truth, votes in _cells(own_category, luck):
                if product % 100 == 0:
                    gold.write(f"P{product},{attribute},{truth}\n")
                for model, vote in zip(MODELS, votes, strict=True):
                    answers.write(f"P{product},{attribute},{model},{vote},c{category}\n")


def _cells(category: int, luck: random.Random) -> Iterator[tuple[str, str, list[str]]]:
    """The attributes of a product, each with its value and the models' votes."""
    for number in range(ATTRIBUTES):
        truth = luck.choice(VALUES)
        votes = [truth if luck.random() < RIGHT else luck.choice(VALUES) for _ in MODELS]
        yield _attribute(category, number), truth, votes


def _attribute(category: int, number: int) -> str:
    return f"of{category}no{number}"


if __name__ == "__main__":
    main()
