"""When a model is over for a run: at once where asking on is vain, or after one failure often."""

from __future__ import annotations

import asyncio
import re

from ...configs.errors import ModelStopped, ProviderError
from ..protocol import Reply

SAME_FAILURES = 20
# A model that has answered before is given this long to come back.
LONGEST_OUTAGE_S = 600.0
_OUTAGE = "outage"
# Ids and numbers that differ from one refusal to the next.
_VARYING = re.compile(r"\b(?:[\w-]*\d[\w-]*)\b")


class CircuitBreaker:
    """Decides that one model is asked nothing more.

    Args:
        name: The model's name.

    Attributes:
        cause: The error after which the model is asked nothing more; None as long as it is asked.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._last_answer_at: float | None = None
        self._last_kind = ""
        self._failures_in_a_row = 0
        self.cause: ProviderError | None = None

    def check(self) -> None:
        """Raise if the model has been stopped.

        Raises:
            ModelStopped: It has; its cause is the error that stopped it.
        """
        if self.cause is not None:
            raise self.error()

    def error(self) -> ModelStopped:
        """What every request to a stopped model gets."""
        cause = self.cause or ProviderError("")
        how_often = "" if cause.stops_model else f" {SAME_FAILURES} times, and nothing else"
        error = ModelStopped(
            f"model '{self._name}' is asked nothing more in this run, because it said{how_often}:"
            f" {cause.message}",
            provider=cause.provider,
            status=cause.status,
            request_id=cause.request_id,
            hint=cause.hint,
        )
        error.__cause__ = cause
        return error

    def on_answer(self, reply: Reply) -> None:
        """A request was answered, though perhaps with a refusal."""
        if reply.finish in ("refused", "filtered"):
            message = f"it {reply.finish} every request: {reply.text[:200]!r}"
            self._count(ProviderError(message), reply.text)
        else:
            self._last_answer_at = _now()
            self._failures_in_a_row = 0

    def on_failure(self, error: ProviderError) -> None:
        """A request was given up."""
        if error.stops_model:
            self.cause = self.cause or error
        else:
            self._count(error, error.message)

    def _count(self, error: ProviderError, text: str) -> None:
        """Count like failures: refusals only until the first answer, outages at any time."""
        if self._last_answer_at is not None and not error.retryable:
            return
        kind = _OUTAGE if error.retryable else _VARYING.sub("#", text)
        if kind != self._last_kind:
            self._failures_in_a_row = 0
        self._failures_in_a_row += 1
        self._last_kind = kind
        if self._failures_in_a_row >= SAME_FAILURES and self._is_silent():
            self.cause = self.cause or error

    def _is_silent(self) -> bool:
        """Whether it has never answered, or not for so long that it will hardly come back."""
        if self._last_answer_at is None:
            return True
        return _now() - self._last_answer_at >= LONGEST_OUTAGE_S


def _now() -> float:
    return asyncio.get_running_loop().time()
