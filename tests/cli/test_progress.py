import json
from contextlib import suppress
from typing import Any

import pytest
from rich.console import Console

from attrx.cli.progress import ModelProgress, Progress, ProgressLines, ProgressTable, observing
from attrx.cli.terminal import Terminal
from attrx.configs.notices import Notice
from attrx.extraction.asking.observer import Observer
from attrx.runs.counting import ModelTally


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def answer(progress: Observer, model: str, cost_usd: float | None = 0.5) -> None:
    progress.on_answer(model, usable=True, input_tokens=90, output_tokens=10, cost_usd=cost_usd)


def test_what_is_left_follows_from_the_speed_so_far() -> None:
    # 4 of 10 requests took 20 s, 5 s each: the other 6 take 30 s.
    assert seconds_left(requests=10, answers=3, failures=1) == 30
    assert seconds_left(requests=10) is None
    assert seconds_left(requests=10, answers=4, stop_reason="its key is wrong") is None
    assert seconds_left(requests=4, answers=4) == 0


def seconds_left(**tally: Any) -> float | None:
    """Of a model that began 20 s ago."""
    return ModelProgress(ModelTally("one", **tally), first_s=100).seconds_left(120)


def test_work_that_is_planned_later_adds_up() -> None:
    progress = Progress(Terminal())
    progress.on_plan("one", requests=3, cells=6, cached_cells=1)
    progress.on_plan("one", requests=2, cells=4, cached_cells=5)
    assert progress.models["one"].tally.requests == 5
    assert progress.models["one"].tally.cells == 10
    assert progress.models["one"].tally.cached_cells == 6


def test_one_answer_without_a_price_makes_the_cost_unknown() -> None:
    progress = Progress(Terminal())
    answer(progress, "one")
    answer(progress, "one", None)
    answer(progress, "one")
    assert progress.models["one"].tally.cost_usd is None
    assert progress.models["one"].tally.tokens == 300


def test_lines_come_from_time_to_time_and_only_of_models_that_moved(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = Clock()
    progress = ProgressLines(Terminal(), clock, seconds_between=10)
    progress.on_plan("one", requests=4, cells=8, cached_cells=1200)
    progress.on_plan("two", requests=4, cells=8, cached_cells=0)
    answer(progress, "one")
    assert capsys.readouterr().err == ""
    clock.now_s += 10
    answer(progress, "one")
    assert capsys.readouterr().err == (
        "one: 2 of 4 requests, 1,200 cells cached, 200 tokens, cost $1.00, 10 s left\n"
        "all models: cost $1.00\n"
    )
    clock.now_s += 9
    answer(progress, "two")
    assert capsys.readouterr().err == ""
    clock.now_s += 1
    answer(progress, "two")
    assert (
        capsys.readouterr().err
        == "two: 2 of 4 requests, 0 cells cached, 200 tokens, cost $1.00, 20 s left\n"
        "all models: cost $2.00\n"
    )


def test_a_models_first_failure_is_told_and_the_others_are_counted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    progress = ProgressLines(Terminal(), Clock())
    progress.on_plan("one", requests=3, cells=3, cached_cells=0)
    progress.on_failure("one", "no answer in 60 s")
    progress.on_failure("one", "no answer in 60 s")
    assert capsys.readouterr().err == "WARNING: one: no answer in 60 s\n"
    progress.say()
    assert "2 failed" in capsys.readouterr().err


def test_as_json_progress_is_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.log_format = "json"
    with observing(terminal, Clock()) as progress:
        progress.on_plan("one", requests=2, cells=4, cached_cells=3)
        progress.on_answer("one", usable=False, input_tokens=5, output_tokens=2, cost_usd=0.25)
    [line] = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    numbers = {
        key: record[key]
        for key in ("requests", "answered", "unusable", "failed", "cached", "tokens", "cost_usd")
    }
    assert record["event"] == "progress"
    assert numbers == {
        "requests": 2,
        "answered": 1,
        "unusable": 1,
        "failed": 0,
        "cached": 3,
        "tokens": 7,
        "cost_usd": 0.25,
    }


def test_where_a_run_breaks_off_the_last_lines_say_how_far_it_came(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail() -> None:
        with observing(Terminal(), Clock()) as progress:
            progress.on_plan("one", requests=2, cells=4, cached_cells=3)
            progress.on_answer("one", usable=True, input_tokens=5, output_tokens=2, cost_usd=None)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert capsys.readouterr().err.startswith("one: 1 of 2 requests")


def test_quiet_says_only_what_went_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.quiet = True
    with observing(terminal, Clock()) as progress:
        progress.on_plan("one", requests=2, cells=4, cached_cells=3)
        progress.note("a note")
        progress.on_stop("one", "the key is wrong (401)")
    assert capsys.readouterr().err == "WARNING: one was stopped: the key is wrong (401)\n"


def test_the_table_shows_each_model_and_reads_no_name_as_markup() -> None:
    clock = Clock()
    progress = ProgressTable(Terminal(), clock)
    progress.on_plan("[red]one", requests=1000, cells=2000, cached_cells=34)
    answer(progress, "[red]one", 0.02)
    progress.on_failure("[red]one", "lost")
    clock.now_s += 4
    console = Console(width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(progress.table())
    # 2 requests in 4 s; 998 are left: 1996 s = 33 min 16 s.
    assert captured.get().splitlines()[-1].split() == [
        "[red]one", "2", "/", "1,000", "34", "1", "100", "$0.0200", "33", "min", "16", "s",
    ]  # fmt: skip


def test_on_a_terminal_the_table_is_drawn(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    with observing(Terminal(), Clock()) as progress:
        progress.on_plan("one", requests=1, cells=2, cached_cells=0)
        answer(progress, "one")
        progress.warning(Notice("no_answer", "something odd"))
    printed = capsys.readouterr().err
    assert "1 / 1" in printed
    assert "WARNING: something odd" in printed


def test_a_table_of_a_run_that_breaks_off_stays_to_be_seen(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    wipes = []
    for error in (None, KeyboardInterrupt):
        with suppress(KeyboardInterrupt), observing(Terminal(), Clock()) as progress:
            progress.on_plan("one", requests=1, cells=2, cached_cells=0)
            if error:
                raise error
        wipes.append(capsys.readouterr().err.count("\x1b[2K"))
    assert wipes[0] > wipes[1]


def test_before_anything_is_planned_no_empty_table_is_drawn() -> None:
    assert ProgressTable(Terminal(), Clock()).table() == "reading the input"
