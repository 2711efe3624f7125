"""On a narrow terminal a table is printed in parts, and nothing in it is cut."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from attrx.cli.tables import add_row, new_table
from attrx.cli.wide_table import WideTable

NAMES = [f"openrouter/meta-llama-3.{number}-70b-instruct-awq" for number in range(8)]


def printed(table: WideTable, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    console.print(table)
    text: str = console.file.getvalue()  # type: ignore[attr-defined]
    return text.splitlines()


def test_what_fits_is_one_table() -> None:
    table = new_table("model", "cells>", "cost>")
    add_row(table, "one", "1,200", "$1.00")
    lines = printed(table, 80)
    assert [line.split() for line in (lines[0], lines[2])] == [
        ["model", "cells", "cost"],
        ["one", "1,200", "$1.00"],
    ]
    assert len(lines) == 3


def test_eight_long_names_and_large_numbers_are_whole_at_80_columns() -> None:
    numbers = [f"{count:,}" for count in (1234567, 2345678, 345678, 12345, 9, 123456789, 10**10)]
    headers = ["to ask>", "sent>", "answered>", "unusable>", "failed>", "cells cached>", "tokens>"]
    table = new_table("model", *headers)
    for name in NAMES:
        add_row(table, name, *numbers)
    lines = printed(table, 80)
    assert max(map(len, lines)) <= 80
    words = " ".join(lines).split()
    for number in numbers:
        assert words.count(number) == len(NAMES)
    assert {word for word in words if word.startswith("openrouter")} == set(NAMES)
    assert "\u2026" not in " ".join(lines)


def test_names_of_models_as_columns_are_whole_too() -> None:
    table = new_table("attribute", "cells>", *(f"{name}>" for name in NAMES))
    add_row(table, "gender", "12,345", *(f"0.{number}00" for number in range(8)))
    words = " ".join(printed(table, 80)).split()
    assert [word for word in words if word.startswith("openrouter")] == NAMES
    assert [word for word in words if word.startswith("0.")] == [f"0.{n}00" for n in range(8)]


def test_a_row_without_anything_to_say_in_a_part_is_left_out_there() -> None:
    table = new_table("model", "first>", "second>")
    add_row(table, "m" * 20, "1" * 20, "2" * 20)
    add_row(table, "total", "", "3")
    lines = printed(table, 50)
    assert sum(line.startswith("total") for line in lines) == 1


@pytest.mark.parametrize("width", [30, 80])
def test_a_name_longer_than_the_terminal_is_folded(width: int) -> None:
    table = new_table("model", "cells>")
    add_row(table, "m" * 100, "1,234")
    lines = printed(table, width)
    assert "".join(lines).count("m") == 100 + len("model") - len("odel")
    assert "1,234" in " ".join(lines)


@given(
    st.lists(st.text("abc 019", min_size=1, max_size=30), min_size=2, max_size=9),
    st.integers(40, 120),
)
def test_every_sign_of_every_cell_is_printed(cells: list[str], width: int) -> None:
    table = WideTable("key", *(f"c{number}>" for number in range(len(cells) - 1)))
    table.add_row(*cells)
    text = "".join("".join(printed(table, width)).split())
    for sign in "b9":
        assert text.count(sign) >= sum(cell.count(sign) for cell in cells)
