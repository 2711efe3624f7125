"""A text in a CSV file is one text to whoever reads the file."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest

from attrx.outputs.files import open_rows, write_frame

TEXTS = ("plain", "a,b", 'say "hi"', "over\nthe line", "over\rthe line", "over\r\nthe line", "\r")


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_goes_over_the_line_is_read_back(text: str, tmp_path: Path) -> None:
    with open_rows(tmp_path / "rows.csv", ["id", "text"]) as rows:
        rows.writerow(["1", text])
        rows.writerow(["2", "next"])
    write_frame(tmp_path / "frame.csv", pd.DataFrame({"id": ["1", "2"], "text": [text, "next"]}))
    for path in (tmp_path / "rows.csv", tmp_path / "frame.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            assert list(csv.reader(file)) == [["id", "text"], ["1", text], ["2", "next"]]
        assert path.read_bytes().endswith(b"2,next\n")
