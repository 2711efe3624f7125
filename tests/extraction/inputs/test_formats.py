"""Products files of every kind, and the broken ones."""

from __future__ import annotations

import gzip
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attrx.configs.errors import InputError
from attrx.configs.settings import InputSettings
from attrx.extraction.inputs.formats import open_table

INPUT = InputSettings(id="sku", text=("title",))
ROWS = [("1", "Café, noir"), ("2", 'said "no"'), ("3", "two\nlines")]


def read(
    path: Path, settings: InputSettings = INPUT
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    table = open_table(path, settings)
    return table.columns, list(table.rows)


def csv_bytes(separator: str = ",", encoding: str = "utf-8") -> bytes:
    rows = ["sku|title", '1|"Café, noir"', '2|"said ""no"""', '3|"two\nlines"', ""]
    return "\n".join(rows).replace("|", separator).encode(encoding)


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz"])
@pytest.mark.parametrize("separator", [",", ";", "|", "\t"])
def test_a_csv_is_read_whatever_separates_its_columns(
    tmp_path: Path, name: str, separator: str
) -> None:
    assert read(write(tmp_path / name, csv_bytes(separator))) == (("sku", "title"), ROWS)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_an_encoding_is_detected(tmp_path: Path, encoding: str) -> None:
    assert read(write(tmp_path / "p.csv", csv_bytes(encoding=encoding)))[1] == ROWS


def test_a_given_encoding_and_separator_are_taken_at_their_word(tmp_path: Path) -> None:
    settings = InputSettings(id="sku", text=("title",), encoding="latin-1", separator=";")
    assert read(write(tmp_path / "p.csv", csv_bytes(";", "latin-1")), settings)[1] == ROWS


@pytest.mark.parametrize("name", ["p.tsv", "p.tsv.gz"])
def test_a_tsv_is_split_at_tabs_alone(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path / name, csv_bytes("\t")))[1] == ROWS


@pytest.mark.parametrize("name", ["p.jsonl", "p.ndjson.gz"])
def test_json_lines_become_text_and_may_leave_keys_out(tmp_path: Path, name: str) -> None:
    lines = [{"sku": 7, "title": "a"}, {"title": None, "sku": "8", "tags": ["x", "y"], "new": True}]
    content = b"\n".join(orjson.dumps(line) for line in lines)
    columns, rows = read(write(tmp_path / name, content))
    assert columns == ("sku", "title", "tags", "new")
    assert rows == [("7", "a", "", ""), ("8", "", '["x","y"]', "true")]


@pytest.mark.parametrize("name", ["p.parquet", "p.parquet.gz"])
def test_parquet_becomes_text(tmp_path: Path, name: str) -> None:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"sku": [1, 2], "title": ["a", None], "price": [1.5, 2.0]}), sink)
    path = write(tmp_path / name, sink.getvalue().to_pybytes())
    assert read(path)[1] == [("1", "a", "1.5"), ("2", "", "2.0")]


def test_a_cell_of_ten_megabytes_is_read_whole(tmp_path: Path) -> None:
    cell = "x" * 10_000_000
    assert read(write(tmp_path / "p.csv", f"sku,title\n1,{cell}\n".encode()))[1] == [("1", cell)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", b"", "the file is empty"),
        ("p.xls", b"PK", "cannot tell the format"),
        ("p.csv", b"sku,title\n1,a,b\n", r"row 1 \(line 2\) has 3 fields, the header has 2"),
        ("p.csv", b"sku,title\n1\n", r"row 1 \(line 2\) has 1 field, the header has 2"),
        ("p.csv", b'sku,title\n1,"a\n2,b\n', r"row 1 \(line 2\): unexpected end of data"),
        (
            "p.csv",
            b"sku,title\n1,a\n" + b"2,b\n" * 300_000 + b"3,\xff\n",
            "byte 0xff is not valid utf-8",
        ),
        ("p.jsonl", b'{"sku": 1}\n{"sku": \n', "line 2 is not JSON"),
        ("p.jsonl", b"[1]\n", "item 1: expected a JSON object, found int"),
        ("p.jsonl", b"\n\n", "no JSON object found"),
        ("p.parquet", b"PAR1 not really", "not a Parquet file"),
    ],
)
def test_a_broken_file_is_named_with_the_place(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(path)


def test_a_cut_off_gzip_is_named(tmp_path: Path) -> None:
    path = tmp_path / "p.csv.gz"
    path.write_bytes(gzip.compress(csv_bytes() * 1000)[:200])
    with pytest.raises(InputError, match="cannot be unpacked"):
        read(path)


def test_a_missing_column_names_the_nearest(tmp_path: Path) -> None:
    table = open_table(write(tmp_path / "p.csv", b"skuu,title\n1,a\n"), INPUT)
    with pytest.raises(
        InputError, match=r"no column 'sku' \(input.id\); found: skuu, title"
    ) as error:
        table.index("sku", "input.id")
    assert (
        error.value.hint
        == "did you mean 'skuu'? Name the columns of your file under 'input:' in the config."
    )


def test_a_missing_column_of_another_file_is_no_matter_of_the_config(tmp_path: Path) -> None:
    table = open_table(write(tmp_path / "p.csv", b"skuu,title\n1,a\n"), INPUT)
    with pytest.raises(InputError) as error:
        table.index("sku", "of an answers file")
    assert error.value.hint == "did you mean 'skuu'?"


def test_a_column_that_stands_twice_is_an_error_only_if_it_is_needed(tmp_path: Path) -> None:
    table = open_table(write(tmp_path / "p.csv", b"sku,title,title\n1,a,b\n"), INPUT)
    assert table.index("sku", "input.id") == 0
    with pytest.raises(InputError, match="names 'title' 2 times"):
        table.index("title", "input.text")
