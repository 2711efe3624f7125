"""One pacer per account: all workers of its models draw their starts from it, in their order.

Where the limits are known, from the config or from response headers, requests start at an even pace
just under them. Where they are not, few requests start at first, soon more, and a 429 sets the pace
to what got through (`rates.py`).
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ...configs.settings import Limits, ModelSettings
from .open_files import connections_for_each
from .rate_limit_headers import RateLimits, read_rate_limits
from .rates import LearnedRate, SlotClock, Start
from .slow_start import Cooldown, SlowStart

DEFAULT_CONCURRENCY = 64
# Requests reach the server less evenly than they leave; this much slack keeps that from costing a
# 429.
_SAFETY = 0.98


def open_pacers(models: Iterable[ModelSettings]) -> dict[str, Pacer]:
    """One pacer for each account, by the models' `account_key`.

    Models of one account have equal limits; loading the config sees to that. Where this process may
    open few files, the accounts share what connections it can have.
    """
    limits = {model.account_key: model.limits for model in models}
    most_connections = connections_for_each(len(limits))
    return {account: Pacer(limit, most_connections) for account, limit in limits.items()}


@dataclass(frozen=True, slots=True)
class _Waiter:
    """A request that waits for its turn.

    Attributes:
        slot: Becomes its slot.
        expected_tokens: Tells how many tokens it will have.
        model: Name of the model.
    """

    slot: asyncio.Future[Slot]
    expected_tokens: Callable[[], float]
    model: str


class Pacer:
    """The start slots of one account.

    It belongs to the event loop that it is first used in, and its clock is that loop's.

    Args:
        limits: What the account allows, as far as the config says.
        most_connections: How many requests can be in flight at most; None where there is no bound.

    Attributes:
        concurrency: Most requests in flight.
        lacks_connections: Whether it would be more if this process could open more files.
    """

    def __init__(self, limits: Limits | None = None, most_connections: int | None = None) -> None:
        self._config_limits = limits or Limits()
        self.concurrency = self._config_limits.concurrency or DEFAULT_CONCURRENCY
        self.lacks_connections = False
        if most_connections is not None and most_connections < self.concurrency:
            self.concurrency = most_connections
            self.lacks_connections = True
        self._vendor_limits: dict[str, RateLimits] = {}
        self._request_clock = SlotClock()
        self._token_clock = SlotClock()
        self._learned_rate = LearnedRate()
        self._slow_start = SlowStart(self.concurrency)
        self._cooldown = Cooldown()
        self._queue: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._in_flight = 0
        self._set_rates(0.0)

    @property
    def in_flight(self) -> int:
        """Requests that have started and not ended."""
        return self._in_flight

    @property
    def requests_per_minute(self) -> float | None:
        """The pace at which requests start; None where no limit is known or was met."""
        return _per_minute(self._request_clock.per_s)

    @property
    def tokens_per_minute(self) -> float | None:
        """The same for tokens."""
        return _per_minute(self._token_clock.per_s)

    async def start(self, expected_tokens: Callable[[], float], model: str = "") -> Slot:
        """Wait for the turn of a request; it then is in flight until its slot is told how it ended.

        Args:
            expected_tokens: Tells how many tokens prompt and answer will have; called when the
                request starts, because much may be learned of that while it waits.
            model: Name of the model; vendors tell each model's limits in its own responses.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._queue and self._free_at(now) <= now:
            return self._begin(now, expected_tokens(), model, from_queue=False)
        slot: asyncio.Future[Slot] = loop.create_future()
        self._queue.append(_Waiter(slot, expected_tokens, model))
        self._dispatch(now)
        try:
            return await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled() and slot.exception() is None:
                slot.result().on_failure()
            raise

    def dismiss(self, model: str, error: Callable[[], Exception]) -> None:
        """Send away the requests of a model that wait for their turn.

        Args:
            model: Name of the model.
            error: Makes what `start` raises for each of them.
        """
        for waiter in self._queue:
            if waiter.model == model and not waiter.slot.done():
                waiter.slot.set_exception(error())

    def _free_at(self, now: float) -> float:
        """When the next request may start; infinity where only the end of another can tell."""
        blocked_until = self._blocked_until(now)
        if blocked_until > now:
            self._request_clock.forgo(now)
            self._token_clock.forgo(now)
        return max(blocked_until, self._request_clock.next_at, self._token_clock.next_at)

    def _blocked_until(self, now: float) -> float:
        """Until when nothing may start, whatever the rates allow."""
        if self._cooldown.is_probing:
            return math.inf
        if self._in_flight < self._slow_start.slots(now):
            return self._cooldown.until
        has_free_slots = self._in_flight < self.concurrency
        return self._slow_start.ramp_at if has_free_slots else math.inf

    def _waits_for_rate(self, now: float) -> bool:
        """Whether it is the rate of requests, and nothing else, that somebody waits for."""
        return bool(self._queue) and self._request_clock.next_at > now >= self._cooldown.until

    def _begin(self, now: float, tokens: float, model: str, *, from_queue: bool) -> Slot:
        self._in_flight += 1
        self._cooldown.begin()
        self._request_clock.book(now, 1, from_queue=from_queue)
        self._token_clock.book(now, tokens, from_queue=from_queue)
        return Slot(self, self._learned_rate.start(now), tokens, model)

    def _dispatch(self, now: float) -> None:
        """Start whoever may start now, and wake up again when the next one may."""
        while self._queue:
            waiter = self._queue[0]
            if waiter.slot.done():  # it was cancelled or sent away
                self._queue.popleft()
                continue
            free_at = self._free_at(now)
            if free_at > now:
                self._wake_at(free_at)
                return
            self._queue.popleft()
            tokens = waiter.expected_tokens()
            waiter.slot.set_result(self._begin(now, tokens, waiter.model, from_queue=True))

    def _wake_at(self, time: float) -> None:
        if math.isinf(time):
            return
        if self._timer is not None:
            if self._timer.when() <= time:
                return
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_at(time, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self._dispatch(asyncio.get_running_loop().time())

    def _end(self, now: float) -> None:
        self._in_flight -= 1
        self._cooldown.is_probing = False
        self._dispatch(now)

    def _on_answer(self, slot: Slot, tokens: float | None, headers: Mapping[str, str]) -> None:
        now = asyncio.get_running_loop().time()
        self._slow_start.grow()
        self._cooldown.lift()
        has_new_limits = self._note_limits(slot.model, headers)
        has_new_rate = self._learned_rate.update(now, waits_for_rate=self._waits_for_rate(now))
        if has_new_limits or has_new_rate:
            self._set_rates(now)
        if tokens is not None:
            self._token_clock.correct(now, tokens - slot.tokens)
        self._end(now)

    def _on_refusal(self, slot: Slot, retry_after_s: float | None) -> None:
        now = asyncio.get_running_loop().time()
        self._token_clock.correct(now, -slot.tokens)
        ever_let_through = self._learned_rate.refuse(now, slot.start)
        if ever_let_through:
            self._slow_start.finish()
        else:
            self._slow_start.shrink_to(self._in_flight - 1)
        begins_cooldown = self._cooldown.refuse(
            now, slot.start.at, retry_after_s, ever_let_through=ever_let_through
        )
        if begins_cooldown:
            self._learned_rate.pause()
        self._learned_rate.update(now, waits_for_rate=self._waits_for_rate(now))
        self._set_rates(now)
        self._end(now)

    def _on_outage(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._cooldown.fail(now):
            self._slow_start.begin_anew()
            self._learned_rate.pause()
        self._end(now)

    def _note_limits(self, model: str, headers: Mapping[str, str]) -> bool:
        """Take note of the limits in a response; whether they are news."""
        if not headers:
            return False
        limits = read_rate_limits(headers)
        if limits == self._vendor_limits.get(model, RateLimits()):
            return False
        self._vendor_limits[model] = limits
        return True

    def _set_rates(self, now: float) -> None:
        """Set the clocks to the tightest limits: config's or else vendor's, and those met."""
        vendor_limits = self._vendor_limits.values()
        requests = self._config_limits.requests_per_minute or _least(
            limits.requests_per_minute for limits in vendor_limits
        )
        tokens = self._config_limits.tokens_per_minute or _least(
            limits.tokens_per_minute for limits in vendor_limits
        )
        if requests is not None or tokens is not None:
            self._slow_start.finish()
        self._request_clock.set_rate(now, min(_per_s(requests), self._learned_rate.per_s))
        self._token_clock.set_rate(now, _per_s(tokens))


class Slot:
    """The turn of one request; tell it once how the request ended."""

    __slots__ = ("_pacer", "model", "start", "tokens")

    def __init__(self, pacer: Pacer, start: Start, tokens: float, model: str) -> None:
        self._pacer = pacer
        self.start = start
        self.tokens = tokens
        self.model = model

    def on_answer(self, tokens: float | None, headers: Mapping[str, str]) -> None:
        """It was answered.

        Args:
            tokens: Tokens of prompt and answer as the vendor counted them; None where it did not.
            headers: The rate-limit headers of the response.
        """
        self._pacer._on_answer(self, tokens, headers)

    def on_refusal(self, retry_after_s: float | None) -> None:
        """It got a 429, perhaps with a time to wait."""
        self._pacer._on_refusal(self, retry_after_s)

    def on_outage(self) -> None:
        """Its server had no answer for it, and may have one later."""
        self._pacer._on_outage()

    def on_failure(self) -> None:
        """It failed for a reason that says nothing of limits, or was never sent."""
        self._pacer._end(asyncio.get_running_loop().time())


def _least(limits: Iterable[float | None]) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _per_s(per_minute: float | None) -> float:
    return math.inf if per_minute is None else per_minute / 60 * _SAFETY


def _per_minute(per_s: float) -> float | None:
    return None if math.isinf(per_s) else per_s * 60
