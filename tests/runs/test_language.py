"""Numbers are read as the catalog's language writes them, by all commands alike."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from attrx.configs.errors import ConfigError
from attrx.extraction.asking.observer import Silent
from attrx.runs.check import language_of
from attrx.runs.configuration import load_config
from attrx.runs.dry_run import dry_run
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.extract import ExtractOptions, extract

CONFIG = """\
version: 1
input: {{id: sku, text: [title]{input}}}
attributes:
  weight: {{open: true, type: number, unit: g, accept_units: [kg]{attribute}}}
models:
  - {{name: a, provider: replay, options: {{file: answers.jsonl}}}}
  - {{name: b, provider: replay, options: {{file: answers.jsonl}}}}
  - {{name: c, provider: replay, options: {{file: answers.jsonl}}}}
"""
GERMAN = [
    "Zelt für zwei, mit Tasche, 31,5 cm",
    "Schlafsack aus Baumwolle, schwarz",
    "Topf und Pfanne",
]
ENGLISH = ["Tent for two, with bag, 31.5 cm", "Sleeping bag, cotton, black", "Pot and pan with lid"]
WEIGHTS = ["2.750 g", "2,750 kg", "480 g"]


@dataclass
class Notes(Silent):
    """Keeps what a run says."""

    texts: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.texts.append(text)


@dataclass
class Catalog:
    """A catalog of three products in a folder."""

    folder: Path

    def write(self, titles: list[str], *, language: str = "", attribute: str = "") -> None:
        text = CONFIG.format(input=language, attribute=attribute)
        (self.folder / "attrx.yaml").write_text(text)
        with (self.folder / "products.csv").open("w", newline="", encoding="utf-8") as file:
            rows = [(f"p{n}", title) for n, title in enumerate(titles)]
            csv.writer(file).writerows([("sku", "title"), *rows])
        lines = []
        for model in "abc":
            for number, weight in enumerate(WEIGHTS):
                raw = json.dumps({"weight": weight})
                line = {"product_id": f"p{number}", "model": model, "raw": raw}
                lines.append(json.dumps(line) + "\n")
        (self.folder / "answers.jsonl").write_text("".join(lines))

    def run(self) -> list[str]:
        settings = load_config(self.folder / "attrx.yaml")
        extract(settings, ExtractOptions(self.folder / "products.csv"), Silent())
        return self.values(EnsembleOptions(self.folder / "products.csv"))

    def values(self, options: EnsembleOptions) -> list[str]:
        settings = load_config(self.folder / "attrx.yaml")
        ensemble(settings, options, Silent())
        with (self.folder / "out" / "values.csv").open(encoding="utf-8") as file:
            return [row["value"] for row in csv.DictReader(file)]

    def run_json(self) -> dict[str, object]:
        language: dict[str, object] = json.loads(
            (self.folder / "out" / "run.json").read_text(encoding="utf-8")
        )["language"]
        return language


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path)


def test_the_texts_of_a_catalog_tell_how_its_numbers_are_written(catalog: Catalog) -> None:
    catalog.write(GERMAN)
    assert catalog.run() == ["2750", "2750", "480"]
    assert catalog.run_json()["decimal_sign"] == "comma"
    assert catalog.values(EnsembleOptions()) == ["2750", "2750", "480"]
    catalog.write(ENGLISH)
    assert catalog.run() == ["2.75", "2750000", "480"]
    assert catalog.run_json()["decimal_sign"] == "point"


def test_where_texts_are_mixed_a_doubtful_number_is_no_vote(catalog: Catalog) -> None:
    catalog.write([GERMAN[0], ENGLISH[0], "x"])
    assert catalog.run() == ["", "", "480"]


def test_the_config_says_otherwise_and_stored_answers_are_read_again(catalog: Catalog) -> None:
    catalog.write(GERMAN)
    catalog.run()
    (catalog.folder / "answers.jsonl").write_text("")
    catalog.write(GERMAN, language=", language: en")
    assert catalog.values(EnsembleOptions()) == ["2.75", "2750000", "480"]
    assert catalog.run_json()["is_configured"] is True
    catalog.write(GERMAN, language=", language: en", attribute=", decimal: comma")
    assert catalog.values(EnsembleOptions()) == ["2750", "2750", "480"]


@pytest.mark.parametrize("code", ["de", "fr", "it", "es", "nl", "pl", "pt", "tr", "de_AT", "DE-lu"])
def test_a_language_can_be_named(catalog: Catalog, code: str) -> None:
    catalog.write(ENGLISH, language=f", language: {code}")
    assert catalog.run()[:2] == ["2750", "2750"]


def test_an_unknown_language_is_an_error_with_its_place(catalog: Catalog) -> None:
    catalog.write(ENGLISH, language=", language: klingon")
    with pytest.raises(ConfigError, match="unknown language 'klingon'"):
        load_config(catalog.folder / "attrx.yaml")


def test_decimals_belong_to_numbers(catalog: Catalog) -> None:
    catalog.write(ENGLISH)
    path = catalog.folder / "attrx.yaml"
    text = path.read_text().replace("type: number, unit: g, accept_units: [kg]", "decimal: comma")
    path.write_text(text)
    with pytest.raises(ConfigError, match="'decimal' needs 'type: number'"):
        load_config(path)


def test_a_dry_run_and_check_say_what_it_came_to(catalog: Catalog) -> None:
    catalog.write(GERMAN)
    settings = load_config(catalog.folder / "attrx.yaml")
    notes = Notes()
    dry_run(settings, ExtractOptions(catalog.folder / "products.csv"), notes)
    assert any("1.250 is more than a thousand" in text for text in notes.texts)
    assert language_of(settings) == ""
    catalog.run()
    assert "language de" in language_of(settings)
