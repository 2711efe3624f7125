import json
from datetime import UTC, datetime

import pytest

from attrx.cli.tables import add_row, new_table
from attrx.cli.terminal import Terminal
from attrx.configs.notices import Notice


def terminal(**kept: object) -> Terminal:
    made = Terminal(now=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    for name, value in kept.items():
        setattr(made, name, value)
    return made


def test_messages_go_to_stderr_and_tables_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    printing = terminal()
    printing.note("a note")
    printing.warning(Notice("no_answer", "a warning"))
    table = new_table("model", "cells>")
    add_row(table, "[bold]one[/bold]\x1b[2J", "12")
    printing.show(table)
    printed = capsys.readouterr()
    assert printed.err == "a note\nWARNING: a warning\n"
    assert [line.split() for line in printed.out.splitlines() if "one" in line] == [
        ["[bold]one[/bold]", "12"]
    ]


def test_quiet_holds_back_notes_and_tables_that_nobody_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printing = terminal(quiet=True)
    printing.note("a note")
    printing.warning(Notice("no_answer", "a warning"))
    printing.show(new_table("by the way"))
    printing.show(new_table("asked for"), asked_for=True)
    printed = capsys.readouterr()
    assert printed.err == "WARNING: a warning\n"
    assert "by the way" not in printed.out
    assert "asked for" in printed.out


def test_as_json_every_message_is_one_line_with_time_level_and_event(
    capsys: pytest.CaptureFixture[str],
) -> None:
    printing = terminal(log_format="json")
    printing.note("wrote [x]\x1b[1m", "wrote", path="out/values.csv")
    printing.warning(Notice("below_chance", "two\nlines", ("one",), (("*", "gender"),)))
    assert [json.loads(line) for line in capsys.readouterr().err.splitlines()] == [
        {
            "time": "2026-01-02T03:04:05.000+00:00",
            "level": "info",
            "event": "wrote",
            "message": "wrote [x]",
            "path": "out/values.csv",
        },
        {
            "time": "2026-01-02T03:04:05.000+00:00",
            "level": "warning",
            "event": "warning",
            "message": "two\nlines",
            "kind": "below_chance",
            "text": "two\nlines",
            "models": ["one"],
            "groups": [["*", "gender"]],
        },
    ]


def test_a_long_message_is_not_broken_into_lines(capsys: pytest.CaptureFixture[str]) -> None:
    terminal().note("word " * 100)
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_table_in_a_pipe_is_not_squeezed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    table = new_table("a" * 70, "b" * 70)
    terminal().show(table)
    [header, *_] = capsys.readouterr().out.splitlines()
    assert header.split() == ["a" * 70, "b" * 70]


def test_progress_is_drawn_only_on_a_terminal_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not terminal().live
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    assert terminal().live
    assert not terminal(quiet=True).live
    assert not terminal(log_format="json").live


@pytest.mark.parametrize("width", ["0", "00", "", " "])
def test_a_width_of_nothing_is_no_width(
    width: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    monkeypatch.setenv("LINES", "0")
    printing = terminal()
    printing.error("no such file", "Name another one.")
    table = new_table("a", "b>")
    add_row(table, "one", "1")
    printing.show(table)
    printed = capsys.readouterr()
    assert printed.err == "ERROR: no such file\nHint: Name another one.\n"
    assert "one" in printed.out
