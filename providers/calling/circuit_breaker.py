"""When a model is over for a run: at once where asking on is vain, or after the same failure again and again."""

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
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._answered_at: float | None = None
        self._last = ""
        self._in_a_row = 0
        self.cause: ProviderError | None = None

    def check(self) -> None:
        """Raise if the model has been stopped.

        Raises:
            ModelStopped: It has; its cause is the error that stopped it.
        """
        if self.cause is not None:
            raise self.error()

    def error(self) -> ModelStopped:
        """What is said of every request to a stopped model."""
        cause = self.cause or ProviderError("")
        again = "" if cause.stops_model else f" {SAME_FAILURES} times, and nothing else"
        error = ModelStopped(
            f"model '{self._name}' is asked nothing more in this run, because it said{again}: {cause.message}",
            provider=cause.provider,
            status=cause.status,
            request_id=cause.request_id,
            hint=cause.hint,
        )
        error.__cause__ = cause
        return error

    def answered(self, reply: Reply) -> None:
        """A request was answered, though perhaps with a refusal."""
        if reply.finish in ("refused", "filtered"):
            self._count(
                ProviderError(f"it {reply.finish} every request: {reply.text[:200]!r}"), reply.text
            )
        else:
            self._answered_at = _now()
            self._in_a_row = 0

    def failed(self, error: ProviderError) -> None:
        """A request was given up."""
        if error.stops_model:
            self.cause = self.cause or error
        else:
            self._count(error, error.message)

    def _count(self, error: ProviderError, said: str) -> None:
        """Count failures that are alike: refusals only as long as nothing was answered, outages at any time."""
        if self._answered_at is not None and not error.retryable:
            return
        kind = _OUTAGE if error.retryable else _VARYING.sub("#", said)
        self._in_a_row = self._in_a_row + 1 if kind == self._last else 1
        self._last = kind
        silent = self._answered_at is None or _now() - self._answered_at >= LONGEST_OUTAGE_S
        if self._in_a_row >= SAME_FAILURES and silent:
            self.cause = self.cause or error


def _now() -> float:
    return asyncio.get_running_loop().time()
