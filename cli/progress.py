"""How a run is watched: a live table on a terminal, lines from time to time everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..configs.notices import Notice
from ..configs.wording import cost, sum_of_costs, thousands
from ..runs.counting import ModelTally
from . import formatting
from .terminal import Terminal

if TYPE_CHECKING:
    from ..extraction.asking.observer import Observer
    from .wide_table import WideTable

SECONDS_BETWEEN_LINES = 30.0
_REFRESHES_PER_SECOND = 4

Clock = Callable[[], float]


@dataclass
class ModelProgress:
    """Where one model stands.

    Attributes:
        tally: What it has done so far.
        first_s: Clock time when its first work was planned.
    """

    tally: ModelTally
    first_s: float = 0.0

    def seconds_left(self, now_s: float) -> float | None:
        """How long what is planned will take at the speed so far.

        None before the first request is over.
        """
        ended_requests = self.tally.ended_requests
        if self.tally.stop_reason is not None or not ended_requests:
            return None
        open_requests = max(self.tally.requests - ended_requests, 0)
        return (now_s - self.first_s) / ended_requests * open_requests


@dataclass
class Progress:
    """An observer that counts per model; its two kinds differ in how they show the counts.

    Attributes:
        terminal: Where notes and warnings go.
        clock: Seconds, from any start.
        models: Model -> where it stands, in the order in which the models appeared.
    """

    terminal: Terminal
    clock: Clock = time.monotonic
    models: dict[str, ModelProgress] = field(default_factory=dict)

    def on_plan(self, model: str, *, requests: int, cells: int, cached_cells: int) -> None:
        """Count further work of a model."""
        tally = self._tally(model)
        tally.add_plan(requests=requests, cells=cells, cached_cells=cached_cells)
        self._show_change()

    def on_answer(
        self,
        model: str,
        *,
        usable: bool,
        input_tokens: int,
        output_tokens: int,
        cost_usd: float | None,
    ) -> None:
        """Count an answer."""
        self._tally(model).add_answer(
            usable=usable,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost_usd=cost_usd,
        )
        self._show_change()

    def on_failure(self, model: str, error: str) -> None:
        """Count a request without an answer; only the first failure of a model is told."""
        tally = self._tally(model)
        tally.failures += 1
        if tally.failures == 1:
            notice = Notice("request_failed", f"{model}: {error}", (model,))
            self.terminal.warning(notice, "failed", model=model)
        self._show_change()

    def on_stop(self, model: str, reason: str) -> None:
        """Say that a model is over for this run."""
        self._tally(model).stop_reason = reason
        notice = Notice("model_stopped", f"{model} was stopped: {reason}", (model,))
        self.terminal.warning(notice, "stopped", model=model)
        self._show_change()

    def note(self, text: str) -> None:
        """Print a note."""
        self.terminal.note(text)

    def warning(self, notice: Notice) -> None:
        """Print a warning."""
        self.terminal.warning(notice)

    def cost_usd(self) -> float | None:
        """What all models have cost so far; None where a price is not known."""
        return sum_of_costs(model.tally.cost_usd for model in self.models.values())

    def _tally(self, model: str) -> ModelTally:
        if model not in self.models:
            self.models[model] = ModelProgress(ModelTally(model), first_s=self.clock())
        return self.models[model].tally

    def _show_change(self) -> None:
        """Called after every change; a live table draws itself, and needs no call."""


@dataclass
class ProgressLines(Progress):
    """Says every so often where each model stands that has moved since."""

    seconds_between: float = SECONDS_BETWEEN_LINES
    _last_lines_s: float | None = None
    _requests_at_last_line: dict[str, int] = field(default_factory=dict)

    def say(self) -> None:
        """Print a line for each model that has moved since its last line."""
        has_moved = False
        for name, model in self.models.items():
            ended_requests = model.tally.ended_requests
            if ended_requests != self._requests_at_last_line.get(name, 0):
                self._requests_at_last_line[name] = ended_requests
                self._say_model(model)
                has_moved = True
        total = self.cost_usd()
        if has_moved and len(self.models) > 1 and total != 0:
            usd = None if total is None else round(total, 6)
            self.terminal.note(f"all models: cost {cost(total)}", "progress_total", cost_usd=usd)
        self._last_lines_s = self.clock()

    def _show_change(self) -> None:
        if self._last_lines_s is None:
            self._last_lines_s = self.clock()
        elif self.clock() - self._last_lines_s >= self.seconds_between:
            self.say()

    def _say_model(self, model: ModelProgress) -> None:
        tally = model.tally
        seconds_left = model.seconds_left(self.clock())
        cost_usd = tally.cost_usd
        self.terminal.note(
            self._line(model, seconds_left),
            "progress",
            model=tally.model,
            requests=tally.requests,
            answered=tally.answers,
            unusable=tally.unusable,
            failed=tally.failures,
            cached=tally.cached_cells,
            tokens=tally.tokens,
            cost_usd=None if cost_usd is None else round(cost_usd, 6),
            seconds_left=None if seconds_left is None else round(seconds_left),
        )

    def _line(self, model: ModelProgress, seconds_left: float | None) -> str:
        tally = model.tally
        parts = [f"{thousands(tally.ended_requests)} of {thousands(tally.requests)} requests"]
        if tally.failures:
            parts.append(f"{thousands(tally.failures)} failed")
        parts.append(f"{thousands(tally.cached_cells)} cells cached")
        parts.append(f"{thousands(tally.tokens)} tokens")
        parts.append(f"cost {cost(tally.cost_usd)}")
        if seconds_left:
            parts.append(f"{formatting.duration(seconds_left)} left")
        return f"{tally.model}: {', '.join(parts)}"


@dataclass
class ProgressTable(Progress):
    """A table that a terminal draws over and over."""

    def table(self) -> WideTable | str:
        """The table as of now; before anything is planned, what is being done."""
        from .tables import TOTAL, add_row, new_table

        if not self.models:
            return "reading the input"
        table = new_table(
            "model", "requests>", "cells cached>", "failed>", "tokens>", "cost>", "left>"
        )
        for model in self.models.values():
            tally = model.tally
            duration = formatting.duration(model.seconds_left(self.clock()))
            add_row(
                table,
                tally.model,
                f"{thousands(tally.ended_requests)} / {thousands(tally.requests)}",
                thousands(tally.cached_cells),
                thousands(tally.failures),
                thousands(tally.tokens),
                cost(tally.cost_usd),
                duration if tally.stop_reason is None else "stopped",
            )
        total = self.cost_usd()
        if len(self.models) > 1 and total != 0:
            add_row(table, TOTAL, "", "", "", "", cost(total), "")
        return table


@contextmanager
def observing(terminal: Terminal, clock: Clock = time.monotonic) -> Iterator[Observer]:
    """The observer that suits the terminal.

    Where a run breaks off, how far it came stays to be seen; where it ends well, that is left to
    its table of results, unless a program reads the lines.
    """
    if terminal.live:
        with _live_table(terminal, clock) as table:
            yield table
    else:
        with _lines(terminal, clock) as lines:
            yield lines


@contextmanager
def _lines(terminal: Terminal, clock: Clock) -> Iterator[ProgressLines]:
    lines = ProgressLines(terminal, clock)
    try:
        yield lines
    except BaseException:
        lines.say()
        raise
    if terminal.log_format == "json":
        lines.say()


@contextmanager
def _live_table(terminal: Terminal, clock: Clock) -> Iterator[ProgressTable]:
    from rich.live import Live

    progress = ProgressTable(terminal, clock)
    live = Live(
        get_renderable=progress.table,
        console=terminal.err,
        refresh_per_second=_REFRESHES_PER_SECOND,
        transient=True,
    )
    with live:
        try:
            yield progress
        except BaseException:
            live.transient = False
            raise
