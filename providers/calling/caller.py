"""One model as the rest of attrx asks it: at its account's pace, with retries, in its form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...configs.errors import (
    AttrxError,
    ProviderError,
    RateLimitError,
    RefusedRequestError,
)
from ...configs.settings import ModelSettings
from ..protocol import (
    FORMS,
    Form,
    Provider,
    Reply,
    Request,
)
from .circuit_breaker import CircuitBreaker
from .pacer import Pacer, Slot
from .prices import TokenMeter
from .retries import retry_after_failure
from .structured_output import FormNegotiation

# Told of a request before it is sent, it may refuse by raising an AttrxError; what it returns is
# told the reply, or None where the attempt was lost.
Settle = Callable[[Reply | None], None]
OnAttempt = Callable[[Request], Settle]


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
    """

    attempts: int = 0
    answers: int = 0
    retries: int = 0
    rate_limited: int = 0
    failures: int = 0
    cut_off: int = 0


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

    Attributes:
        counts: What happened so far.
        tokens: Bounds and estimates of the tokens of requests to this model.
    """

    def __init__(
        self,
        model: ModelSettings,
        provider: Provider,
        pacer: Pacer,
        on_attempt: OnAttempt | None = None,
    ) -> None:
        self.model = model
        self.counts = Counts()
        self.tokens = TokenMeter(model)
        self._provider = provider
        self._pacer = pacer
        self._on_attempt = on_attempt or _nothing_to_settle
        self._forms = FormNegotiation(model.structured, getattr(provider, "forms", FORMS))
        self._refused_options: frozenset[str] = frozenset()
        self._circuit_breaker = CircuitBreaker(model.name)

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

    async def call(self, request: Request) -> Reply:
        """Get the answer to a request.

        Args:
            request: Its `form` and `without` are filled in here.

        Raises:
            ModelStopped: The model is over for this run.
            ProviderError: This request got no answer.
            AttrxError: What `on_attempt` raised.
        """
        self._circuit_breaker.check()
        try:
            reply = await self._call_with_longer_limit(request)
        except ProviderError as error:
            self._circuit_breaker.on_failure(error)
            self._dismiss_if_stopped()
            if error.stops_model:
                self._circuit_breaker.check()
            raise
        self._circuit_breaker.on_answer(reply)
        self._dismiss_if_stopped()
        return reply

    async def close(self) -> None:
        """Release the provider's connections."""
        await self._provider.close()

    def _dismiss_if_stopped(self) -> None:
        """Keep requests from waiting for a turn that they would not use, and others could."""
        if self._circuit_breaker.cause is not None:
            self._pacer.dismiss(self.model.name, self._circuit_breaker.error)

    async def _call_with_longer_limit(self, request: Request) -> Reply:
        """Ask, and where the answer was cut off, once more with twice the tokens."""
        reply = await self._call_in_form(_PendingRequest(request))
        if reply.finish != "length":
            return reply
        self.counts.cut_off += 1
        longer_request = replace(request, max_tokens=2 * request.max_tokens)
        try:
            longer_reply = await self._call_in_form(_PendingRequest(longer_request))
        except AttrxError:
            return reply
        return _with_tokens_of(longer_reply, reply)

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
            and not self._forms.named_in(error, pending.request.form)
        )

    async def _attempt(self, pending: _PendingRequest) -> Reply:
        """Send a request once, when the account lets it, with what has been learned by then."""
        self._circuit_breaker.check()
        slot = await self._pacer.start(
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
            settle(None)
            self._count_failure(slot, error)
            raise
        self.counts.answers += 1
        self.tokens.learn(request, reply)
        slot.on_answer(_total_tokens(reply), reply.headers)
        settle(reply)
        return reply

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
            return await self._provider.ask(request)
        except AttrxError:
            raise
        except Exception as error:
            raise RefusedRequestError(
                f"model '{self.model.name}': provider '{self.model.provider}' broke:"
                f" {type(error).__name__}: {error}",
                provider=self.model.provider,
                hint="this is a mistake in the provider; please report it with this message",
            ) from error

    def _count_failure(self, slot: Slot, error: BaseException) -> None:
        if isinstance(error, RateLimitError):
            self.counts.rate_limited += 1
            slot.on_refusal(error.retry_after_s)
        else:
            self.counts.failures += 1
            slot.on_failure()


def _total_tokens(reply: Reply) -> float | None:
    """Tokens of prompt and answer together, as far as the vendor counted them."""
    return None if reply.input_tokens is None else reply.input_tokens + (reply.output_tokens or 0)


def _nothing_to_settle(request: Request) -> Settle:
    return _ignore


def _ignore(reply: Reply | None) -> None:
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
