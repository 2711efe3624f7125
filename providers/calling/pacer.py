"""One pacer per account: all workers of all its models draw their starts from it, first come first served.

Where the limits are known, from the config or from response headers, requests start at an even pace
just under them. Where they are not, few requests start at first, soon more, and a 429 sets the pace
to what got through (`rates.py`).
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Mapping

from ...configs.settings import Limits, ModelSettings
from .rate_limit_headers import RateLimits, read_rate_limits
from .rates import LearnedRate, SlotClock, Start
from .slow_start import Cooldown, SlowStart

DEFAULT_CONCURRENCY = 64
# Requests reach the server less evenly than they leave; this much room keeps that from costing a
# 429.
_SAFETY = 0.98


def open_pacers(models: Iterable[ModelSettings]) -> dict[str, Pacer]:
    """One pacer for each account, by the models' `account_key`.

    Models of one account have equal limits; loading the config sees to that.
    """
    return {model.account_key: Pacer(model.limits) for model in models}


class Pacer:
    """The start slots of one account.

    It belongs to the event loop that it is first used in, and its clock is that loop's.

    Args:
        limits: What the account allows, as far as the config says.

    Attributes:
        concurrency: Most requests in flight.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self._configured = limits or Limits()
        self.concurrency = self._configured.concurrency or DEFAULT_CONCURRENCY
        self._told: dict[str, RateLimits] = {}
        self._requests = SlotClock()
        self._tokens = SlotClock()
        self._learned = LearnedRate()
        self._slow_start = SlowStart(self.concurrency)
        self._hold = Cooldown()
        self._waiting: deque[tuple[asyncio.Future[Slot], Callable[[], float], str]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._in_flight = 0
        self._pace(0.0)

    @property
    def in_flight(self) -> int:
        """Requests that have started and not ended."""
        return self._in_flight

    @property
    def requests_per_minute(self) -> float | None:
        """The pace at which requests start; None where no limit is known or was met."""
        return None if math.isinf(self._requests.per_s) else self._requests.per_s * 60

    @property
    def tokens_per_minute(self) -> float | None:
        """The same for tokens."""
        return None if math.isinf(self._tokens.per_s) else self._tokens.per_s * 60

    async def start(self, expected_tokens: Callable[[], float], model: str = "") -> Slot:
        """Wait for the turn of a request, then count it as in flight until its slot is told how it ended.

        Args:
            expected_tokens: Tells how many tokens prompt and answer will have; asked when the
                request starts, because much may be learned of that while it waits.
            model: Name of the model; vendors tell each model's limits in its own responses.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        if not self._waiting and self._free_at(now) <= now:
            return self._begin(now, expected_tokens(), model, queued=False)
        waiter: asyncio.Future[Slot] = loop.create_future()
        self._waiting.append((waiter, expected_tokens, model))
        self._dispatch(now)
        try:
            return await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled() and waiter.exception() is None:
                waiter.result().failed()
            raise

    def dismiss(self, model: str, error: Callable[[], Exception]) -> None:
        """Send away the requests of a model that wait for their turn.

        Args:
            model: Name of the model.
            error: Makes what `start` raises for each of them.
        """
        for waiter, _, waiting_for in self._waiting:
            if waiting_for == model and not waiter.done():
                waiter.set_exception(error())

    def _free_at(self, now: float) -> float:
        """When the next request may start: a time, or infinity where only the end of another request can tell."""
        blocked_until = self._blocked_until(now)
        if blocked_until > now:
            self._requests.forgo(now)
            self._tokens.forgo(now)
        return max(blocked_until, self._requests.next_at, self._tokens.next_at)

    def _blocked_until(self, now: float) -> float:
        """Until when nothing may start, whatever the rates allow."""
        if self._hold.probing:
            return math.inf
        if self._in_flight >= self._slow_start.room(now):
            return self._slow_start.ramp_at if self._in_flight < self.concurrency else math.inf
        return self._hold.until

    def _pressed(self, now: float) -> bool:
        """Whether it is the rate of requests, and nothing else, that somebody waits for."""
        return bool(self._waiting) and self._requests.next_at > now >= self._hold.until

    def _begin(self, now: float, tokens: float, model: str, *, queued: bool) -> Slot:
        self._in_flight += 1
        self._hold.begin()
        self._requests.book(now, 1, queued=queued)
        self._tokens.book(now, tokens, queued=queued)
        return Slot(self, self._learned.start(now), tokens, model)

    def _dispatch(self, now: float) -> None:
        """Start whoever may start now, and wake up again when the next one may."""
        while self._waiting:
            waiter, expected_tokens, model = self._waiting[0]
            if waiter.done():  # it was cancelled or sent away
                self._waiting.popleft()
                continue
            free_at = self._free_at(now)
            if free_at > now:
                self._wake_at(free_at)
                return
            self._waiting.popleft()
            waiter.set_result(self._begin(now, expected_tokens(), model, queued=True))

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
        self._hold.probing = False
        self._dispatch(now)

    def _answered(self, slot: Slot, tokens: float | None, headers: Mapping[str, str]) -> None:
        now = asyncio.get_running_loop().time()
        self._slow_start.widen()
        self._hold.lift()
        news = self._heed(slot.model, headers)
        if self._learned.update(now, pressed=self._pressed(now)) or news:
            self._pace(now)
        if tokens is not None:
            self._tokens.correct(now, tokens - slot.tokens)
        self._end(now)

    def _refused(self, slot: Slot, retry_after_s: float | None) -> None:
        now = asyncio.get_running_loop().time()
        self._tokens.correct(now, -slot.tokens)
        ever_let_through = self._learned.refuse(now, slot.began)
        if ever_let_through:
            self._slow_start.finish()
        else:
            self._slow_start.narrow(self._in_flight - 1)
        if self._hold.refuse(now, slot.began.at, retry_after_s, ever_let_through=ever_let_through):
            self._learned.pause()
        self._learned.update(now, pressed=self._pressed(now))
        self._pace(now)
        self._end(now)

    def _heed(self, model: str, headers: Mapping[str, str]) -> bool:
        """Take note of the limits in a response; whether they are news."""
        if not headers:
            return False
        seen = read_rate_limits(headers)
        if seen == self._told.get(model, RateLimits()):
            return False
        self._told[model] = seen
        return True

    def _pace(self, now: float) -> None:
        """Set the clocks to the tightest limits: the config's or else the vendor's, and those met on the way."""
        requests = self._configured.requests_per_minute or _least(
            seen.requests_per_minute for seen in self._told.values()
        )
        tokens = self._configured.tokens_per_minute or _least(
            seen.tokens_per_minute for seen in self._told.values()
        )
        if requests is not None or tokens is not None:
            self._slow_start.finish()
        self._requests.set_rate(now, min(_per_s(requests), self._learned.per_s))
        self._tokens.set_rate(now, _per_s(tokens))


class Slot:
    """The turn of one request; tell it once how the request ended."""

    __slots__ = ("_pacer", "began", "model", "tokens")

    def __init__(self, pacer: Pacer, began: Start, tokens: float, model: str) -> None:
        self._pacer = pacer
        self.began = began
        self.tokens = tokens
        self.model = model

    def answered(self, tokens: float | None, headers: Mapping[str, str]) -> None:
        """It was answered.

        Args:
            tokens: Tokens of prompt and answer as the vendor counted them; None where it did not.
            headers: The rate-limit headers of the response.
        """
        self._pacer._answered(self, tokens, headers)

    def refused(self, retry_after_s: float | None) -> None:
        """It got a 429, perhaps with a time to wait."""
        self._pacer._refused(self, retry_after_s)

    def failed(self) -> None:
        """It failed for a reason that says nothing of limits, or was never sent."""
        self._pacer._end(asyncio.get_running_loop().time())


def _least(limits: Iterable[float | None]) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _per_s(per_minute: float | None) -> float:
    return math.inf if per_minute is None else per_minute / 60 * _SAFETY
