"""How a run is watched: a live table on a terminal, plain or JSON lines from time to time everywhere else."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..configs.notices import Notice
from . import formatting
from .terminal import Terminal

if TYPE_CHECKING:
    from rich.table import Table

    from ..extraction.asking.observer import Observer

SECONDS_BETWEEN_LINES = 30.0
_REFRESHES_PER_SECOND = 4

Clock = Callable[[], float]


@dataclass
class Tally:
    """Where one model stands.

    Attributes:
        requests: Requests to send, as far as they are planned.
        cells: Cells that these ask.
        cached_cells: Cells that need no asking.
        answers: Requests answered so far.
        unusable: Of these, the ones without a usable vote.
        failures: Requests that got no answer.
        tokens: Tokens sent and received.
        cost_usd: What the answers cost; None as soon as one has no known price.
        is_stopped: Whether the model is over for this run.
        first_s: Clock time when its first work was planned.
    """

    requests: int = 0
    cells: int = 0
    cached_cells: int = 0
    answers: int = 0
    unusable: int = 0
    failures: int = 0
    tokens: int = 0
    cost_usd: float | None = 0.0
    is_stopped: bool = False
    first_s: float = 0.0

    @property
    def ended_requests(self) -> int:
        """Requests that are over, one way or the other."""
        return self.answers + self.failures

    def seconds_left(self, now_s: float) -> float | None:
        """How long what is planned will take at the speed so far; None before the first request is over."""
        if self.is_stopped or not self.ended_requests:
            return None
        return (
            (now_s - self.first_s)
            / self.ended_requests
            * max(self.requests - self.ended_requests, 0)
        )


@dataclass
class Progress:
    """An observer that counts per model; its two kinds differ in how they show the counts.

    Attributes:
        terminal: Where notes and warnings go.
        clock: Seconds, from any start.
        tallies: Model -> counts, in the order in which the models appeared.
    """

    terminal: Terminal
    clock: Clock = time.monotonic
    tallies: dict[str, Tally] = field(default_factory=dict)

    def on_plan(self, model: str, *, requests: int, cells: int, cached_cells: int) -> None:
        """Count further work of a model."""
        tally = self._tally(model)
        tally.requests += requests
        tally.cells += cells
        tally.cached_cells += cached_cells
        self._changed()

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
        tally = self._tally(model)
        tally.answers += 1
        tally.unusable += not usable
        tally.tokens += input_tokens + output_tokens
        tally.cost_usd = (
            None if tally.cost_usd is None or cost_usd is None else tally.cost_usd + cost_usd
        )
        self._changed()

    def on_failure(self, model: str, error: str) -> None:
        """Count a request without an answer; the first failure of a model is told, the others are counted."""
        tally = self._tally(model)
        tally.failures += 1
        if tally.failures == 1:
            notice = Notice("request_failed", f"{model}: {error}", (model,))
            self.terminal.warning(notice, "failed", model=model)
        self._changed()

    def on_stop(self, model: str, reason: str) -> None:
        """Say that a model is over for this run."""
        self._tally(model).is_stopped = True
        notice = Notice("model_stopped", f"{model} was stopped: {reason}", (model,))
        self.terminal.warning(notice, "stopped", model=model)
        self._changed()

    def note(self, text: str) -> None:
        """Print a note."""
        self.terminal.note(text)

    def warning(self, notice: Notice) -> None:
        """Print a warning."""
        self.terminal.warning(notice)

    def _tally(self, model: str) -> Tally:
        if model not in self.tallies:
            self.tallies[model] = Tally(first_s=self.clock())
        return self.tallies[model]

    def _changed(self) -> None:
        """Called after every change; a live table draws itself, and needs no call."""


@dataclass
class ProgressLines(Progress):
    """Says every so often where each model stands that has moved since."""

    seconds_between: float = SECONDS_BETWEEN_LINES
    _said_s: float | None = None
    _said: dict[str, int] = field(default_factory=dict)

    def say(self) -> None:
        """Print a line for each model that has moved since its last line."""
        for model, tally in self.tallies.items():
            if tally.ended_requests != self._said.get(model, 0):
                self._said[model] = tally.ended_requests
                self.terminal.note(
                    self._line(model, tally), "progress", **self._fields(model, tally)
                )
        self._said_s = self.clock()

    def _changed(self) -> None:
        if self._said_s is None:
            self._said_s = self.clock()
        elif self.clock() - self._said_s >= self.seconds_between:
            self.say()

    def _line(self, model: str, tally: Tally) -> str:
        parts = [
            f"{formatting.count(tally.ended_requests)} of {formatting.count(tally.requests)} requests"
        ]
        parts += [f"{formatting.count(tally.failures)} failed"] if tally.failures else []
        parts += [
            f"{formatting.count(tally.cached_cells)} cells cached",
            f"{formatting.count(tally.tokens)} tokens",
        ]
        parts += [f"cost {formatting.cost(tally.cost_usd)}"]
        left = tally.seconds_left(self.clock())
        parts += [f"{formatting.duration(left)} left"] if left else []
        return f"{model}: {', '.join(parts)}"

    def _fields(self, model: str, tally: Tally) -> dict[str, object]:
        left = tally.seconds_left(self.clock())
        return {
            "model": model,
            "requests": tally.requests,
            "answered": tally.answers,
            "unusable": tally.unusable,
            "failed": tally.failures,
            "cached": tally.cached_cells,
            "tokens": tally.tokens,
            "cost_usd": None if tally.cost_usd is None else round(tally.cost_usd, 6),
            "seconds_left": None if left is None else round(left),
        }


@dataclass
class ProgressTable(Progress):
    """A table that a terminal draws over and over."""

    def table(self) -> Table:
        """The table as of now."""
        from .tables import new_table, row

        table = new_table(
            "model", "requests>", "cells cached>", "failed>", "tokens>", "cost>", "left>"
        )
        for model, tally in self.tallies.items():
            row(
                table,
                model,
                f"{formatting.count(tally.ended_requests)} / {formatting.count(tally.requests)}",
                formatting.count(tally.cached_cells),
                formatting.count(tally.failures),
                formatting.count(tally.tokens),
                formatting.cost(tally.cost_usd),
                "stopped"
                if tally.is_stopped
                else formatting.duration(tally.seconds_left(self.clock())),
            )
        return table


@contextmanager
def observing(terminal: Terminal, clock: Clock = time.monotonic) -> Iterator[Observer]:
    """The observer that suits the terminal.

    Where a run breaks off, how far it came stays to be seen; where it ends well, that is left to
    its table of results, unless a program reads the lines.
    """
    if not terminal.live:
        lines = ProgressLines(terminal, clock)
        try:
            yield lines
        except BaseException:
            lines.say()
            raise
        if terminal.log_format == "json":
            lines.say()
        return
    from rich.live import Live

    drawn = ProgressTable(terminal, clock)
    live = Live(
        get_renderable=drawn.table,
        console=terminal.err,
        refresh_per_second=_REFRESHES_PER_SECOND,
        transient=True,
    )
    with live:
        try:
            yield drawn
        except BaseException:
            live.transient = False
            raise
