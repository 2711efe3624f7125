"""Texts of strangers reach prompts, terminals, tables and pages as texts."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_runs import Ended, ForkedRuns
from hostile_shop import attrx, config, product_of, write_shop
from injections import INJECTIONS, Injection
from selectolax.lexbor import LexborHTMLParser

from attrx.configs.characters import CONTROLS, HIDDEN_CHARACTERS
from attrx.extraction.inputs.spreadsheet import spreadsheet_safe
from attrx.prompts.asking.fence import CLOSE, OPEN
from attrx.testing import Call, Fault, VendorServer

UNPRINTABLE = re.compile(rf"(?![\t\n])[{CONTROLS}{HIDDEN_CHARACTERS}]")
COMMANDS = (
    "extract products.csv --dry-run",
    "run products.csv",
    "run products.csv --log-format json",
    "status",
    "gold sample --n 4 --to sheet.csv",
    "ensemble --gold gold.csv --compare out",
    "evaluate --gold gold.csv",
    "report",
)
HARMLESS = ("Acme shirt, red", "<color>")
"""Texts that mean no harm: a value, and none."""
FIRST = "p0"


def say(text: str, call: Call) -> str:
    """An answer that says a text of the first product, and is as usual about the others."""
    value = text if product_of(call) in {FIRST, ""} else "red"
    return json.dumps({"gender": "male", "color": value})


def fail_once(text: str) -> Iterator[Fault]:
    yield Fault(status=400, body=json.dumps({"error": {"message": text, "code": text}}))


def run_shop(text: str, runs: ForkedRuns, folder: Path) -> tuple[list[Ended], list[Call]]:
    """Let the text be everywhere where a stranger could write it."""
    errors = fail_once(text)

    def faults(call: Call) -> Fault | None:
        return next(errors, None) if call.model == "bob" and product_of(call) == "p5" else None

    with VendorServer(lambda call: say(text, call), faults=faults) as server:
        settings = config(server)
        settings["input"]["category"] = "category"
        settings["models"][0]["model"] = re.sub(r"[\ud800-\udfff]", "", text)
        write_shop(folder, settings)
        write_products(folder / "products.csv", text)
        ended = [attrx(runs, folder, command) for command in COMMANDS]
        return ended, list(server.calls)


def write_products(path: Path, text: str) -> None:
    rows = list(csv.reader(path.read_text().splitlines()))
    with path.open("w", newline="", encoding="utf-8", errors="replace") as file:
        writer = csv.writer(file)
        writer.writerow([*rows[0], "category"])
        for sku, title in rows[1:]:
            is_first = sku == FIRST
            writer.writerow([sku, text if is_first else title, text if is_first else "Shirts"])


def elements(page: Path) -> set[tuple[str, str, str]]:
    """(element, attribute, value of what could act) for all of a page."""
    tree = LexborHTMLParser(page.read_text(encoding="utf-8"))
    parts = set()
    for node in tree.css("*"):
        tag = node.tag or ""
        parts.add((tag, "", ""))
        for name, value in node.attributes.items():
            acts = name.startswith("on") or name in {"href", "src", "action", "srcset", "style"}
            parts.add((tag, name, (value or "") if acts and name != "style" else ""))
    return parts


@pytest.fixture(scope="module")
def harmless_elements(
    runs: ForkedRuns, tmp_path_factory: pytest.TempPathFactory
) -> set[tuple[str, str, str]]:
    parts = set()
    for text in HARMLESS:
        folder = tmp_path_factory.mktemp("harmless")
        run_shop(text, runs, folder)
        parts |= elements(folder / "out" / "report.html")
    return {part for part in parts if part[1] != "href"}


@pytest.mark.parametrize("injection", INJECTIONS, ids=lambda injection: injection.name)
def test_a_text_stays_a_text(
    injection: Injection,
    runs: ForkedRuns,
    tmp_path: Path,
    harmless_elements: set[tuple[str, str, str]],
) -> None:
    all_ended, calls = run_shop(injection.text, runs, tmp_path)
    for command, ended in zip(COMMANDS, all_ended, strict=True):
        assert not ended.broke, f"{command}: {ended.printed}"
        assert ended.code in {0, 3}, f"{command}: {ended.printed}"
        assert not UNPRINTABLE.search(ended.printed), command
    prompts_hold(calls)
    no_formula_runs(tmp_path)
    page = elements(tmp_path / "out" / "report.html")
    assert {part for part in page if part[1] != "href"} <= harmless_elements
    links = {value for _, name, value in page if name == "href"}
    assert all(link.startswith("#") for link in links), links
    assert values_of_others(tmp_path) == {"red"}


def prompts_hold(calls: list[Call]) -> None:
    """Every product is between its marks, once, and no mark of a turn is in it."""
    assert calls
    for call in calls:
        assert call.prompt.count(OPEN) == call.prompt.count(CLOSE) == 1
        inside = call.prompt.split(OPEN)[1].split(CLOSE)[0]
        assert not UNPRINTABLE.search(inside)
        assert not re.search(r"<\|im_|<turn\|>|\[\|end", re.sub("[\u00ad\u200d\ufe0f]", "", inside))


def no_formula_runs(folder: Path) -> None:
    for path in (*folder.glob("out/*.csv"), folder / "sheet.csv"):
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                for name, cell in row.items():
                    if name not in {"product_id", "sku"}:
                        assert spreadsheet_safe(cell) == cell or cell.startswith("'"), path


def values_of_others(folder: Path) -> set[str]:
    with (folder / "out" / "values.csv").open(newline="", encoding="utf-8-sig") as file:
        return {
            row["value"]
            for row in csv.DictReader(file)
            if row["attribute"] == "color" and row["product_id"] != FIRST
        }
