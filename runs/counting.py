"""Counts what happens in a run, and passes it on to whoever watches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..configs.notices import Notice
    from ..extraction.asking.channels import Channel
    from ..extraction.asking.observer import Observer


@dataclass
class ModelTally:
    """What one model did in this call.

    Attributes:
        model: Its name.
        requests: Requests that were planned.
        cells: Cells that these ask.
        cached_cells: Cells that needed no asking, those that wait in batches left out.
        attempts: Requests that were sent, repeated ones included.
        answers: Requests that were answered.
        unusable: Answers without a usable vote.
        failures: Requests without an answer.
        input_tokens: Tokens sent, as far as the vendor counted them.
        output_tokens: Tokens received, likewise.
        cost_usd: What its answers cost; None where a price is not known.
        rate_limited: Attempts that got a 429.
        stop_reason: Why the model was stopped, or None.
        dropped_options: Options that the vendor refused and that were no longer sent.
        form: How strictly the model was asked to keep to the schema in the end.
    """

    model: str
    requests: int = 0
    cells: int = 0
    cached_cells: int = 0
    attempts: int = 0
    answers: int = 0
    unusable: int = 0
    failures: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0
    rate_limited: int = 0
    stop_reason: str | None = None
    dropped_options: tuple[str, ...] = ()
    form: str = "none"

    @property
    def has_failed(self) -> bool:
        """Whether it was stopped, or asked and never gave a usable answer."""
        has_usable_answer = self.answers > self.unusable
        return self.stop_reason is not None or (self.ended_requests > 0 and not has_usable_answer)

    @property
    def ended_requests(self) -> int:
        """Requests that are over, one way or the other."""
        return self.answers + self.failures

    @property
    def tokens(self) -> int:
        """Tokens sent and received."""
        return self.input_tokens + self.output_tokens

    def to_json(self) -> dict[str, Any]:
        """The counts by name, for `--log-format json`."""
        counts = asdict(self)
        del counts["model"]
        return counts

    def add_plan(self, *, requests: int, cells: int, cached_cells: int) -> None:
        """Count further work."""
        self.requests += requests
        self.cells += cells
        self.cached_cells += cached_cells

    def add_answer(
        self, *, usable: bool, input_tokens: int, output_tokens: int, cost_usd: float | None
    ) -> None:
        """Count an answer."""
        self.answers += 1
        if not usable:
            self.unusable += 1
        self.input_tokens += input_tokens
        self.output_tokens += output_tokens
        if self.cost_usd is None or cost_usd is None:
            self.cost_usd = None
        else:
            self.cost_usd += cost_usd

    def close(self, channel: Channel) -> None:
        """Take over what the caller has learned about its model."""
        caller = channel.caller
        self.attempts = caller.counts.attempts
        self.rate_limited = caller.counts.rate_limited
        self.dropped_options = tuple(sorted(caller.refused_options))
        self.form = caller.form


class CountingObserver:
    """An observer that counts, in front of another one.

    Args:
        observer: Hears of everything too.
        models: Names of the models that are asked.
    """

    def __init__(self, observer: Observer, models: Sequence[str]) -> None:
        self._observer = observer
        self._tallies = {name: ModelTally(name) for name in models}

    @property
    def tallies(self) -> tuple[ModelTally, ...]:
        """What each model did, in the order of the config."""
        return tuple(self._tallies.values())

    def on_plan(self, model: str, *, requests: int, cells: int, cached_cells: int) -> None:
        """See `Observer`."""
        self._tallies[model].add_plan(requests=requests, cells=cells, cached_cells=cached_cells)
        self._observer.on_plan(model, requests=requests, cells=cells, cached_cells=cached_cells)

    def on_answer(
        self,
        model: str,
        *,
        usable: bool,
        input_tokens: int,
        output_tokens: int,
        cost_usd: float | None,
    ) -> None:
        """See `Observer`."""
        self._tallies[model].add_answer(
            usable=usable,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost_usd=cost_usd,
        )
        self._observer.on_answer(
            model,
            usable=usable,
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost_usd=cost_usd,
        )

    def on_failure(self, model: str, error: str) -> None:
        """See `Observer`."""
        self._tallies[model].failures += 1
        self._observer.on_failure(model, error)

    def on_stop(self, model: str, reason: str) -> None:
        """See `Observer`."""
        self._tallies[model].stop_reason = reason
        self._observer.on_stop(model, reason)

    def note(self, text: str) -> None:
        """See `Observer`."""
        self._observer.note(text)

    def warning(self, notice: Notice) -> None:
        """See `Observer`."""
        self._observer.warning(notice)

    def close(self, channel: Channel) -> None:
        """Take over what the caller has learned about its model."""
        self._tallies[channel.name].close(channel)
