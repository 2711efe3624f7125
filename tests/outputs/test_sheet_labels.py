"""What people typed into a sheet is in the sheet that takes its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from polls import Poll

from attrx.outputs.sheet_labels import read_sheet_labels

MODELS = ["a", "b", "c"]
TIE = dict(zip(MODELS, ("male", "female", "unisex"), strict=True))
AGREED = dict.fromkeys(MODELS, "male")


def polled(folder: Path, n: int = 8, **config: object) -> Poll:
    """A run with n products that nobody agrees on, and one on which all agree."""
    poll = Poll(folder, MODELS, ensemble={"method": "majority"}, **config)
    poll.cast({f"p{k}": TIE for k in range(n)} | {"sure": AGREED})
    poll.combine()
    return poll


def fill_in(poll: Poll, name: str = "review.csv", **columns: Any) -> pd.DataFrame:
    sheet = poll.table(name)
    for column, texts in columns.items():
        sheet[column] = texts
    sheet.to_csv(poll.out / name, index=False)
    return sheet


def labels(poll: Poll) -> dict[str, str]:
    sheet = poll.table("review.csv")
    filled_in = sheet[sheet["value"] != ""]
    return dict(zip(filled_in["product_id"], filled_in["value"], strict=True))


@pytest.mark.parametrize("with_gold", [False, True])
def test_labels_stay_in_the_sheet_when_a_run_writes_it_anew(
    tmp_path: Path, with_gold: bool
) -> None:
    poll = polled(tmp_path)
    fill_in(poll, value="female")
    before = labels(poll)
    assert len(before) == 8
    poll.combine(gold=poll.out / "review.csv" if with_gold else None)
    assert labels(poll) == before
    assert "kept the labels of 8 cells in review.csv" in poll.observer.notes
    again = (poll.out / "review.csv").read_bytes()
    run = (poll.out / "run.json").read_bytes()
    poll.combine(gold=poll.out / "review.csv" if with_gold else None)
    assert (poll.out / "review.csv").read_bytes() == again
    assert (poll.out / "run.json").read_bytes() == run


def test_a_cleared_label_stays_cleared(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    fill_in(poll, value="female")
    poll.combine()
    fill_in(poll, value=["", *["female"] * 7])
    poll.combine()
    assert len(labels(poll)) == 7


def test_ok_confirms_what_was_proposed_then_and_not_what_is_now(tmp_path: Path) -> None:
    poll = polled(tmp_path, n=2)
    sheet = fill_in(poll, value="ok")
    proposed = dict(zip(sheet["product_id"], sheet["current"], strict=True))
    other = "female" if proposed["p0"] != "female" else "male"
    poll.cast({"p0": {"a": other, "b": other, "c": "unisex"}})
    poll.combine()
    assert labels(poll) == {"p0": proposed["p0"], "p1": "ok"}


def test_comments_and_alternatives_and_rows_of_other_products_stay(tmp_path: Path) -> None:
    poll = polled(tmp_path, n=2)
    sheet = poll.table("review.csv")
    sheet["value"] = ["female", ""]
    sheet["by"] = ["", "Anna: =look at the photo"]
    second = sheet.iloc[[0]].assign(value="unisex")
    foreign = sheet.iloc[[0]].assign(product_id="gone", value="male", current="female")
    no_cell = sheet.iloc[[0]].assign(product_id="checked until here", attribute="", value="")
    sheet = pd.concat([sheet, second, foreign, no_cell])
    sheet.to_csv(poll.out / "review.csv", index=False)
    for _ in range(2):
        poll.combine()
        kept = poll.table("review.csv")
        rows = kept[["product_id", "attribute", "value", "by"]].to_numpy().tolist()
        assert sorted(rows) == [
            ["checked until here", "", "", ""],
            ["gone", "gender", "male", ""],
            ["p0", "gender", "female", ""],
            ["p0", "gender", "unisex", ""],
            ["p1", "gender", "", "Anna: =look at the photo"],
        ]
    read = read_sheet_labels([poll.out], poll.shop.settings)
    assert (read.cells, read.unreadable) == (2, {})


def test_a_cell_that_needs_no_look_any_more_keeps_its_row_behind_the_others(
    tmp_path: Path,
) -> None:
    poll = polled(tmp_path, n=2)
    fill_in(poll, value=["male", ""])
    poll.cast({"p0": AGREED})
    result = poll.combine()
    sheet = poll.table("review.csv")
    assert sheet["product_id"].tolist() == ["p1", "p0"]
    assert list(sheet.loc[1, ["value", "current", "a says", "review"]]) == [
        "male",
        "male",
        "male",
        "",
    ]
    assert result.review == 1


@pytest.mark.parametrize(
    ("separator", "encoding"),
    [(";", "cp1252"), (";", "utf-8-sig"), ("\t", "utf-16"), (",", "utf-8")],
)
def test_a_sheet_that_a_spreadsheet_saved_is_read_in_its_own_dialect(
    tmp_path: Path, separator: str, encoding: str
) -> None:
    poll = polled(tmp_path, n=3)
    sheet = poll.table("review.csv")
    sheet["value"] = ["female", "", "unisex"]
    sheet["Bemerkung"] = ["", "für später; später", ""]
    sheet.to_csv(poll.out / "review.csv", index=False, sep=separator, encoding=encoding)
    poll.combine()
    kept = poll.table("review.csv")
    assert kept[["value", "Bemerkung"]].to_numpy().tolist() == [
        ["female", ""],
        ["", "für später; später"],
        ["unisex", ""],
    ]


def test_ids_and_numbers_that_a_spreadsheet_changed_are_read_as_they_were(tmp_path: Path) -> None:
    poll = Poll(
        tmp_path, MODELS, attributes={"weight": {"open": True, "type": "number", "unit": "g"}}
    )
    poll.cast({"00712": dict(zip(MODELS, ("1.5 g", "2.5 g", "4.5 g"), strict=True))}, "weight")
    poll.combine()
    sheet = poll.table("review.csv")
    assert sheet["product_id"].tolist() == ["00712"]
    sheet["product_id"] = "712"
    sheet["value"] = "2,5"
    sheet["share"] = "0,3333"
    sheet.to_csv(poll.out / "review.csv", index=False, sep=";")
    poll.combine()
    assert labels(poll) == {"00712": "2.5"}


def test_a_sheet_that_cannot_be_read_stays_under_another_name_and_is_told(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    fill_in(poll, value="female")
    torn = (poll.out / "review.csv").read_text() + '"p9,gender\n'
    (poll.out / "review.csv").write_text(torn)
    for _ in range(2):
        poll.combine()
        (poll.out / "review.csv").write_text(torn)
    assert (poll.out / "review-kept-1.csv").read_text() == torn
    assert not (poll.out / "review-kept-2.csv").exists()
    run = json.loads((poll.out / "run.json").read_bytes())
    assert [warning["kind"] for warning in run["warnings"]].count("sheet_set_aside") == 1
    [text] = [text for text in poll.observer.warnings if "stays as" in text]
    assert text.startswith(f"{poll.out / 'review.csv'} was changed, and cannot be read (row 9")


def test_a_workbook_keeps_its_labels_too_and_the_sheet_that_was_saved_last_holds(
    tmp_path: Path,
) -> None:
    poll = polled(tmp_path, n=2, output={"workbooks": True})
    fill_in(poll, value=["female", "female"])
    book = openpyxl.load_workbook(poll.out / "review.xlsx")
    book["cells"]["C2"] = "unisex"
    book.save(poll.out / "review.xlsx")
    poll.combine()
    assert labels(poll) == {"p0": "unisex", "p1": "female"}
    cells = openpyxl.load_workbook(poll.out / "review.xlsx")["cells"]
    assert [cells["C2"].value, cells["C3"].value] == ["unisex", "female"]

    poll.shop.config["output"] = {"workbooks": False}
    poll.combine()
    assert labels(poll) == {"p0": "unisex", "p1": "female"}
    assert not (poll.out / "review.xlsx").exists()
    assert (poll.out / "review-kept-1.xlsx").exists()


def test_a_sheet_that_is_saved_while_a_run_goes_on_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attrx.outputs import publication, weights

    poll = polled(tmp_path, n=2)
    write_weights = weights.write_weights

    def save_a_label(*arguments: Any) -> None:
        fill_in(poll, value="female")
        write_weights(*arguments)

    monkeypatch.setattr(publication, "write_weights", save_a_label)
    poll.combine()
    assert labels(poll) == {"p0": "female", "p1": "female"}


def test_a_persons_column_of_the_name_of_a_new_one_of_attrx_keeps_its_text(tmp_path: Path) -> None:
    poll = polled(tmp_path, n=1)
    fill_in(poll, **{"d says": "nothing"})
    poll.shop.config["models"].append({"name": "d", "provider": "mock"})
    poll.combine()
    sheet = poll.table("review.csv")
    assert list(sheet.loc[0, ["d says", "d says (added)"]]) == ["", "nothing"]


def test_products_csv_that_somebody_changed_stays_under_another_name(tmp_path: Path) -> None:
    poll = polled(tmp_path, n=2)
    poll.combine(input=poll.shop.input)
    poll.combine(input=poll.shop.input)
    assert not (poll.out / "products-kept-1.csv").exists()
    (poll.out / "products.csv").write_text("mine")
    poll.combine(input=poll.shop.input)
    assert (poll.out / "products-kept-1.csv").read_text() == "mine"
    assert any("products.csv was changed since" in text for text in poll.observer.warnings)


def test_labels_in_a_refused_sheet_go_into_the_one_that_is_published(tmp_path: Path) -> None:
    poll = polled(tmp_path, n=2)
    refused = poll.out / "refused"
    refused.mkdir()
    for path in list(poll.out.glob("[!.]*.*")):
        (refused / path.name).write_bytes(path.read_bytes())
    fill_in(poll, "refused/review.csv", value=["female", ""])
    poll.combine()
    assert labels(poll) == {"p0": "female"}
    assert not refused.exists()
