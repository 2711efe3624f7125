"""Files of separated fields as programs write them.

What separates, what quotes, where the names stand.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from attrx.configs.errors import InputError
from attrx.extraction.inputs.bad_rows import BadRows
from attrx.extraction.inputs.bounds import BoundedLines
from attrx.extraction.inputs.delimited_text import read_rows
from attrx.extraction.inputs.dialect import Dialect, detect_dialect

COLUMNS = frozenset({"id", "name"})


def opened(text: str) -> Callable[[], AbstractContextManager[BoundedLines]]:
    return lambda: nullcontext(BoundedLines(io.StringIO(text, newline=""), Path("feed.csv")))


def dialect_of(text: str) -> Dialect:
    return detect_dialect(opened(text), COLUMNS)


def rows_of(text: str, *, skip: bool = False) -> tuple[list[tuple[str, ...]], BadRows]:
    bad_rows = BadRows(Path("feed.csv"), are_skipped=skip)
    return list(read_rows(opened(text), dialect_of(text), bad_rows)), bad_rows


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_a_file_in_which_all_is_quoted_is_read(separator: str, ending: str) -> None:
    lines = ['"id"{}"name"', '"1"{}"Lamp, 12"" high; red|blue"', '"2"{}"Mug"']
    text = "".join(line.format(separator) + ending for line in lines)
    rows, _ = rows_of(text)
    assert rows == [("id", "name"), ("1", 'Lamp, 12" high; red|blue'), ("2", "Mug")]


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ('"id",name\n1,Lamp\n', ","),
        ("id;name;price\n1;Lamp, red;1,50\n", ";"),
        ("name|id\nLamp, red; blue|1\n", "|"),
        ("id\tname\n1\tLamp, red\n", "\t"),
        ("sep=|\nid|name\n1|Lamp\n", "|"),
        ('"sep=;"\r\nid;name\r\n1;Lamp\r\n', ";"),
    ],
)
def test_the_separator_is_the_one_that_makes_the_columns_of_the_config(
    text: str, separator: str
) -> None:
    assert dialect_of(text).separator == separator
    assert rows_of(text)[0][0][:1] in {("id",), ("name",)}


def test_in_a_feed_of_tabs_a_quote_is_a_sign_like_any_other() -> None:
    text = 'id\tname\tprice\n7\t"Retro lamp\t5\n8\tMug\t6\n9\tScreen 24"\t7\n10\tTV 40" wide\t8\n'
    rows, _ = rows_of(text)
    assert [row[0] for row in rows[1:]] == ["7", "8", "9", "10"]
    assert rows[1][1] == '"Retro lamp'
    assert rows[3][1] == 'Screen 24"'


def test_that_is_seen_wherever_in_the_file_it_begins() -> None:
    quiet = "".join(f"{number}\tLamp {number}\t5\n" for number in range(60_000))
    text = "id\tname\tprice\n" + quiet + 'a\t"Old mug\t6\nb\tCup\t7\nc\tBowl 8"\t9\n'
    assert len(text) > 1 << 20
    assert dialect_of(text).quotes == "none"
    assert [row[0] for row in rows_of(text)[0][-3:]] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "text",
    [
        'id\tname\n1\t"tab\tin it"\n2\t"two\nlines"\n',
        'id\tname\n1\t"say ""hi"""\n2\tMug\n',
        '"id"\t"name"\n"1"\t"Lamp"\n',
    ],
)
def test_tabs_with_quotes_that_quote_are_read_so(text: str) -> None:
    assert dialect_of(text).quotes == "doubled"
    assert not any('"' in field for field in rows_of(text)[0][-1])


def test_lines_of_a_text_that_is_quoted_are_no_rows() -> None:
    rows, _ = rows_of('id,name\n1,"first\nsecond, third"\n2,Mug\n')
    assert rows[1:] == [("1", "first\nsecond, third"), ("2", "Mug")]


def test_a_backslash_before_a_quote_is_read_as_databases_write_it() -> None:
    text = 'id,name,note\n1,"Screen 24\\" wide",\\N\n2,"Mug, blue","a \\\\ b"\n'
    rows, _ = rows_of(text)
    assert rows[1:] == [("1", 'Screen 24" wide', ""), ("2", "Mug, blue", "a \\ b")]


def test_a_space_before_the_quote_is_no_part_of_the_field() -> None:
    assert rows_of('id, name\n1, "Lamp, red"\n2, "Mug"\n')[0][1:] == [
        ("1", "Lamp, red"),
        ("2", "Mug"),
    ]


def test_the_names_may_stand_further_down() -> None:
    text = "Feed=1\tVersion=7\t\nNummer\tBezeichnung\tPreis\nid\tname\tprice\n1\tLampe\t5\n"
    rows, _ = rows_of(text)
    assert rows == [("id", "name", "price"), ("1", "Lampe", "5")]


def test_rows_of_nothing_but_separators_are_none_and_so_are_empty_fields_at_the_end() -> None:
    assert rows_of("id,name\n1,Lamp,,\n,\n , \n2,Mug\n,,,\n")[0] == [
        ("id", "name"),
        ("1", "Lamp"),
        ("2", "Mug"),
    ]


def test_a_row_that_cannot_be_read_is_an_error_that_names_it() -> None:
    with pytest.raises(
        InputError, match=r"row 2 \(line 3\) has 3 fields, the header has 2"
    ) as error:
        rows_of("id\tname\n1\tLamp\n2\tMug\tred\n3\tCup\n")
    assert "input.bad_rows: skip" in error.value.hint


def test_or_it_is_left_out_and_listed() -> None:
    rows, bad_rows = rows_of("id\tname\n1\tLamp\n2\tMug\tred\n3\tCup\n", skip=True)
    assert [row[0] for row in rows] == ["id", "1", "3"]
    assert bad_rows.count == 1
    assert bad_rows.listed_rows[0].text == "2\tMug\tred\n"
    assert "1 row that cannot be read was left out: line 3" in bad_rows.summary


def test_a_quote_that_is_never_closed_costs_its_line_alone() -> None:
    body = "".join(f'{number},"Lamp, {number}"\n' for number in range(5000))
    rows, bad_rows = rows_of(
        "id,name\n" + body + '"x,Mug\n' + body.replace("Lamp", "Cup"), skip=True
    )
    assert len(rows) == 10_001
    assert bad_rows.count == 1
    assert bad_rows.listed_rows[0].line == 5002
