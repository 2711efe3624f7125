"""Rates that an account is held to: booked as slots on a clock, and learned from what got through."""

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
        """Let points in time pass that could not be used for another reason than the rate; they are not made up for."""
        self.next_at = max(self.next_at, now)

    def book(self, now: float, amount: float, *, queued: bool) -> None:
        """Take `amount` units from now on.

        Args:
            now: The present time, at least `next_at`.
            amount: Units taken.
            queued: Whether somebody was waiting for this point in time, so that being late for it
                is the timer's doing.
        """
        earliest = now - _LATENESS_S if queued else now
        self.next_at = max(self.next_at, earliest) + amount / self.per_s

    def correct(self, now: float, amount: float) -> None:
        """Add units that a booking took too few of, or give back (negative) those that it took too many of.

        What is given back lets the next start come at once, and no more: a burst would be over the
        limit.
        """
        self.next_at = max(self.next_at + amount / self.per_s, min(self.next_at, now))


@dataclass(slots=True)
class Span:
    """A stretch of time: what was sent in it, and how much of that was refused with a 429."""

    began_at: float
    sent: int = 0
    refused: int = 0
    paused: bool = False

    @property
    def through(self) -> int:
        """Requests that got through, or may yet."""
        return self.sent - self.refused


@dataclass(frozen=True, slots=True)
class Start:
    """When a request was sent."""

    at: float
    span: Span


class LearnedRate:
    """The rate at which an account lets requests through, found out from its 429s where nobody tells it.

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
        self._ended: deque[tuple[Span, float]] = deque()
        self._before_per_s = 0.0
        self._guessed_from: Span | None = None
        self._known = False
        self._calm_spans = 0
        self._noise = 0.0
        self._lag_s = 0.0
        self._through = 0

    def start(self, now: float) -> Start:
        """Take note of a request that is sent now."""
        length_s = max(_SPAN_S, _ENOUGH / self.per_s) * (_WITH_PAUSES if self._span.paused else 1)
        if now - self._span.began_at >= length_s:
            self._end_span(now, length_s)
        self._span.sent += 1
        self._through += 1
        return Start(now, self._span)

    def refuse(self, now: float, start: Start) -> bool:
        """Take note of a 429.

        Returns:
            Whether anything has ever got through, or may yet; where nothing has, the rate means
            nothing.
        """
        start.span.refused += 1
        self._through -= 1
        self._lag_s = max(now - start.at, 0.9 * self._lag_s)
        if math.isinf(self.per_s):
            self._guessed_from = start.span
            self._begin_anew(now)
        if start.span is self._guessed_from and not self._known:
            through_per_s = start.span.through / max(start.at - start.span.began_at, _QUIET_S)
            self.per_s = min(self.per_s, max(through_per_s, self._before_per_s, _LEAST_GUESS_PER_S))
        return self._through > 0

    def pause(self) -> None:
        """Nothing will be sent for a while; the span gets longer, to see what comes of bursts and pauses together."""
        self._span.paused = True

    def update(self, now: float, *, pressed: bool) -> bool:
        """Learn from the spans whose refusals have all come in.

        Args:
            now: The present time.
            pressed: Whether requests wait for the rate, and for nothing else.

        Returns:
            Whether the rate has changed.
        """
        before = self.per_s
        while (
            self._ended
            and now >= self._ended[0][0].began_at + self._ended[0][1] + 1.5 * self._lag_s
        ):
            self._conclude(*self._ended.popleft())
        quiet_s = now - self._span.began_at - self._lag_s
        if pressed and not self._known and not self._span.refused and quiet_s >= _QUIET_S:
            self.per_s *= 2
            self._begin_anew(now)
        return self.per_s != before

    def _end_span(self, now: float, length_s: float) -> None:
        """Put a span aside until its refusals are in; one with a pause longer than itself tells nothing."""
        if not self._span.paused:
            self._ended.append((self._span, length_s))
            self._before_per_s = self._span.through / length_s
        elif now - self._span.began_at < 2 * length_s:
            self._ended.append((self._span, now - self._span.began_at))
        self._span = Span(now)

    def _begin_anew(self, now: float) -> None:
        """Forget what was sent at another rate."""
        self._ended.clear()
        self._span = Span(now)

    def _conclude(self, span: Span, length_s: float) -> None:
        """Set the rate to what got through in a span; raise it a little after some with hardly a refusal."""
        share = span.refused / max(span.sent, 1)
        limiting = not span.paused and span.sent >= 0.5 * self.per_s * length_s
        too_fast = share > self._tolerated(span.sent)
        if self._known and limiting:
            self._noise += _NOISE_PER_SPAN * (min(share, _MOST_NOISE) - self._noise)
        if share == 1.0 and span.sent >= _FEWEST_REFUSED:
            self.per_s /= 2
        elif span.through and too_fast:
            self._calm_spans = 0
            self._known = limiting and (self._known or span.refused >= _FEWEST_REFUSED)
            least_per_s = 0.0 if limiting or span.paused else _LEAST_GUESS_PER_S
            self.per_s = min(self.per_s, max(span.through / length_s, least_per_s))
        elif self._known and limiting:
            self._calm_spans += 1
            doublings = min(self._calm_spans - _CALM_SPANS, 10)
            self.per_s *= 1 + min(_FIRST_GROWTH * 2**doublings, _MOST_GROWTH) * (doublings >= 0)

    def _tolerated(self, sent: int) -> float:
        """The share of refusals that is no reason for a lower rate: one in a hundred and the usual ones, and chance."""
        return 0.01 + 1.5 * self._noise + 2 * math.sqrt((0.0025 + self._noise) / max(sent, 1))
