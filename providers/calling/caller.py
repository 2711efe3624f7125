"""One model as the rest of attrx asks it: at its account's pace, again after failures, in the form that it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        cut_off: Answers that were asked again with more room.
    """

    attempts: int = 0
    answers: int = 0
    retries: int = 0
    rate_limited: int = 0
    failures: int = 0
    cut_off: int = 0


class _Asking:
    """One request on its way to an answer.

    Attributes:
        sent: The request as it was sent last.
        failed: FormNegotiation of answer that did not work for it.
    """

    __slots__ = ("failed", "sent")

    def __init__(self, request: Request) -> None:
        self.sent = request
        self.failed: list[Form] = []


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
        self._without: frozenset[str] = frozenset()
        self._stopping = CircuitBreaker(model.name)

    @property
    def form(self) -> Form:
        """The form of answer that the model is asked for now, where a prompt asks for JSON."""
        return self._forms.current

    @property
    def refused_options(self) -> frozenset[str]:
        """Options that the vendor refused, and that are no longer sent."""
        return self._without

    @property
    def stop_cause(self) -> ProviderError | None:
        """The error after which the model is asked nothing more; None as long as it is asked."""
        return self._stopping.cause

    async def call(self, request: Request) -> Reply:
        """Get the answer to a request.

        Args:
            request: Its `form` and `without` are filled in here.

        Raises:
            ModelStopped: The model is over for this run.
            ProviderError: This request got no answer.
            AttrxError: What `on_attempt` raised.
        """
        self._stopping.check()
        try:
            reply = await self._with_room(request)
        except ProviderError as error:
            self._stopping.failed(error)
            self._dismiss_if_stopped()
            if error.stops_model:
                self._stopping.check()
            raise
        self._stopping.answered(reply)
        self._dismiss_if_stopped()
        return reply

    async def close(self) -> None:
        """Release the provider's connections."""
        await self._provider.close()

    def _dismiss_if_stopped(self) -> None:
        """Keep requests from waiting for a turn that they would not use, and that others of the account could."""
        if self._stopping.cause is not None:
            self._pacer.dismiss(self.model.name, self._stopping.error)

    async def _with_room(self, request: Request) -> Reply:
        """Ask, and where the answer was cut off once more with twice the room; the first answer beats none."""
        reply = await self._in_form(_Asking(request))
        if reply.finish != "length":
            return reply
        self.counts.cut_off += 1
        try:
            longer = await self._in_form(
                _Asking(replace(request, max_tokens=2 * request.max_tokens))
            )
        except AttrxError:
            return reply
        return _with_tokens_of(longer, reply)

    async def _in_form(self, asking: _Asking) -> Reply:
        """Ask in the strictest form that works; an answer that does not keep its form beats none, too."""
        unkept: list[Reply] = []
        while True:
            try:
                reply = await self._permitted(asking)
            except AttrxError as error:
                if unkept:
                    return _with_tokens_of(*unkept)
                if not (
                    isinstance(error, ProviderError) and self._forms.blames(error, asking.sent.form)
                ):
                    raise
            else:
                if self._forms.keeps(reply, asking.sent.form):
                    break
                unkept.append(reply)
            asking.failed.append(asking.sent.form)
        for form in asking.failed:
            self._forms.served_without(form)
        return _with_tokens_of(reply, *unkept)

    async def _permitted(self, asking: _Asking) -> Reply:
        """Ask without the options that the vendor refuses; each is found out once."""
        while True:
            try:
                return await self._retried(asking)
            except RefusedRequestError as error:
                option = error.refused_option
                if option is None or option == "structured" or option in asking.sent.without:
                    raise
                self._without |= {option}

    async def _retried(self, asking: _Asking) -> Reply:
        """Ask, and again after failures that may pass."""
        try:
            return await self._attempt(asking)
        except ProviderError as error:
            if not self._may_pass(error, asking):
                raise
            first = error

        async def again() -> Reply:
            self.counts.retries += 1
            return await self._attempt(asking)

        return await retry_after_failure(first, again, lambda error: self._may_pass(error, asking))

    def _may_pass(self, error: BaseException, asking: _Asking) -> bool:
        """Whether the same request may succeed later."""
        return (
            isinstance(error, ProviderError)
            and error.retryable
            and not self._forms.named_in(error, asking.sent.form)
        )

    async def _attempt(self, asking: _Asking) -> Reply:
        """Send a request once, when the account lets it, with what has been learned by then."""
        self._stopping.check()
        slot = await self._pacer.start(
            lambda: self.tokens.expected_tokens(asking.sent), self.model.name
        )
        try:
            self._stopping.check()
            request = self._as_of_now(asking)
            settle = self._on_attempt(request)
        except BaseException:
            slot.failed()
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
        slot.answered(_used(reply), reply.headers)
        settle(reply)
        return reply

    def _as_of_now(self, asking: _Asking) -> Request:
        """Choose form and options at the last moment: others may have found out about them while this one waited."""
        form = (
            self._forms.next_after(asking.failed) if asking.sent.json_schema is not None else "none"
        )
        if form != asking.sent.form or self._without != asking.sent.without:
            asking.sent = replace(asking.sent, form=form, without=self._without)
        return asking.sent

    async def _ask(self, request: Request) -> Reply:
        """Ask the provider; what it raises against its contract fails this request, and no other."""
        try:
            return await self._provider.ask(request)
        except AttrxError:
            raise
        except Exception as error:
            raise RefusedRequestError(
                f"model '{self.model.name}': provider '{self.model.provider}' broke: {type(error).__name__}: {error}",
                provider=self.model.provider,
                hint="this is a mistake in the provider; please report it with this message",
            ) from error

    def _count_failure(self, slot: Slot, error: BaseException) -> None:
        if isinstance(error, RateLimitError):
            self.counts.rate_limited += 1
            slot.refused(error.retry_after_s)
        else:
            self.counts.failures += 1
            slot.failed()


def _used(reply: Reply) -> float | None:
    """Tokens of prompt and answer together, as far as the vendor counted them."""
    return None if reply.input_tokens is None else reply.input_tokens + (reply.output_tokens or 0)


def _nothing_to_settle(request: Request) -> Settle:
    return _ignore


def _ignore(reply: Reply | None) -> None:
    """Nobody keeps a budget."""


def _with_tokens_of(kept: Reply, *others: Reply) -> Reply:
    """A reply with the tokens of those that were thrown away for it: the vendor counts them too."""
    if not others:
        return kept
    replies = (kept, *others)
    return replace(
        kept,
        input_tokens=_sum(reply.input_tokens for reply in replies),
        output_tokens=_sum(reply.output_tokens for reply in replies),
    )


def _sum(counts: Iterable[int | None]) -> int | None:
    """The sum; None where a part of it is not known."""
    known = list(counts)
    return None if None in known else sum(count for count in known if count is not None)
