"""What is too large, too deep or packed too well is told before it fills a memory."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attrx.configs.errors import InputError
from attrx.configs.settings import InputSettings
from attrx.extraction.inputs import bounds, delimited_text, json_objects, parquet_table, workbook
from attrx.extraction.inputs.formats import open_table

SETTINGS = InputSettings(id="sku", text=("title",))
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    "{rows}</sheetData></worksheet>"
)


@pytest.fixture(autouse=True)
def small_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds in thousands, so that the tests need no room."""
    for module in (bounds, delimited_text, parquet_table):
        monkeypatch.setattr(module, "MOST_FIELD_CHARACTERS", 10_000)
    for module in (bounds, json_objects):
        monkeypatch.setattr(module, "MOST_LINE_CHARACTERS", 20_000)
    monkeypatch.setattr(json_objects, "CHUNK_CHARACTERS", 5_000)
    monkeypatch.setattr(bounds, "FREE_BYTES", 100_000)
    monkeypatch.setattr(bounds, "MOST_IN_MEMORY_BYTES", 100_000)
    monkeypatch.setattr(workbook, "FREE_PART_BYTES", 100_000)


def error_of(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        list(open_table(path, SETTINGS).rows)
    return raised.value.message.removeprefix(f"{path}")


@pytest.mark.parametrize(
    "row", ["p2," + "a" * 30_000, '"p2","' + "a" * 30_000 + '"', "p2," + "a" * 30_000 + ",\n"]
)
def test_a_line_that_does_not_end_is_told_by_row_and_column(tmp_path: Path, row: str) -> None:
    path = tmp_path / "p.csv"
    path.write_text(f"sku,title\np1,short\n{row}")
    expected = ": row 2 (line 3), column 'title': a text of more than 10,000 characters"
    assert error_of(path) == expected


def test_a_text_of_many_lines_is_bounded_too(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text('sku,title\np1,"' + ("a" * 99 + "\n") * 300 + '"\n')
    assert error_of(path) == ": row 1 (line 2): field larger than field limit (10000)"


def test_a_long_text_within_the_bound_is_read(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text("sku,title\np1," + "a" * 9_999 + "\n")
    assert [len(title) for _, title in open_table(path, SETTINGS).rows] == [9_999]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("p.jsonl", '{"sku": "1", "title": "' + "a" * 30_000, ": line 1 has more than 20,000"),
        ("p.json", '[{"sku": "1", "title": "' + "a" * 60_000, ": item 1 is not JSON within 20,000"),
        ("p.json", '[{"sku": nonsense' + ',"a": 1' * 9_000, ": item 1 is not JSON within 20,000"),
        ("p.json", " " * 30_000 + "[]", ": line 1 has more than 20,000"),
    ],
)
def test_json_that_does_not_end_is_told(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert error_of(path).startswith(message)


def test_an_array_in_one_line_may_be_as_long_as_it_likes(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    path.write_text(json.dumps([{"sku": str(n), "title": "a" * 500} for n in range(400)]))
    assert len(list(open_table(path, SETTINGS).rows)) == 400


@pytest.mark.parametrize("depth", [300, 100_000])
@pytest.mark.parametrize("form", ['{"sku": "1", "title": X}', '[{"sku": "1", "title": X}]'])
def test_lists_in_lists_are_told(
    tmp_path: Path, depth: int, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_LINE_CHARACTERS", 1_000_000)
    path = tmp_path / "p.jsonl"
    path.write_text(form.replace("X", "[" * depth + "]" * depth))
    assert "lists in lists, too deep" in error_of(path)


def test_half_characters_are_read_as_unreadable_signs(tmp_path: Path) -> None:
    path = tmp_path / "p.jsonl"
    path.write_text('{"sku": "\\ud800", "title": "\\ud83d\\ude00 \\udfff"}')
    assert list(open_table(path, SETTINGS).rows) == [("\ufffd", "\N{GRINNING FACE} \ufffd")]


@pytest.mark.parametrize("name", ["p.csv", "p.jsonl"])
def test_too_many_columns_are_told(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MOST_COLUMNS", 100)
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text("sku,title," + ",".join(f"c{n}" for n in range(100)) + "\n")
    else:
        rows = [json.dumps({"sku": str(n), f"key {n}": n}) for n in range(200)]
        path.write_text("\n".join(rows))
    assert "columns, more than 100" in error_of(path)


def test_signs_of_zero_bytes_are_signs_like_others(tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_bytes(b"sku,title\np1,a\0b\n")
    assert list(open_table(path, SETTINGS).rows) == [("p1", "a\0b")]


def test_a_packed_file_that_unpacks_to_many_times_its_size_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.csv.gz"
    path.write_bytes(gzip.compress(b"sku,title\n" + b"p,a\n" * 100_000))
    assert error_of(path) == ": unpacks to more than 200 times its size"


@pytest.mark.parametrize("name", ["p.parquet.gz", "p.xlsx.gz"])
def test_what_must_be_unpacked_into_memory_is_bounded(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"\0" * 200_000))
    assert "unpacks to more than" in error_of(path)


def test_a_long_text_of_parquet_is_told_by_row_and_column(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    table = pa.table({"sku": ["1", "2", "3"], "title": ["a", "b" * 20_000, "c"]})
    pq.write_table(table, path)
    assert error_of(path) == ": row 2, column 'title': a text of more than 10,000 bytes"
    pq.write_table(table, path, row_group_size=1)
    assert error_of(path) == ": column 'title': a text of more than 10,000 bytes"


def test_a_text_that_parquet_names_once_for_many_rows_counts_in_each(tmp_path: Path) -> None:
    path = tmp_path / "p.parquet"
    titles = pa.DictionaryArray.from_arrays(
        pa.array([0] * 1000, pa.int32()), pa.array(["a" * 9_000])
    )
    pq.write_table(pa.table({"sku": [str(n) for n in range(1000)], "title": titles}), path)
    assert error_of(path) == ": unpacks to more than 200 times its size"


def test_parquet_in_parts_is_read_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_table, "BYTES_A_READ", 1_000)
    path = tmp_path / "p.parquet"
    rows = [(str(n), f"shirt {n % 7}", n) for n in range(500)]
    ids, titles, numbers = zip(*rows, strict=True)
    pq.write_table(pa.table({"sku": ids, "title": titles, "n": numbers}), path)
    assert list(open_table(path, SETTINGS).rows) == [(*texts, str(n)) for *texts, n in rows]


def book_with(path: Path, rows: str) -> None:
    """A workbook with these rows, as XML, under a header."""
    content = io.BytesIO()
    book = openpyxl.Workbook()
    book.save(content)
    header = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>sku</t></is></c>'
        '<c r="B1" t="inlineStr"><is><t>title</t></is></c></row>'
    )
    with (
        zipfile.ZipFile(content) as source,
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        for part in source.infolist():
            text = source.read(part)
            if part.filename.endswith("sheet1.xml"):
                text = SHEET.format(rows=header + rows).encode()
            out.writestr(part.filename, text)


def test_a_workbook_whose_parts_are_packed_too_well_is_told(tmp_path: Path) -> None:
    path = tmp_path / "p.xlsx"
    book_with(path, f'<row r="2"><c t="inlineStr"><is><t>{"a" * 500_000}</t></is></c></row>')
    assert "xl/worksheets/sheet1.xml unpacks from" in error_of(path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ('<row r="999999999999"><c t="inlineStr"><is><t>1</t></is></c></row>', "more rows than"),
        ('<row r="2"><c r="A2" t="s"><v>99</v></c></row>', "broken workbook"),
        ('<row r="2"><c r="ZZZZZZZ2"><v>1</v></c></row>', "broken workbook"),
        ('<row r="x"><c><v>1</v></c></row>', "broken workbook"),
        ('<row r="2"><c', "not a workbook"),
        ('<row r="2"><c t="b"><v>maybe</v></c></row>', "broken workbook"),
        ('<row r="2"><c t="n"><v>1e</v></c></row>', "broken workbook"),
    ],
)
def test_a_workbook_that_is_not_as_it_should_be_is_told(
    tmp_path: Path, rows: str, message: str
) -> None:
    path = tmp_path / "p.xlsx"
    book_with(path, rows)
    assert message in error_of(path)


@pytest.mark.parametrize(
    ("place", "byte"),
    [(6, 0xFF), (8, 0x20), (8, 0x40), (8, 0x01)],
    ids=["version", "patched", "strong encryption", "encrypted"],
)
def test_a_workbook_of_an_archive_that_cannot_be_read_is_told(
    tmp_path: Path, place: int, byte: int
) -> None:
    path = tmp_path / "p.xlsx"
    book_with(path, '<row r="2"><c t="inlineStr"><is><t>1</t></is></c></row>')
    content = bytearray(path.read_bytes())
    start = -1
    while (start := content.find(b"PK\x01\x02", start + 1)) >= 0:  # of each part
        content[start + place] = byte
        local = content.find(b"PK\x03\x04")
        while local >= 0:
            content[local + place - 2] = byte
            local = content.find(b"PK\x03\x04", local + 1)
    path.write_bytes(content)
    assert "not a workbook" in error_of(path)
