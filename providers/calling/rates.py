"""Rates that an account is held to: slots on a clock, and what is learned from what got through."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

# A timer that fires late may be made up for by this much; more would be a burst.
_LATENESS_S = 0.1

# Lengths of spans: a second, or as long as it takes to send this many requests; longer with pauses
# in them.
_SPAN_S = 1.0
_ENOUGH = 20
_WITH_PAUSES = 3
# The search for a rate: the least that is guessed, how long nothing must be refused before the
# guess is doubled, and how many refusals end the search.
_LEAST_GUESS_PER_S = 32.0
_QUIET_S = 0.25
_FEWEST_REFUSED = 5
# A known rate grows after so many calm spans, by 1 % and then twice as much each time.
_CALM_SPANS = 10
_FIRST_GROWTH = 0.01
_MOST_GROWTH = 0.5
# Some servers refuse now and then for nothing. How fast that is found out, and the largest such
# share.
_NOISE_PER_SPAN = 0.2
_MOST_NOISE = 0.25


class SlotClock:
    """Hands out points in time at a rate, so that no booking is ever taken back or made twice.

    A change of the rate moves the next point in proportion; it never restarts the clock, which
    would let the bookings already made be made again.
    """

    def __init__(self, per_s: float = math.inf) -> None:
        self.per_s = per_s
        self.next_at = -math.inf

    def set_rate(self, now: float, per_s: float) -> None:
        """Go on at another rate, in units per second."""
        if per_s == self.per_s:
            return
        if self.next_at > now:
            self.next_at = now + (self.next_at - now) * self.per_s / per_s
        self.forgo(now)
        self.per_s = per_s

    def forgo(self, now: float) -> None:
        """Let points in time pass that could not be used for another reason; they are lost."""
        self.next_at = max(self.next_at, now)

    def book(self, now: float, amount: float, *, from_queue: bool) -> None:
        """Take `amount` units from now on.

        Args:
            now: The present time, at least `next_at`.
            amount: Units taken.
            from_queue: Whether somebody was waiting for this point in time, so that being late for
                it is the timer's doing.
        """
        earliest = now - _LATENESS_S if from_queue else now
        self.next_at = max(self.next_at, earliest) + amount / self.per_s

    def correct(self, now: float, amount: float) -> None:
        """Add units that a booking took too few of, or give back (negative) too many.

        What is given back lets the next start come at once, and no more: a burst would be over the
        limit.
        """
        self.next_at = max(self.next_at + amount / self.per_s, min(self.next_at, now))


@dataclass(slots=True)
class Span:
    """A stretch of time.

    Attributes:
        began_at: When it began.
        requests: Requests that were sent in it.
        refusals: How many of these got a 429.
        has_pause: Whether nothing was sent for a part of it.
    """

    began_at: float
    requests: int = 0
    refusals: int = 0
    has_pause: bool = False

    @property
    def through(self) -> int:
        """Requests that got through, or may yet."""
        return self.requests - self.refusals

    @property
    def refusal_share(self) -> float:
        """Share of its requests that got a 429."""
        return self.refusals / max(self.requests, 1)


@dataclass(frozen=True, slots=True)
class EndedSpan:
    """A span that is over, and how long it was."""

    span: Span
    length_s: float

    @property
    def through_per_s(self) -> float:
        """The rate of what got through."""
        return self.span.through / self.length_s


@dataclass(frozen=True, slots=True)
class Start:
    """When a request was sent."""

    at: float
    span: Span


class LearnedRate:
    """The rate at which an account lets requests through, learned from its 429s.

    Time is cut into spans. What was sent in a span and not refused has got through, answered or
    not, so that the rate is right for slow models too and needs no answer to exist. A span at one
    rate in which requests were refused shows what the account takes, and that becomes the rate.
    Until there was one the rate is sought: a first guess from what got through so far, and twice as
    much for as long as nothing is refused. To guess too high for a moment costs a few 429s; to
    guess too low would cost time.

    Attributes:
        per_s: Requests per second; infinite until the first 429.
    """

    def __init__(self) -> None:
        self.per_s = math.inf
        self._span = Span(-math.inf)
        self._ended_spans: deque[EndedSpan] = deque()
        self._last_through_per_s = 0.0
        self._guess_span: Span | None = None
        self._is_known = False
        self._calm_spans = 0
        self._noise = 0.0
        self._lag_s = 0.0
        self._through = 0

    def start(self, now: float) -> Start:
        """Take note of a request that is sent now."""
        length_s = max(_SPAN_S, _ENOUGH / self.per_s)
        if self._span.has_pause:
            length_s *= _WITH_PAUSES
        if now - self._span.began_at >= length_s:
            self._end_span(now, length_s)
        self._span.requests += 1
        self._through += 1
        return Start(now, self._span)

    def refuse(self, now: float, start: Start) -> bool:
        """Take note of a 429.

        Returns:
            Whether anything has ever got through, or may yet; where nothing has, the rate means
            nothing.
        """
        start.span.refusals += 1
        self._through -= 1
        self._lag_s = max(now - start.at, 0.9 * self._lag_s)
        if math.isinf(self.per_s):
            self._guess_span = start.span
            self._begin_anew(now)
        if start.span is self._guess_span and not self._is_known:
            self.per_s = min(self.per_s, self._guess_per_s(start))
        return self._through > 0

    def _guess_per_s(self, start: Start) -> float:
        """What got through until a refused request was sent, or in the span before."""
        elapsed_s = max(start.at - start.span.began_at, _QUIET_S)
        through_per_s = start.span.through / elapsed_s
        return max(through_per_s, self._last_through_per_s, _LEAST_GUESS_PER_S)

    def pause(self) -> None:
        """Nothing will be sent for a while; the span gets longer, to see bursts and pauses."""
        self._span.has_pause = True

    def update(self, now: float, *, waits_for_rate: bool) -> bool:
        """Learn from the spans whose refusals have all come in.

        Args:
            now: The present time.
            waits_for_rate: Whether requests wait for the rate, and for nothing else.

        Returns:
            Whether the rate has changed.
        """
        per_s_before = self.per_s
        while self._ended_spans and self._is_complete(self._ended_spans[0], now):
            self._conclude(self._ended_spans.popleft())
        if waits_for_rate and not self._is_known and self._is_quiet(now):
            self.per_s *= 2
            self._begin_anew(now)
        return self.per_s != per_s_before

    def _is_complete(self, ended_span: EndedSpan, now: float) -> bool:
        """Whether the refusals of a span have come in."""
        end = ended_span.span.began_at + ended_span.length_s
        return now >= end + 1.5 * self._lag_s

    def _is_quiet(self, now: float) -> bool:
        """Whether nothing was refused for so long that a higher rate can be tried."""
        quiet_s = now - self._span.began_at - self._lag_s
        return not self._span.refusals and quiet_s >= _QUIET_S

    def _end_span(self, now: float, length_s: float) -> None:
        """Put a span aside until its refusals are in; a pause longer than itself tells nothing."""
        elapsed_s = now - self._span.began_at
        if not self._span.has_pause:
            ended_span = EndedSpan(self._span, length_s)
            self._ended_spans.append(ended_span)
            self._last_through_per_s = ended_span.through_per_s
        elif elapsed_s < 2 * length_s:
            self._ended_spans.append(EndedSpan(self._span, elapsed_s))
        self._span = Span(now)

    def _begin_anew(self, now: float) -> None:
        """Forget what was sent at another rate."""
        self._ended_spans.clear()
        self._span = Span(now)

    def _conclude(self, ended_span: EndedSpan) -> None:
        """Set the rate to what got through in a span; raise it after some with hardly a refusal."""
        span = ended_span.span
        length_s = ended_span.length_s
        is_full = not span.has_pause and span.requests >= 0.5 * self.per_s * length_s
        is_too_fast = span.refusal_share > self._most_refusal_share(span.requests)
        if self._is_known and is_full:
            noise = min(span.refusal_share, _MOST_NOISE)
            self._noise += _NOISE_PER_SPAN * (noise - self._noise)
        if span.refusal_share == 1.0 and span.requests >= _FEWEST_REFUSED:
            self.per_s /= 2
        elif span.through and is_too_fast:
            self._slow_down(ended_span, is_full=is_full)
        elif self._is_known and is_full:
            self._speed_up()

    def _slow_down(self, ended_span: EndedSpan, *, is_full: bool) -> None:
        """Set the rate to what got through; a span that was not full may only have had bad luck."""
        span = ended_span.span
        self._calm_spans = 0
        self._is_known = is_full and (self._is_known or span.refusals >= _FEWEST_REFUSED)
        least_per_s = 0.0 if is_full or span.has_pause else _LEAST_GUESS_PER_S
        self.per_s = min(self.per_s, max(ended_span.through_per_s, least_per_s))

    def _speed_up(self) -> None:
        """Raise the rate a little, after some calm spans."""
        self._calm_spans += 1
        doublings = min(self._calm_spans - _CALM_SPANS, 10)
        if doublings >= 0:
            self.per_s *= 1 + min(_FIRST_GROWTH * 2**doublings, _MOST_GROWTH)

    def _most_refusal_share(self, requests: int) -> float:
        """The share of refusals that is no reason to slow down: 1 %, the usual ones, and chance."""
        chance = 2 * math.sqrt((0.0025 + self._noise) / max(requests, 1))
        return 0.01 + 1.5 * self._noise + chance
