"""Requests that a vendor refuses, held back until it shows whether the model is at fault.

A request that is refused after its model has answered others is not asked again by itself: its text
is too long, or stopped by a filter. But where all are refused from some moment on, it is the model,
its settings or its vendor; then none of them is settled for good. So what was refused is final only
once the model has given another vote, or the call has ended without stopping it. What a kill takes
from here has cost nothing, and is asked again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ...configs.errors import ForbiddenError, ProviderError, RefusedRequestError
from ..cache.journal import Answer
from ..planning.plan import Question
from .channels import Channel


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request without an answer.

    Attributes:
        questions: Those that it asked.
        key: Its key.
        error: What the vendor said.
    """

    questions: list[Question]
    key: bytes
    error: ProviderError


@dataclass
class Refusals:
    """The refusals of a bucket whose worth is not known yet, by name of the model."""

    _of_model: dict[str, list[Refusal]] = field(default_factory=dict)

    def hold(self, channel: Channel, refusal: Refusal) -> bool:
        """Hold back a failure, if it may be a refusal for good.

        Before a model's first answer a refusal is due to the config as likely as not; only a 403
        may be about its product even then.
        """
        has_answered = channel.caller.counts.answers > 0
        is_refusal = isinstance(refusal.error, RefusedRequestError) and has_answered
        if not (is_refusal or isinstance(refusal.error, ForbiddenError)):
            return False
        self._of_model.setdefault(channel.name, []).append(refusal)
        return True

    def settle(self, channel: Channel) -> list[Answer]:
        """The rows of what was held back of a model: final, unless it is stopped by now."""
        caller = channel.caller
        final = caller.stop_cause is None and caller.counts.answers > 0
        rows: list[Answer] = []
        for refusal in self._of_model.pop(channel.name, []):
            if final:
                channel.outcomes.add_refusal(refusal.error.message)
            rows += channel.recorder.failure_rows(
                refusal.questions, refusal.key, refusal.error, final=final
            )
        return rows
