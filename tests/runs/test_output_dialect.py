"""Files that people open are written as the input is."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from shop import Watching

from attrx.configs.settings import Settings
from attrx.extraction.inputs.gold import read_gold
from attrx.runs.configuration import load_config
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.evaluate import evaluate
from attrx.runs.extract import ExtractOptions
from attrx.runs.gold import sample_gold
from attrx.runs.report import report
from attrx.runs.run import run

ATTRIBUTES = {
    "gender": {"values": {"male": ["men"], "female": ["women"]}},
    "weight": {"open": True, "type": "number", "unit": "kg"},
    "brand": {"open": True},
}
ROWS = [
    ("sku", "title", "price"),
    ("0001", 'Shirt "Größe", men, 2 kg', "12,5"),
    ("0002", "Skirt; women", "7,25"),
    ("0003", "Coat", "3"),
]
GOLD = {"gender": "male", "weight": "1.125", "brand": "Café"}
"""What the models answer to everything, one of them otherwise."""


class DialectShop:
    """A shop whose catalog is written in a way of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def settings(self, brand: str = "Café", **config: Any) -> Settings:
        right = {**GOLD, "brand": brand}
        models = []
        for name in ("one", "two", "three"):
            answer = {**right, "gender": "female", "weight": "2.5"} if name == "three" else right
            models.append(
                {"name": name, "provider": "replay", "options": self.replay(name, answer)}
            )
        content = {
            "version": 1,
            "input": {"id": "sku", "text": ["title"]},
            "attributes": ATTRIBUTES,
            "models": models,
            "review": {"below": 1, "accept_precision": 0.999},
            **config,
        }
        path = self.folder / "attrx.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
        return load_config(path)

    def replay(self, name: str, answer: Mapping[str, str]) -> dict[str, str]:
        path = self.folder / f"{name}.jsonl"
        lines = [
            json.dumps({"product_id": row[0], "model": name, "raw": json.dumps(answer)})
            for row in ROWS[1:]
        ]
        path.write_text("\n".join(lines), encoding="utf-8")
        return {"file": path.name}

    def catalog(self, content: bytes, name: str = "catalog.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path

    @property
    def out(self) -> Path:
        return self.folder / "out"


@pytest.fixture
def shop(tmp_path: Path) -> DialectShop:
    return DialectShop(tmp_path)


def catalog(separator: str = ",", decimal: str = ",") -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator="\r\n")
    writer.writerows([*row[:2], row[2].replace(",", decimal)] for row in ROWS)
    return file.getvalue()


def combine(shop: DialectShop, source: Path, **config: Any) -> Watching:
    observer = Watching()
    options = EnsembleOptions(input=source)
    run(shop.settings(**config), ExtractOptions(source), options, observer)
    return observer


def read_table(path: Path, separator: str, encoding: str) -> list[list[str]]:
    with path.open(newline="", encoding=encoding) as file:
        return list(csv.reader(file, delimiter=separator))


@pytest.mark.parametrize(
    ("separator", "encoding", "mark"),
    [
        (";", "utf-8-sig", b"\xef\xbb\xbf"),
        (";", "cp1252", b"sku"),
        (";", "utf-8", b"sku"),
        (",", "utf-8-sig", b"\xef\xbb\xbf"),
        ("\t", "utf-16", b"\xff\xfe"),
        ("|", "utf-8-sig", b"\xef\xbb\xbf"),
    ],
)
def test_products_are_written_as_the_input_is(
    separator: str, encoding: str, mark: bytes, shop: DialectShop
) -> None:
    combine(shop, shop.catalog(catalog(separator).encode(encoding)))
    path = shop.out / "products.csv"
    assert path.read_bytes().startswith(mark)
    weight = "1.125" if separator == "," else "1,125"
    rows = read_table(path, separator, encoding)
    assert rows[0] == [*ROWS[0], "gender", "weight", "brand"]
    assert rows[1:] == [[*row, "male", weight, "Café"] for row in ROWS[1:]]


def test_products_of_commas_in_utf_8_are_as_ever(shop: DialectShop) -> None:
    combine(shop, shop.catalog(catalog(",", ".").encode()))
    content = (shop.out / "products.csv").read_bytes()
    assert content.startswith(b"sku,title,price,gender,weight,brand\n0001,")
    review = (shop.out / "review.csv").read_bytes()
    assert review.startswith(b"product_id,attribute,value,current,")


def test_a_semicolon_with_points_in_its_numbers_keeps_points(shop: DialectShop) -> None:
    combine(shop, shop.catalog(catalog(";", ".").encode()))
    rows = read_table(shop.out / "products.csv", ";", "utf-8")
    assert rows[1][-2] == "1.125"


@pytest.mark.parametrize("separator", ["\t", "|"])
def test_a_feed_of_programs_gives_commas(separator: str, shop: DialectShop) -> None:
    combine(shop, shop.catalog(catalog(separator).encode(), "feed.txt"))
    assert (shop.out / "products.csv").read_bytes().startswith(b"sku,title,price,gender,")


def test_values_that_the_encoding_lacks_are_written_in_utf_8_and_that_is_said(
    shop: DialectShop,
) -> None:
    source = shop.catalog(catalog(";").encode("cp1252"))
    observer = combine(shop, source, brand="Łódź")
    assert (shop.out / "products.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_table(shop.out / "products.csv", ";", "utf-8-sig")[1][-1] == "Łódź"
    assert "encoding_changed" in observer.kinds


def test_the_config_may_name_a_dialect(shop: DialectShop) -> None:
    source = shop.catalog(catalog(",", ".").encode())
    combine(shop, source, output={"dialect": "excel_semicolon"})
    path = shop.out / "products.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbfsku;title;price;")
    assert read_table(path, ";", "utf-8-sig")[1][-2] == "1,125"
    combine(shop, source, output={"dialect": "excel"})
    assert path.read_bytes().startswith(b"\xef\xbb\xbfsku,title,price,")
    combine(shop, shop.catalog(catalog(";").encode()), output={"dialect": "standard"})
    assert path.read_bytes().startswith(b"sku,title,price,")


@pytest.mark.parametrize(
    ("separator", "encoding", "sheet_encoding"),
    [(";", "cp1252", "utf-8-sig"), ("\t", "utf-16", "utf-16"), (";", "utf-8", "utf-8-sig")],
)
def test_sheets_follow_the_input_and_are_read_back(
    separator: str, encoding: str, sheet_encoding: str, shop: DialectShop
) -> None:
    source = shop.catalog(catalog(separator).encode(encoding))
    combine(shop, source)
    settings = shop.settings()
    review = read_table(shop.out / "review.csv", separator, sheet_encoding)
    place = {name: number for number, name in enumerate(review[0])}
    gender = next(row for row in review if row[1] == "gender")
    assert gender[place["share"]].startswith("0,")
    assert gender[place["title"]] in [row[1] for row in ROWS]
    sample_gold(settings, shop.folder / "sample.csv", n=9)
    sample = read_table(shop.folder / "sample.csv", separator, sheet_encoding)
    for row in sample[1:]:
        row[2] = "ok" if row[1] == "gender" else row[3]
    filled = shop.folder / "filled.csv"
    with filled.open("w", newline="", encoding=sheet_encoding) as file:
        csv.writer(file, delimiter=separator).writerows(sample)
    gold = read_gold(filled, settings)
    assert gold.remarks == []
    assert gold.canonical["0001", "weight"] == ["1.125"]
    assert gold.canonical["0001", "gender"] == ["male"]
    observer = Watching()
    ensemble(settings, EnsembleOptions(gold=filled, compare=shop.out), observer)
    again = read_table(shop.out / "review.csv", separator, sheet_encoding)
    assert again[0] == review[0]
    result = evaluate(settings, filled, observer)
    assert result.cells == 9
    report(settings)
    assert "1.125" in (shop.out / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["values.csv", "values.parquet"])
def test_files_for_programs_are_the_same_whatever_the_input(name: str, shop: DialectShop) -> None:
    combine(shop, shop.catalog(catalog(",", ".").encode()))
    before = (shop.out / name).read_bytes()
    combine(shop, shop.catalog(catalog(";").encode("utf-16"), "other.csv"))
    if name.endswith(".csv"):
        assert (shop.out / name).read_bytes() == before
    assert read_gold(shop.out / name, shop.settings()).canonical["0001", "weight"] == ["1.125"]


def test_products_in_another_dialect_are_an_input_again(shop: DialectShop) -> None:
    combine(shop, shop.catalog(catalog(";").encode("cp1252")))
    first = (shop.out / "products.csv").read_bytes()
    observer = combine(shop, shop.catalog(first, "again.csv"))
    assert observer.kinds.count("column_renamed") == 3
