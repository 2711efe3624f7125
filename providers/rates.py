"""Rates that an account is held to: booked as slots on a clock, and learned from what got through."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

# A timer that fires late may be made up for by this much; more would be a burst.
_LATENESS_S = 0.25
_WINDOW_S = 1.0
_LONGEST_WINDOW_S = 60.0
_FEWEST_STARTS = 10
_SHORTEST_SPAN_S = 0.1
_REMEMBERED_STARTS = 4096
_FIRST_GROWTH_PER_S = 0.01
_MOST_GROWTH_PER_S = 0.5


class SlotClock:
    """Hands out points in time at a rate, so that no booking is ever taken back or made twice.

    A change of the rate moves the next point in proportion; it never restarts the clock, which would let the bookings
    already made be made again.
    """

    def __init__(self, per_s: float = math.inf) -> None:
        self.per_s = per_s
        self.next_at = -math.inf

    def set_rate(self, now: float, per_s: float) -> None:
        """Go on at another rate, in units per second."""
        if self.next_at > now and per_s != self.per_s:
            self.next_at = now + (self.next_at - now) * self.per_s / per_s
        self.per_s = per_s

    def book(self, now: float, amount: float, *, queued: bool) -> None:
        """Take `amount` units from now on.

        Args:
            now: The present time, at least `next_at`.
            amount: Units taken.
            queued: Whether somebody was waiting for this point in time, so that being late for it is the timer's doing.
        """
        earliest = now - _LATENESS_S if queued else now
        self.next_at = max(self.next_at, earliest) + amount / self.per_s

    def correct(self, amount: float) -> None:
        """Add units that a booking took too few of (or, negative, too many)."""
        self.next_at += amount / self.per_s


@dataclass(slots=True)
class Start:
    """A request that was sent: when, and whether it turned out to be refused with a 429."""

    at: float
    refused: bool = False


class LearnedRate:
    """The rate at which an account lets requests through, estimated from its 429s where nobody tells it.

    A 429 says how long the account takes to refuse: every request that is older and not refused has got through,
    answered or not. So the estimate needs no answer to exist, and is right for slow models too. After a second without
    a 429 the rate grows, by 1 % a second at first and twice as fast with each further second.

    Attributes:
        per_s: Requests per second; infinite until the first 429.
    """

    def __init__(self) -> None:
        self.per_s = math.inf
        self._starts: deque[Start] = deque(maxlen=_REMEMBERED_STARTS)
        self._refused_at = -math.inf
        self._grown_at = -math.inf

    def start(self, now: float) -> Start:
        """Take note of a request that is sent now."""
        start = Start(now)
        self._starts.append(start)
        return start

    def refuse(self, now: float, start: Start) -> bool:
        """Lower the rate to what got through.

        Returns:
            Whether anything did; where nothing did, nothing can be estimated and the rate stays.
        """
        start.refused = True
        self._refused_at = self._grown_at = now
        through = self._through_per_s(start.at)
        self.per_s = min(self.per_s, through or math.inf)
        return through is not None

    def grow(self, now: float) -> bool:
        """Raise the rate after a while without a 429; whether it was raised."""
        clean_s = now - self._refused_at - _WINDOW_S
        elapsed_s = min(now - self._grown_at, _WINDOW_S)
        self._grown_at = now
        if math.isinf(self.per_s) or clean_s <= 0:
            return False
        growth_per_s = min(_FIRST_GROWTH_PER_S * 2 ** min(clean_s, 10.0), _MOST_GROWTH_PER_S)
        self.per_s *= 1 + growth_per_s * elapsed_s
        return True

    def _through_per_s(self, until: float) -> float | None:
        """Requests per second that got through: over the last second, or further back where they are few.

        Args:
            until: Requests sent later than this may yet be refused.
        """
        second_ago, earliest = until - _WINDOW_S, max(self._starts[0].at, until - _LONGEST_WINDOW_S)
        through, since = 0, earliest
        for start in reversed(self._starts):
            if start.refused or start.at > until:
                continue
            if start.at <= second_ago and through >= _FEWEST_STARTS:
                since = start.at if through == _FEWEST_STARTS else second_ago
                break
            if start.at < earliest:
                break
            through += 1
        return through / max(until - since, _SHORTEST_SPAN_S) if through else None
