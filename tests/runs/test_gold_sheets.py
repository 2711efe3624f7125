"""Sheets of gold that a spreadsheet has saved in its own way."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from libreoffice import needs_libreoffice, open_and_save
from polls import Poll

from attrx.ensemble.gold.labels import Gold
from attrx.extraction.inputs.gold import read_gold
from attrx.runs.gold import check_gold, sample_gold

ATTRIBUTES = {
    "gender": {"values": ["male", "female"]},
    "lined": {"values": ["true", "false"]},
    "weight": {"open": True, "type": "number", "unit": "kg"},
    "brand": {"open": True},
}
BRANDS = ("Müller", "Łódź & Żółty", "Café")
Cells = list[dict[str, str]]


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    """30 products whose ids a spreadsheet takes for numbers, and models that differ on some."""
    poll = Poll(tmp_path, ["one", "two", "three"], attributes=ATTRIBUTES, review={"below": 1})
    ids = [f"{number:06}" for number in range(7, 22)]
    ids += [f"40{number:011}" for number in range(15)]
    for attribute in ATTRIBUTES:
        votes = {}
        for number, product in enumerate(ids):
            right, wrong = truth(attribute, number), truth(attribute, number + 1)
            other = wrong if number % 3 == 0 else right
            votes[product] = {"one": right, "two": right, "three": other}
        poll.cast(votes, attribute)
    return poll


def truth(attribute: str, number: int) -> str:
    return {
        "gender": ("male", "female")[number % 2],
        "lined": ("false", "true")[number % 2],
        "weight": f"{1 + number / 8:.3f}",
        "brand": BRANDS[number % 3],
    }[attribute]


def draw(poll: Poll, *, decimal: str = ".", confirm: bool = False) -> Path:
    """A sample in which a person has filled in the proposed values."""
    path = poll.folder / "gold-sample.csv"
    sample_gold(poll.shop.settings, path, n=60)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        value = row["current"]
        row["value"] = "ok" if confirm else value
        if row["attribute"] == "weight" and not confirm:
            row["value"] = value.replace(".", decimal)
    return write(poll.folder / "filled.csv", rows)


def write(path: Path, rows: Cells, separator: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", newline="", encoding=encoding) as file:
        writer = csv.DictWriter(file, rows[0].keys(), delimiter=separator)
        writer.writeheader()
        writer.writerows(rows)
    return path


def read_cells(path: Path) -> Cells:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def assert_same_gold(poll: Poll, saved: Path, filled: Path) -> Gold:
    settings = poll.shop.settings
    before = read_gold(filled, settings)
    after = read_gold(saved, settings)
    assert after.canonical == before.canonical
    assert after.weight == before.weight
    assert len(set(before.weight.values())) == 2
    assert check_gold(settings, saved).problems == ()
    return after


@needs_libreoffice
@pytest.mark.parametrize(
    ("language", "separator", "encoding"),
    [("de", ";", "utf-8"), ("fr", "\t", "utf-16"), ("pl", ";", "cp1250"), ("en", ",", "utf-8")],
)
def test_a_sample_comes_back_from_a_real_spreadsheet(
    language: str, separator: str, encoding: str, poll: Poll
) -> None:
    filled = draw(poll)
    typed = filled if language == "en" else draw_again(poll, filled)
    saved = open_and_save(
        typed, poll.folder / "saved.csv", language, separator=separator, encoding=encoding
    )
    assert "000007" not in saved.read_text(encoding), "the spreadsheet changes nothing"
    gold = assert_same_gold(poll, saved, filled)
    assert any("became numbers" in remark for remark in gold.remarks)


@needs_libreoffice
def test_a_sample_comes_back_as_a_workbook(poll: Poll) -> None:
    filled = draw(poll)
    saved = open_and_save(draw_again(poll, filled), poll.folder / "saved.xlsx", "de")
    assert_same_gold(poll, saved, filled)


def draw_again(poll: Poll, filled: Path) -> Path:
    """The same sample, with numbers as they are typed where decimals stand behind a comma."""
    rows = read_cells(filled)
    for row in rows:
        if row["attribute"] == "weight":
            row["value"] = row["value"].replace(".", ",")
    return write(poll.folder / "typed.csv", rows)


def as_excel_does(row: dict[str, str]) -> dict[str, str]:
    """A row as Excel in Germany opens it and saves it as CSV."""
    saved = dict(row)
    saved["product_id"] = row["product_id"].lstrip("0")
    if len(row["product_id"]) > 11:
        saved["product_id"] = row["product_id"].lstrip("0")
    weight = row["weight"]
    whole, _, decimals = weight.partition(".")
    saved["weight"] = whole + decimals if len(decimals) == 3 else "Jan 25"
    saved["value"] = {"true": "WAHR", "false": "FALSCH"}.get(row["value"], row["value"])
    if row["attribute"] == "weight":
        saved["value"] = row["value"].replace(".", ",")
    return saved


def without_columns(*names: str) -> Callable[[dict[str, str]], dict[str, str]]:
    return lambda row: {name: text for name, text in row.items() if name not in names}


def renamed(row: dict[str, str]) -> dict[str, str]:
    names = {"product_id": "Product ID", "attribute": "Attribute", "value": "VALUE"}
    return {names.get(name, name): text for name, text in reversed(row.items())}


@pytest.mark.parametrize(
    ("change", "separator", "encoding"),
    [
        (as_excel_does, ";", "cp1250"),
        (as_excel_does, "\t", "utf-16"),
        (as_excel_does, ";", "utf-8-sig"),
        (renamed, ",", "utf-8-sig"),
        (without_columns("weight"), ",", "utf-8"),
        (without_columns("stratum"), ",", "utf-8"),
        (without_columns("weight", "stratum", "current"), ",", "utf-8"),
        (lambda row: {**row, "attribute": row["attribute"].title(), "": ""}, ";", "utf-16"),
    ],
)
def test_what_a_spreadsheet_or_a_person_did_to_a_sample_does_not_count(
    change: Callable[[dict[str, str]], dict[str, str]],
    separator: str,
    encoding: str,
    poll: Poll,
) -> None:
    filled = draw(poll)
    rows = list(map(change, read_cells(filled)))
    saved = write(poll.folder / "saved.csv", rows, separator, encoding)
    assert_same_gold(poll, saved, filled)


def test_a_line_that_names_the_separator_and_cut_rows_are_read(poll: Poll) -> None:
    filled = draw(poll)
    rows = read_cells(filled)
    for row in rows[20:]:
        del row["stratum"]
    saved = poll.folder / "saved.csv"
    with saved.open("w", newline="", encoding="utf-8-sig") as file:
        file.write("sep=;\r\n")
        writer = csv.writer(file, delimiter=";")
        writer.writerow(rows[0].keys())
        writer.writerows(row.values() for row in rows)
        file.write(";;;;\r\n;;\r\n")
    assert_same_gold(poll, saved, filled)


def test_weights_of_a_sheet_that_were_changed_never_count(poll: Poll) -> None:
    filled = draw(poll)
    rows = [{**row, "weight": "1000"} for row in read_cells(filled)]
    gold = assert_same_gold(poll, write(poll.folder / "saved.csv", rows), filled)
    poll.combine(gold=poll.folder / "saved.csv")
    assert [note for note in poll.observer.notes if note.startswith("gold: 60 weights")]
    assert gold.remarks == [
        "60 weights of the sheet differ from those that were drawn, which count"
    ]


def test_weights_of_a_sample_that_the_cache_does_not_know_are_warned_of(poll: Poll) -> None:
    filled = draw(poll)
    for file in (poll.folder / ".attrx" / "gold").iterdir():
        file.unlink()
    gold = read_gold(filled, poll.shop.settings)
    rows = read_cells(filled)
    assert sorted(gold.weight.values()) == sorted(float(row["weight"]) for row in rows)
    assert [notice.text for notice in gold.sheet_notices] == [
        "the cache does not know the sample that 60 cells were drawn in: their weights are taken"
        " from the sheet, where a spreadsheet may have changed them"
    ]


@pytest.mark.parametrize("weight", ["01. Jan", "1234"])
def test_weights_that_a_spreadsheet_made_something_else_of_count_1(weight: str, poll: Poll) -> None:
    filled = draw(poll)
    for file in (poll.folder / ".attrx" / "gold").iterdir():
        file.unlink()
    rows = read_cells(filled)
    rows[0]["weight"] = weight
    gold = read_gold(write(filled, rows), poll.shop.settings)
    assert set(gold.weight.values()) == {1.0}
    assert "each such cell counts 1" in gold.sheet_notices[0].text


def test_weights_of_a_persons_own_may_have_decimal_commas(poll: Poll) -> None:
    path = poll.folder / "own.csv"
    path.write_text("product_id;attribute;value;weight\n7;gender;male;2,5\n8;gender;female;\n")
    gold = read_gold(path, poll.shop.settings)
    assert gold.weight == {("000007", "gender"): 2.5, ("000008", "gender"): 1.0}
    assert gold.sheet_notices == []


def test_ok_stands_for_the_proposed_value(poll: Poll) -> None:
    filled = draw(poll)
    before = read_gold(filled, poll.shop.settings)
    rows = [{**row, "value": "OK", "current": "changed"} for row in read_cells(filled)]
    after = read_gold(write(poll.folder / "ok.csv", rows), poll.shop.settings)
    assert after.canonical == before.canonical
    assert poll.combine(gold=poll.folder / "ok.csv").gold is not None


def test_ok_in_a_review_queue_stands_for_its_current_value(poll: Poll) -> None:
    poll.combine()
    review = poll.table("review.csv")
    review["value"] = "ok"
    review.loc[0, "current"] = ""
    review.to_csv(poll.folder / "review.csv", index=False)
    gold = read_gold(poll.folder / "review.csv", poll.shop.settings)
    values = {
        cell: value
        for cell, value in zip(
            review[["product_id", "attribute"]].itertuples(index=False, name=None),
            review["current"],
            strict=True,
        )
        if value
    }
    assert {cell: found for cell, (found,) in gold.accepted_values.items()} == values
    assert [notice.text for notice in gold.sheet_notices] == [
        "1 cell marked 'ok' where no value was proposed: not labelled"
    ]


def test_ok_without_a_proposed_value_beside_it_is_a_value(poll: Poll) -> None:
    gold = read_gold(poll.gold({"000007": "ok"}, "brand"), poll.shop.settings)
    assert gold.accepted_values == {("000007", "brand"): ["ok"]}


def test_a_value_that_became_a_date_is_told_apart(poll: Poll) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["product_id", "attribute", "value"])
    book.active.append([7, "gender", pd.Timestamp("2026-02-01").to_pydatetime()])
    book.save(poll.folder / "dates.xlsx")
    (problem,) = check_gold(poll.shop.settings, poll.folder / "dates.xlsx").problems
    assert problem.text.endswith("; a spreadsheet may have made a date of another text")


def test_of_two_draws_the_one_that_a_sheet_is_of_counts(poll: Poll) -> None:
    filled = draw(poll)
    before = read_gold(filled, poll.shop.settings)
    sample_gold(poll.shop.settings, poll.folder / "other.csv", n=20)
    sample_gold(poll.shop.settings, poll.folder / "third.csv", n=110)
    rows = [{**row, "weight": "?"} for row in read_cells(filled)]
    after = read_gold(write(poll.folder / "saved.csv", rows), poll.shop.settings)
    assert after.weight == before.weight


def test_numbers_of_attrx_have_points_also_where_the_catalog_has_commas(poll: Poll) -> None:
    poll.combine()
    settings = poll.shop.settings
    before = read_gold(poll.out / "values.csv", settings)
    assert before.canonical["000007", "weight"] == ["1"]
    for name in ("values.csv", "filled.csv"):
        source = draw(poll) if name == "filled.csv" else poll.out / name
        assert read_gold(source, settings, "comma").canonical == (
            read_gold(source, settings).canonical
        )
    hand_made = poll.folder / "own.csv"
    hand_made.write_text("product_id,attribute,value\n000007,weight,1.250\n")
    gold = read_gold(hand_made, settings, "comma")
    assert gold.canonical["000007", "weight"] == ["1250"]
