"""One model as the rest of attrx asks it: at its account's pace, with retries, in its form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from http import HTTPStatus

from ...configs.errors import (
    AttrxError,
    EmptyAnswer,
    LongWaitError,
    ModelStopped,
    ProviderError,
    RateLimitError,
    RefusedRequestError,
    RequestTooLargeError,
)
from ...configs.settings import ModelSettings
from ..checked_reply import checked_reply
from ..protocol import (
    FORMS,
    Form,
    Provider,
    Reply,
    Request,
    facts_of_class,
)
from ..sent_requests import counting_requests
from .attempt_costs import AttemptCosts
from .circuit_breaker import CircuitBreaker
from .pacer import Pacer, Slot
from .prices import TokenMeter
from .retries import MOST_SECONDS, retry_after_failure
from .structured_output import FormNegotiation
from .token_limit import TokenLimit, is_spent_on_thoughts, token_limits
from .vain_requests import Charge, StopRule

# Told of a request before it is sent, it may refuse by raising an AttrxError; what it returns is
# told the reply, or why there is none.
Settle = Callable[[Reply | BaseException], None]
OnAttempt = Callable[[Request], Settle]

_LIMIT_WORDS = re.compile(r"max\w*tokens", re.IGNORECASE)
_MINUTES_IN_WORDS = 120


@dataclass(slots=True)
class Counts:
    """What one model was asked, in attempts.

    Attributes:
        attempts: Requests sent.
        answers: Attempts that were answered.
        retries: Attempts made again after a failure that may pass.
        rate_limited: Attempts that got a 429.
        failures: Attempts that failed otherwise.
        cut_off: Answers that were asked again with a higher token limit.
        empty: Answers without a word in them.
        output_tokens: Tokens of all answers, as far as the vendor counted them.
        thought_tokens: Those of them that were thoughts, as far as it tells.
    """

    attempts: int = 0
    answers: int = 0
    retries: int = 0
    rate_limited: int = 0
    failures: int = 0
    cut_off: int = 0
    empty: int = 0
    output_tokens: int = 0
    thought_tokens: int = 0


class _PendingRequest:
    """One request on its way to an answer.

    Attributes:
        request: The request as it was sent last.
        failures: Forms of answer that did not work for it.
    """

    __slots__ = ("failures", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.failures: list[Form] = []


class ModelCaller:
    """Asks one model.

    Args:
        model: The model's settings.
        provider: How it is reached; closed by `close`.
        pacer: Its account's pacer.
        on_attempt: Told before each attempt, for budgets.
        stop_rule: How much may be spent on the model without a usable vote.

    Attributes:
        counts: What happened so far.
        tokens: Bounds and estimates of the tokens of requests to this model.
        costs: What its attempts can cost, and are charged.
        limit: How many tokens its answers are given.
        pacer: Its account's pacer.
        doubts: What replies said that cannot be and was taken for not told -> in how many.
    """

    def __init__(
        self,
        model: ModelSettings,
        provider: Provider,
        pacer: Pacer,
        on_attempt: OnAttempt | None = None,
        stop_rule: StopRule | None = None,
    ) -> None:
        self.model = model
        self.counts = Counts()
        self.doubts: Counter[str] = Counter()
        self.tokens = TokenMeter(model)
        self.costs = AttemptCosts(model, self.tokens)
        self.limit = TokenLimit(token_limits(model, facts_of_class(provider)))
        self._provider = provider
        self.pacer = pacer
        self._on_attempt = on_attempt or _nothing_to_settle
        self._forms = FormNegotiation(model.structured, getattr(provider, "forms", FORMS))
        self._refused_options: frozenset[str] = frozenset()
        self._circuit_breaker = CircuitBreaker(model.name, stop_rule or StopRule())

    @property
    def form(self) -> Form:
        """The form of answer that the model is asked for now, where a prompt asks for JSON."""
        return self._forms.current

    @property
    def refused_options(self) -> frozenset[str]:
        """Options that the vendor refused, and that are no longer sent."""
        return self._refused_options

    @property
    def stop_cause(self) -> ProviderError | None:
        """The error after which the model is asked nothing more; None as long as it is asked."""
        return self._circuit_breaker.cause

    @property
    def stop_error(self) -> ModelStopped | None:
        """What every further request gets; None as long as the model is asked."""
        return None if self.stop_cause is None else self._circuit_breaker.error()

    def most_questions(self) -> float:
        """How many questions may be under way now, by what the model has shown so far."""
        return self._circuit_breaker.most_questions

    async def call(self, request: Request) -> Reply:
        """Get the answer to a request.

        Args:
            request: Its `form` and `without` are filled in here, and `max_tokens` where
                another limit is known by now.

        Raises:
            ModelStopped: The model is over for this run.
            ProviderError: This request got no answer.
            AttrxError: What `on_attempt` raised.
        """
        self._circuit_breaker.check()
        try:
            reply = await self._call_within_limit(request)
        except ProviderError as failure:
            error = self._as_long_wait(failure)
            self._circuit_breaker.on_failure(error)
            self._dismiss_if_stopped()
            if error.stops_model:
                self._circuit_breaker.check()
            raise
        self._circuit_breaker.on_answer(reply)
        self._dismiss_if_stopped()
        return reply

    def note_votes(self, reply: Reply, charge: Charge, *, usable: bool) -> None:
        """Take note of what an answer came to; a model that gives nothing usable is stopped.

        Args:
            reply: The answer.
            charge: What it has taken.
            usable: Whether it gave at least one vote.
        """
        if usable:
            self._circuit_breaker.on_usable()
        else:
            self._circuit_breaker.on_unusable(reply, charge)
            self._dismiss_if_stopped()

    def dismiss(self, error: AttrxError) -> None:
        """Send away the requests that wait for their turn, since nothing more is to be sent."""
        self.pacer.dismiss(self.model.name, lambda: error)

    async def close(self) -> None:
        """Release the provider's connections."""
        await self._provider.close()

    def _dismiss_if_stopped(self) -> None:
        """Keep requests from waiting for a turn that they would not use, and others could."""
        if self._circuit_breaker.cause is not None:
            self.pacer.dismiss(self.model.name, self._circuit_breaker.error)

    def _as_long_wait(self, error: ProviderError) -> ProviderError:
        """The error, as one that ends the model for this run where it asks for a long wait."""
        if not _waits_too_long(error):
            return error
        wait_s = error.retry_after_s or 0.0
        until = datetime.now().astimezone() + timedelta(seconds=wait_s)
        return LongWaitError(
            f"it asks to wait until {until:%Y-%m-%d %H:%M %Z} ({_hours(wait_s)}): {error.message}",
            provider=error.provider,
            status=error.status,
            request_id=error.request_id,
            hint="run again after that; what was answered is not asked again",
        )

    async def _call_within_limit(self, request: Request) -> Reply:
        """Ask, and where the answer was cut off, once more with more tokens."""
        limit = await self.limit.settle(request.max_tokens)
        try:
            reply = await self._call_with_limit(request, limit)
        except RefusedRequestError as error:
            is_ours = limit == self.limit.current and limit > self.model.max_tokens
            if not is_ours or not _is_about_size(error):
                raise
            self.limit.lower(self.model.max_tokens)
            reply = await self._call_with_limit(request, self.model.max_tokens)
            limit = self.model.max_tokens
        longer_limit = self.limit.second_after(limit)
        if reply.finish != "length" or longer_limit <= limit:
            return reply
        self.counts.cut_off += 1

        async def ask_longer() -> Reply:
            try:
                longer_reply = await self._call_with_limit(request, longer_limit)
            except AttrxError:
                return reply
            return _with_tokens_of(longer_reply, reply)

        if is_spent_on_thoughts(reply):
            return await self.limit.try_larger(reply, ask_longer)
        return await ask_longer()

    async def _call_with_limit(self, request: Request, max_tokens: int) -> Reply:
        limited_request = replace(request, max_tokens=max_tokens)
        pending = _PendingRequest(limited_request)
        reply = await self._call_in_form(pending)
        return replace(reply, max_tokens=max_tokens, without=self._refused_options)

    async def _call_in_form(self, pending: _PendingRequest) -> Reply:
        """Ask in the strictest form that works; an answer out of its form beats none, too."""
        poor_replies: list[Reply] = []
        while True:
            try:
                reply = await self._call_with_options(pending)
            except AttrxError as error:
                if poor_replies:
                    return _with_tokens_of(*poor_replies)
                if not self._is_due_to_form(error, pending):
                    raise
            else:
                if self._forms.keeps(reply, pending.request.form):
                    break
                poor_replies.append(reply)
            pending.failures.append(pending.request.form)
        for form in pending.failures:
            self._forms.served_without(form)
        return _with_tokens_of(reply, *poor_replies)

    def _is_due_to_form(self, error: AttrxError, pending: _PendingRequest) -> bool:
        """Whether a less strict form may help."""
        form = pending.request.form
        return isinstance(error, ProviderError) and self._forms.blames(error, form)

    async def _call_with_options(self, pending: _PendingRequest) -> Reply:
        """Ask without the options that the vendor refuses; each is learned of once."""
        while True:
            try:
                return await self._call_with_retries(pending)
            except RefusedRequestError as error:
                option = error.refused_option
                if option in (None, "structured") or option in pending.request.without:
                    raise
                self._refused_options |= {option}

    async def _call_with_retries(self, pending: _PendingRequest) -> Reply:
        """Ask, and again after failures that may pass."""
        try:
            return await self._attempt(pending)
        except ProviderError as error:
            if not self._may_pass(error, pending):
                raise
            first_failure = error

        async def attempt() -> Reply:
            self.counts.retries += 1
            return await self._attempt(pending)

        def may_pass(error: BaseException) -> bool:
            return self._may_pass(error, pending)

        return await retry_after_failure(first_failure, attempt, may_pass)

    def _may_pass(self, error: BaseException, pending: _PendingRequest) -> bool:
        """Whether the same request may succeed later."""
        return (
            isinstance(error, ProviderError)
            and error.retryable
            and not _waits_too_long(error)
            and not self._forms.named_in(error, pending.request.form)
        )

    async def _attempt(self, pending: _PendingRequest) -> Reply:
        """Send a request once, when the account lets it, with what has been learned by then."""
        self._circuit_breaker.check()
        slot = await self.pacer.start(
            lambda: self.tokens.expected_tokens(pending.request), self.model.name
        )
        try:
            self._circuit_breaker.check()
            request = self._as_of_now(pending)
            settle = self._on_attempt(request)
        except BaseException:
            slot.on_failure()
            raise
        self.counts.attempts += 1
        try:
            reply = await self._ask(request)
        except BaseException as error:
            settle(error)
            self._count_failure(slot, error)
            if isinstance(error, ProviderError):
                self._circuit_breaker.on_failed_attempt(error)
            raise
        self._circuit_breaker.on_live_attempt()
        self.doubts.update(reply.doubts)
        slot.on_answer(self.tokens.learn(request, reply), reply.headers)
        settle(reply)
        self._count_answer(reply)
        return reply

    def _count_answer(self, reply: Reply) -> None:
        """Count an answer; one without a word in it is none.

        Raises:
            EmptyAnswer: There is nothing in it.
        """
        self.counts.output_tokens += reply.output_tokens or 0
        self.counts.thought_tokens += reply.thought_tokens
        if reply.finish != "empty":
            self.counts.answers += 1
            return
        self.counts.empty += 1
        self._circuit_breaker.on_unusable(reply, Charge())
        raise EmptyAnswer(
            f"model '{self.model.name}' ({self.model.provider}): the answer was empty",
            provider=self.model.provider,
            request_id=reply.request_id,
            hint=f"try `structured: none` under model '{self.model.name}'",
        )

    def _as_of_now(self, pending: _PendingRequest) -> Request:
        """Choose form and options at the last moment, with what other requests have shown."""
        request = pending.request
        form: Form = "none"
        if request.json_schema is not None:
            form = self._forms.next_after(pending.failures)
        if form != request.form or self._refused_options != request.without:
            pending.request = replace(request, form=form, without=self._refused_options)
        return pending.request

    async def _ask(self, request: Request) -> Reply:
        """Ask the provider; what it raises against its contract fails this request alone."""
        try:
            with counting_requests(lambda: self._count_redirect(request)):
                return checked_reply(await self._provider.ask(request))
        except AttrxError:
            raise
        except Exception as error:
            raise RefusedRequestError(
                f"model '{self.model.name}': provider '{self.model.provider}' broke:"
                f" {type(error).__name__}: {error}",
                provider=self.model.provider,
                hint="this is a mistake in the provider; please report it with this message",
            ) from error

    def _count_redirect(self, request: Request) -> None:
        """Count a request that follows a redirect as an attempt, which costs nothing.

        Raises:
            AttrxError: It is one too many.
        """
        settle = self._on_attempt(request)
        settle(ProviderError("redirected", status=HTTPStatus.TEMPORARY_REDIRECT))
        self.counts.attempts += 1

    def _count_failure(self, slot: Slot, error: BaseException) -> None:
        if isinstance(error, RateLimitError) and not _waits_too_long(error):
            self.counts.rate_limited += 1
            slot.on_refusal(error.retry_after_s)
            return
        self.counts.failures += 1
        if isinstance(error, ProviderError) and error.retryable:
            slot.on_outage()
        else:
            slot.on_failure()


def _waits_too_long(error: BaseException) -> bool:
    """Whether a vendor asks for a wait that no run has the time for."""
    if not isinstance(error, ProviderError) or not error.retryable:
        return False
    return error.retry_after_s is not None and error.retry_after_s > MOST_SECONDS


def _is_about_size(error: RefusedRequestError) -> bool:
    """Whether a refusal may be due to the tokens that the answer is given."""
    if isinstance(error, RequestTooLargeError):
        return True
    return _LIMIT_WORDS.search(error.message) is not None


def _hours(seconds: float) -> str:
    """A long wait in words."""
    minutes = round(seconds / 60)
    if minutes < _MINUTES_IN_WORDS:
        return f"{minutes} minutes"
    return f"{round(minutes / 60)} hours"


def _nothing_to_settle(request: Request) -> Settle:
    return _ignore


def _ignore(outcome: Reply | BaseException) -> None:
    """Nobody keeps a budget."""


def _with_tokens_of(reply: Reply, *others: Reply) -> Reply:
    """A reply with the tokens of those that were thrown away for it: the vendor counts them too."""
    if not others:
        return reply
    replies = (reply, *others)
    return replace(
        reply,
        input_tokens=_sum([each.input_tokens for each in replies]),
        output_tokens=_sum([each.output_tokens for each in replies]),
    )


def _sum(counts: Sequence[int | None]) -> int | None:
    """The sum; None where a part of it is not known."""
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total
