"""A shop of 12,000 products in five languages, three vendors with their habits, two nights.

    python -m benchmarks.nights [PRODUCTS]

Descriptions are HTML, 46 products have no text, and the second night brings 1 % of new texts in a
file of another format. Printed are exit codes, requests by the server's count, tokens with and
without the HTML, what a budget buys, and who is in the review queue.
"""

from __future__ import annotations

import csv
import json
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from attrx.testing import Call, VendorServer

PRODUCTS = 12_000
WITHOUT_TEXT = 46
CHANGED = 0.01
SAMPLE = 300
LANGUAGES = {
    "en": ("Men's shirt", "Women's shirt", "Unisex shirt", "n/a", "{:.2f} kg"),
    "de": ("Herrenhemd", "Damenhemd", "Hemd für alle", "keine Angabe", "{:.2f} kg"),
    "fr": ("Chemise homme", "Chemise femme", "Chemise mixte", "non spécifié", "{:.2f} kg"),
    "es": ("Camisa de hombre", "Camisa de mujer", "Camisa unisex", "no especificado", "{:.2f} kg"),
    "pl": ("Koszula męska", "Koszula damska", "Koszula unisex", "brak danych", "{:.2f} kg"),
}
GENDERS = ("male", "female", "unisex")
BRANDS = ("Northwold", "Maro & Finch", "Talpa", "Levi's", "Kinderlark")
MATERIALS = ("cotton", "linen", "wool", "polyester")
PAGE = (
    '<div class="rte" data-mce-fragment="1"><style>.x{{color:#222;font-weight:400}}</style>'
    '<p><span style="font-weight: 400;">{title} &mdash; {brand}&reg;</span></p>'
    "<ul><li>{material}</li><li>{weight}</li></ul>"
    '<script>window.dataLayer.push({{"event": "view"}})</script></div>'
)


@dataclass
class Product:
    """One product of the catalog, and what is true of it."""

    number: int
    language: str
    gender: str
    brand: str
    material: str
    weight_kg: float
    edition: int = 0
    has_text: bool = True

    @property
    def row(self) -> dict[str, str]:
        """As the catalog has it."""
        if not self.has_text:
            return {
                "sku": f"S{self.number}",
                "title": "",
                "body": "<p>&nbsp;</p>",
                "kind": "Shirts",
            }
        words = LANGUAGES[self.language]
        name = f"{words[GENDERS.index(self.gender)]} no. {self.number}-{self.edition}."
        weight = words[4].format(self.weight_kg)
        if self.language != "en":
            weight = weight.replace(".", ",")
        body = PAGE.format(
            title=name,
            brand=self.brand.replace("&", "&amp;"),
            material=self.material,
            weight=weight,
        )
        kind = f"Apparel > Clothing > Shirts > {self.language}"
        return {"sku": f"S{self.number}", "title": name, "body": body, "kind": kind}


def make_catalog(size: int) -> list[Product]:
    """Products of all languages; some have no text."""
    luck = random.Random(11)
    products = []
    for number in range(size):
        product = Product(
            number,
            luck.choice(tuple(LANGUAGES)),
            luck.choice(GENDERS),
            luck.choice(BRANDS),
            luck.choice(MATERIALS),
            luck.randrange(11, 99) / 100,
        )
        products.append(product)
    for product in luck.sample(products, min(WITHOUT_TEXT, size)):
        product.has_text = False
    return products


class Vendors:
    """What three vendors answer: each errs in its own way, and writes in its own way."""

    ERRORS = {"gpt": 0.05, "claude": 0.08, "gemini": 0.12}  # noqa: RUF012

    def __init__(self, products: list[Product]) -> None:
        self._products = products

    def __call__(self, call: Call) -> str:
        """The answer to a call."""
        number = int(call.prompt.rsplit(" no. ", 1)[1].split("-")[0])
        product = self._products[number]
        luck = random.Random(f"{call.model} {number} {product.edition}")
        model = str(call.model)
        gender, brand = product.gender, product.brand
        if luck.random() < self.ERRORS[model]:
            gender = luck.choice(GENDERS)
        if luck.random() < self.ERRORS[model]:
            brand = luck.choice(BRANDS)
        absent = LANGUAGES[product.language][3]
        answers: dict[str, Any] = {"gender": gender, "brand": brand, "material": product.material}
        answers["weight"] = self._weight(model, product)
        if luck.random() < self.ERRORS[model]:
            answers["material"] = absent
        text = json.dumps(answers, ensure_ascii=False)
        if model == "claude":
            return f"Here is what I found:\n```json\n{text}\n```\nLet me know if you need more."
        if model == "gemini":
            return text.replace("Levi's", "Levi’s®")
        return text

    @staticmethod
    def _weight(model: str, product: Product) -> Any:
        if model == "gpt":
            return {"value": product.weight_kg, "unit": "kg"}
        if model == "claude":
            return f"{round(product.weight_kg * 1000)} g"
        return f"{product.weight_kg:.2f} kg".replace(".", ",")


def write_csv(path: Path, products: list[Product]) -> None:
    """As a German spreadsheet saves it: semicolons, quotes, a byte order mark."""
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.DictWriter(file, ["sku", "title", "body", "kind"], delimiter=";", quoting=1)
        writer.writeheader()
        writer.writerows(product.row for product in products)


def write_json(path: Path, products: list[Product]) -> None:
    """As one array of objects."""
    path.write_text(json.dumps([product.row for product in products], ensure_ascii=False))


def write_config(folder: Path, server: VendorServer, **input_section: Any) -> None:
    """Three vendors with prices, and four attributes."""
    models = []
    for name, provider in (("gpt", "openai"), ("claude", "anthropic"), ("gemini", "google")):
        model = {
            "name": name,
            "provider": provider,
            "model": name,
            "base_url": server.base_url(provider),
            "prices": {"input": 1.0, "output": 4.0},
            "limits": {"concurrency": 32},
        }
        models.append(model)
    config = {
        "version": 1,
        "input": {"id": "sku", "text": ["title", "body"], "category": "kind", **input_section},
        "attributes": {
            "gender": {"values": list(GENDERS), "applies_to": ["Shirts"]},
            "brand": {"open": True},
            "material": {"values": list(MATERIALS)},
            "weight": {"open": True, "type": "number", "unit": "g", "accept_units": ["kg"]},
        },
        "models": models,
    }
    (folder / "attrx.yaml").write_text(yaml.safe_dump(config, sort_keys=False))


class Nights:
    """Runs of the command line in one folder, with the server's count beside each."""

    def __init__(self, folder: Path, server: VendorServer) -> None:
        self._folder = folder
        self._server = server

    def run(self, label: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One command; what it cost is printed."""
        calls = len(self._server.calls)
        start = time.monotonic()
        process = subprocess.run(
            [sys.executable, "-m", "attrx", *arguments],
            cwd=self._folder,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - start
        requests = len(self._server.calls) - calls
        print(f"{label}: exit {process.returncode}, {requests:,} requests, {seconds:.0f} s")
        for line in process.stderr.splitlines()[-4:]:
            print(f"    {line}")
        return process

    def rows(self, name: str) -> list[dict[str, str]]:
        """Rows of an output file; those that people open have the dialect of the input."""
        with (self._folder / "out" / name).open(newline="", encoding="utf-8-sig") as file:
            separator = ";" if ";" in file.readline() else ","
            file.seek(0)
            return list(csv.DictReader(file, delimiter=separator))

    @property
    def tokens(self) -> int:
        """Tokens of prompts so far, as the server counts them."""
        return sum(call.input_tokens for call in self._server.calls)


def compare_html(folder: Path, products: list[Product], server: VendorServer) -> None:
    """Tokens of a sample of products, with the HTML and without."""
    sample = [product for product in products if product.has_text][:SAMPLE]
    tokens = {}
    for html in ("keep", "auto"):
        part = folder / html
        part.mkdir()
        write_config(part, server, html=html)
        write_csv(part / "p.csv", sample)
        nights = Nights(part, server)
        before = nights.tokens
        nights.run(f"{len(sample)} products, html: {html}", "extract", "p.csv", "-q")
        tokens[html] = nights.tokens - before
    saved = 1 - tokens["auto"] / tokens["keep"]
    print(f"tokens with HTML {tokens['keep']:,}, without {tokens['auto']:,}: {saved:.0%} fewer")


def check_queue(nights: Nights, products: list[Product]) -> None:
    """Who is in the review queue, and how right the values are."""
    silent_ids = {f"S{product.number}" for product in products if not product.has_text}
    queue = nights.rows("review.csv")
    n_silent = sum(row["product_id"] in silent_ids for row in queue)
    values = nights.rows("values.csv")
    truth = {f"S{product.number}": product for product in products}
    right = wrong = 0
    for row in values:
        product = truth[row["product_id"]]
        if not product.has_text:
            continue
        true_value = str(getattr(product, row["attribute"], ""))
        if row["attribute"] == "weight":
            true_value = f"{product.weight_kg * 1000:.12g}"
        if row["value"].replace("’", "'").rstrip("®") == true_value:
            right += 1
        else:
            wrong += 1
    statuses = {row["status"] for row in values if row["product_id"] in silent_ids}
    print(f"review queue: {len(queue):,} cells, {n_silent} of products without text {statuses}")
    print(f"values right: {right / (right + wrong):.4f} of {right + wrong:,}")


def main() -> None:
    """Run and print."""
    size = int(sys.argv[1]) if sys.argv[1:] and sys.argv[1].isdigit() else PRODUCTS
    products = make_catalog(size)
    with tempfile.TemporaryDirectory() as name, VendorServer(Vendors(products)) as server:
        folder = Path(name)
        compare_html(folder, products, server)
        write_config(folder, server)
        write_csv(folder / "monday.csv", products)
        nights = Nights(folder, server)
        budget = f"{0.0002 * size:.2f}"
        nights.run(f"first night, at most ${budget}", "run", "monday.csv", "--max-cost", budget)
        nights.run("first night, the rest", "run", "monday.csv", "-q")
        check_queue(nights, products)
        luck = random.Random(5)
        for product in luck.sample(products, round(CHANGED * size)):
            product.edition += 1
        write_json(folder / "tuesday.json", products)
        nights.run("second night", "run", "tuesday.json", "--compare", "out", "-q")
        check_queue(nights, products)
        nights.run("report", "report", "-q")
        page = (folder / "out" / "report.html").read_text(encoding="utf-8")
        n_cards = sum(f">S{p.number}<" in page for p in products if not p.has_text)
        print(f"report: {len(page):,} bytes, {n_cards} cards of products without text")


if __name__ == "__main__":
    main()
