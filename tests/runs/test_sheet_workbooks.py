"""The review queue and samples as workbooks, filled in and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from libreoffice import convert, needs_libreoffice
from polls import Poll
from shop import Watching

from attrx.cli.app import run
from attrx.extraction.inputs.gold import read_gold
from attrx.runs.evaluate import evaluate
from attrx.runs.gold import check_gold, sample_gold
from attrx.runs.report import report

ATTRIBUTES = {
    "gender": {"values": [f"kind, {number}" for number in range(300)]},
    "state": {"values": ["ok", "broken"]},
    "weight": {"open": True, "type": "number", "unit": "kg"},
}
IDS = ["000123", "=1+1", "5012345678900", "1/2", "#N/A", "TRUE"]


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    config = {"review": {"below": 1}, "output": {"workbooks": True}}
    poll = Poll(tmp_path, ["one", "two"], attributes=ATTRIBUTES, **config)
    for attribute, values in {
        "gender": ("kind, 7", "kind, 299"),
        "state": ("ok", "broken"),
        "weight": ("1.125", "2.5"),
    }.items():
        poll.cast(
            {product: dict(zip(("one", "two"), values, strict=True)) for product in IDS}, attribute
        )
    return poll


def cells_of(path: Path) -> tuple[Any, list[dict[str, Any]]]:
    sheet = openpyxl.load_workbook(path)["cells"]
    header, *rows = sheet.iter_rows(values_only=True)
    return sheet, [dict(zip(header, row, strict=True)) for row in rows]


def fill_in(path: Path, values: dict[str, str]) -> None:
    book = openpyxl.load_workbook(path)
    for row in book["cells"].iter_rows(min_row=2):
        row[2].value = values[row[1].value]
    book.save(path)


def test_a_sample_is_a_workbook_where_its_name_ends_so(poll: Poll) -> None:
    path = poll.folder / "sample.xlsx"
    sample_gold(poll.shop.settings, path, n=18)
    sheet, rows = cells_of(path)
    assert sheet.freeze_panes == "D2"
    assert {row["product_id"] for row in rows} == set(IDS)
    assert {cell.data_type for cell in sheet["A"]} == {"s"}
    assert {cell.number_format for cell in sheet["C"]} == {"@"}
    assert {type(row["weight"]) for row in rows} <= {float, int}
    lists = {str(each.sqref): each.formula1 for each in sheet.data_validations.dataValidation}
    assert lists == {"C2:C7": "=values!$A$2:$A$303", "C8:C13": "=values!$B$2:$B$4"}
    values = openpyxl.load_workbook(path)["values"]
    assert [cell.value for cell in values["B"]][:4] == ["state", "ok", "broken", "n/a"]
    assert [cell.value for cell in values["A"]][:3] == ["gender", "ok", "kind, 0"]


def test_a_filled_in_workbook_is_gold(poll: Poll) -> None:
    path = poll.folder / "sample.xlsx"
    sample_gold(poll.shop.settings, path, n=18)
    fill_in(path, {"gender": "OK", "state": "broken", "weight": "1,5"})
    check = check_gold(poll.shop.settings, path)
    assert (check.cells, check.problems) == (18, ())
    gold = read_gold(path, poll.shop.settings)
    assert gold.canonical["=1+1", "gender"] == ["kind, 7"]
    assert gold.canonical["000123", "state"] == ["broken"]
    assert gold.canonical["1/2", "weight"] == ["1.5"]
    assert poll.combine(gold=path).gold is not None
    assert evaluate(poll.shop.settings, path, Watching()).cells == 18


def test_ok_is_a_value_where_it_is_on_the_list(poll: Poll) -> None:
    path = poll.folder / "sample.xlsx"
    sample_gold(poll.shop.settings, path, n=18)
    fill_in(path, {"gender": "n/a", "state": "ok", "weight": "ok"})
    gold = read_gold(path, poll.shop.settings)
    assert gold.accepted_values["000123", "gender"] == [None]
    assert gold.canonical["000123", "state"] == ["ok"]


def test_the_review_queue_is_a_workbook_too_if_configured(poll: Poll) -> None:
    result = poll.combine()
    path = poll.out / "review.xlsx"
    assert path in result.files
    _, rows = cells_of(path)
    review = poll.table("review.csv")
    assert [row["product_id"] for row in rows] == review["product_id"].tolist()
    assert [row["review"] for row in rows] == review["review"].tolist()
    assert json.loads((poll.out / "run.json").read_text())["files"].count("review.xlsx") == 1
    fill_in(path, {"gender": "ok", "state": "ok", "weight": "ok"})
    assert poll.combine(gold=path).gold is not None
    report(poll.shop.settings)
    poll.shop.config["output"] = {"workbooks": False}
    poll.combine()
    assert not path.exists()


def test_signs_that_no_workbook_may_hold_are_left_out(tmp_path: Path) -> None:
    poll = Poll(tmp_path, ["one", "two"], attributes={"brand": {"open": True}})
    poll.cast({"p1": {"one": "Ac\x0bme", "two": "=cmd|' /C calc'!A0"}}, "brand")
    sample_gold(poll.shop.settings, tmp_path / "sample.xlsx", n=1)
    sheet, (row,) = cells_of(tmp_path / "sample.xlsx")
    assert row["one says"] == "Acme"
    assert row["two says"] == "=cmd|' /C calc'!A0"
    assert {cell.data_type for cell in sheet[2]} == {"s", "n"}


def test_a_sample_of_the_command_line_is_a_workbook(
    poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert poll.shop.config_path.exists()
    monkeypatch.chdir(poll.folder)
    assert run(["gold", "sample", "--n", "5", "--to", "cells.xlsx", "--quiet"]) == 0
    assert len(cells_of(poll.folder / "cells.xlsx")[1]) == 5


@needs_libreoffice
def test_a_real_spreadsheet_opens_and_saves_a_workbook(poll: Poll) -> None:
    path = poll.folder / "sample.xlsx"
    sample_gold(poll.shop.settings, path, n=18)
    fill_in(path, {"gender": "ok", "state": "broken", "weight": "1.125"})
    before = read_gold(path, poll.shop.settings)
    for ending in ("xlsx", "csv"):
        saved = convert(path, poll.folder / f"saved.{ending}")
        after = read_gold(saved, poll.shop.settings)
        assert after.canonical == before.canonical
        assert after.weight == before.weight
    sheet, _ = cells_of(poll.folder / "saved.xlsx")
    assert len(sheet.data_validations.dataValidation) == 2
