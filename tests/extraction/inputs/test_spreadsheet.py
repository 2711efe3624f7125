from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.extraction.inputs.spreadsheet import from_spreadsheet, spreadsheet_safe
from attrx.outputs.files import _safe_column

FORMULAS = {
    "a formula": "=1+1",
    "a sum": "+cmd|' /C calc'!A0",
    "a difference": "-2+3+cmd|' /C calc'!A0",
    "a function of old": "@SUM(1+1)",
    "a tab in front": "\t=1",
    "a return in front": "\r=1",
    "a line feed in front": "\n=1",
    "a line feed alone": "\nred",
    "a blank in front": " =1",
    "a byte order mark in front": "\ufeff=1",
    "a blank that does not break in front": "\u00a0=1",
    "a wide blank in front": "\u3000=1",
    "a sign without width in front": "\u200b=1",
    "a mark of direction in front": "\u202e=1",
    "a NUL in front": "\x00=1",
    "a full-width equals sign": "＝1+1",
    "a full-width plus": "＋1+1",
    "a full-width minus": "－1+1",
    "a full-width at": "＠SUM(1)",
    "an apostrophe in front": "'=1",
    "a list": "- cotton\n- wool",
}
PLAIN = ["red", "-5", " -5", "+1.5", "-1,5e-3", "1=1", "a\n=1", "'quoted'", "", "size 3-5", "–5 °C"]


def as_arrow(texts: list[str]) -> list[str]:
    column = pa.chunked_array([pa.array(texts, pa.string())])
    written: list[str] = _safe_column(column, "title").to_pylist()
    return written


@pytest.mark.parametrize("text", FORMULAS.values(), ids=FORMULAS)
def test_a_text_that_would_run_is_written_with_an_apostrophe_and_read_without(text: str) -> None:
    assert spreadsheet_safe(text) == f"'{text}"
    assert from_spreadsheet(f"'{text}") == text
    assert as_arrow([text]) == [f"'{text}"]


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_and_numbers_stay_as_they_are(text: str) -> None:
    assert spreadsheet_safe(text) == text
    assert from_spreadsheet(text) == text
    assert as_arrow([text]) == [text]


@given(st.text(alphabet=st.sampled_from("=+-@＝－ \t\r\n\ufeff\u200b'15.,eEa\x00")))
def test_both_writers_write_any_text_alike_and_it_comes_back(text: str) -> None:
    assert as_arrow([text]) == [spreadsheet_safe(text)]
    assert from_spreadsheet(spreadsheet_safe(text)) == text
