"""When a model is over for a run: at once where asking on is vain, or after one failure often."""

from __future__ import annotations

import asyncio
import math
import re

from ...configs.errors import (
    DeadAnswer,
    ForbiddenError,
    LongWaitError,
    ModelStopped,
    ProviderError,
    RateLimitError,
    UnusableAnswersError,
)
from ..protocol import Reply
from .vain_requests import Charge, StopRule, VainRequests

SAME_FAILURES = 20
# A model that has answered before is given this long to come back, another one this long to come.
LONGEST_OUTAGE_S = 600.0
LONGEST_FIRST_OUTAGE_S = 60.0
_OUTAGE = "outage"
_CUT_OFF = "cut off"
_EMPTY = "empty"
_UNREADABLE = "without a value that could be read"
_REFUSED_REQUEST = "refused by the vendor"
# Why an answer ended -> why it could not be used.
_FATES = {"empty": _EMPTY, "refused": "refused by the model", "filtered": "held back by a filter"}
# Ids and numbers that differ from one refusal to the next.
_VARYING = re.compile(r"\b(?:[\w-]*\d[\w-]*)\b")


class CircuitBreaker:
    """Decides that one model is asked nothing more.

    Args:
        name: The model's name.
        rule: How much may be spent on it without a usable vote.

    Attributes:
        cause: The error after which the model is asked nothing more; None as long as it is asked.
    """

    def __init__(self, name: str, rule: StopRule) -> None:
        self._name = name
        self._last_answer_at: float | None = None
        self._last_kind = ""
        self._failures_in_a_row = 0
        self._dead_answers_in_a_row = 0
        self._outages_in_a_row = 0
        self._outage_began_at = math.inf
        self._vain_requests = VainRequests(rule)
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
        if isinstance(cause, DeadAnswer):
            how_often = f" {SAME_FAILURES} times in a row"
        reason = f"because it said{how_often}: {cause.message}"
        if isinstance(cause, LongWaitError | UnusableAnswersError):
            reason = f"because {cause.message}"
        error = ModelStopped(
            f"model '{self._name}' is asked nothing more in this run, {reason}",
            provider=cause.provider,
            status=cause.status,
            request_id=cause.request_id,
            hint=cause.hint,
        )
        error.__cause__ = cause
        return error

    def on_answer(self, reply: Reply) -> None:
        """A request was answered, though perhaps with a refusal."""
        if reply.finish not in ("refused", "filtered"):
            self._last_answer_at = _now()
            self._failures_in_a_row = 0

    @property
    def most_questions(self) -> float:
        """How many questions may be under way now; no bound where the model is over."""
        return math.inf if self.cause is not None else self._vain_requests.most_questions

    def on_live_attempt(self) -> None:
        """An attempt got an answer, whatever is in it."""
        self._dead_answers_in_a_row = 0
        self._outages_in_a_row = 0

    def on_failed_attempt(self, error: ProviderError) -> None:
        """An attempt failed; attempts count, however many are made for one question.

        A response without an answer in it may be paid for: a server that gives nothing else is
        asked at most `SAME_FAILURES` times, and what is on its way by then; also one that answered
        before. One that is down is given time.
        """
        if isinstance(error, DeadAnswer):
            self._dead_answers_in_a_row += 1
        elif error.retryable and not isinstance(error, RateLimitError):
            if self._outages_in_a_row == 0:
                self._outage_began_at = _now()
            self._outages_in_a_row += 1
        is_down = self._outages_in_a_row >= SAME_FAILURES and self._is_given_up()
        if is_down or self._dead_answers_in_a_row >= SAME_FAILURES:
            self.cause = self.cause or error

    def on_usable(self) -> None:
        """An answer gave a vote."""
        self._vain_requests.on_usable()

    def on_unusable(self, reply: Reply, charge: Charge) -> None:
        """An answer gave no vote; after so many in a row the model is over."""
        self._vain_requests.on_answer(fate_of(reply), charge)
        self._stop_if_vain(None)

    def _stop_if_vain(self, last_failure: ProviderError | None) -> None:
        if self._vain_requests.is_too_much:
            self.cause = self.cause or self._unusable(last_failure)

    def _unusable(self, last_failure: ProviderError | None) -> UnusableAnswersError:
        """The error of a model of whose last answers none was of use, with the remedy."""
        fates = self._vain_requests.fates.most_common()
        how = ", ".join(f"{count} {fate}" for fate, count in fates)
        total = self._vain_requests.fates.total()
        last = "last " if self._vain_requests.was_ever_usable else ""
        said = f": {last_failure.message}" if last_failure is not None else ""
        remedy = _remedy(fates[0][0], self._name)
        return UnusableAnswersError(
            f"none of its {last}{total} answers could be used ({how}){said}",
            hint=f"{remedy}; `--retry-failed` asks again what is not asked again by itself",
        )

    def on_failure(self, error: ProviderError) -> None:
        """A request was given up."""
        if error.stops_model:
            self.cause = self.cause or error
        else:
            self._count(error)

    def _count(self, error: ProviderError) -> None:
        """Count like failures (refusals only until the first answer), and what brought no vote."""
        is_forbidden = isinstance(error, ForbiddenError)
        is_refusal = not error.retryable and not is_forbidden
        if self._last_answer_at is None or not is_refusal:
            self._count_alike(_OUTAGE if error.retryable else _VARYING.sub("#", error.message))
        failures = max(self._failures_in_a_row, self._outages_in_a_row)
        if failures >= SAME_FAILURES and (is_forbidden or self._is_silent()):
            self.cause = self.cause or error
        if is_refusal:
            self._vain_requests.on_refusal(_REFUSED_REQUEST)
            self._stop_if_vain(error)

    def _count_alike(self, kind: str) -> None:
        if kind != self._last_kind:
            self._failures_in_a_row = 0
        self._failures_in_a_row += 1
        self._last_kind = kind

    def _is_silent(self) -> bool:
        """Whether it has never answered, or not for so long that it will hardly come back."""
        if self._last_answer_at is None:
            return True
        return _now() - self._last_answer_at >= LONGEST_OUTAGE_S

    def _is_given_up(self) -> bool:
        """Whether an outage has lasted too long."""
        if self._last_answer_at is None:
            return _now() - self._outage_began_at >= LONGEST_FIRST_OUTAGE_S
        return self._is_silent()


def fate_of(reply: Reply) -> str:
    """Why an answer could not be used, as messages tell it."""
    if reply.finish == "length":
        limit = f" at {reply.max_tokens:,} tokens" if reply.max_tokens else ""
        return f"{_CUT_OFF}{limit}"
    return _FATES.get(reply.finish, _UNREADABLE)


def _remedy(fate: str, name: str) -> str:
    """What to do about a fate."""
    if fate.startswith(_CUT_OFF):
        return f"raise `max_tokens` under model '{name}'; what was cut off is asked again then"
    if fate == _EMPTY:
        return f"try `structured: none` under model '{name}'"
    if fate == _UNREADABLE:
        return (
            f"look at the answers (`attrx cache export`), and try `structured: none` under model"
            f" '{name}' or another prompt `style`"
        )
    if fate == _REFUSED_REQUEST:
        return f"look at what the vendor says, and at the settings of model '{name}'"
    return "look at what the vendor says about your texts"


def _now() -> float:
    return asyncio.get_running_loop().time()
