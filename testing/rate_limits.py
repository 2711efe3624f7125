"""Limits of requests and tokens, as an account at a vendor has them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LimitState:
    """How much of a limit is used up.

    Attributes:
        limit: Units per minute.
        remaining: Units that can be had at once.
        reset_s: Seconds until all of them can.
    """

    limit: int
    remaining: int
    reset_s: float


class TokenBucket:
    """Lets `rate` units through a second, and at most `burst` at once after a rest."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self.level = burst
        self._time_s: float | None = None

    def fill(self) -> None:
        """Add what has come in since it was last filled."""
        now = asyncio.get_running_loop().time()
        seconds = 0.0 if self._time_s is None else now - self._time_s
        self.level = min(self.burst, self.level + seconds * self.rate)
        self._time_s = now

    def wait_s(self, amount: float) -> float:
        """Seconds until `amount` can be had; more than the bucket holds is had from a full one."""
        return max(0.0, (min(amount, self.burst) - self.level) / self.rate)

    def state(self) -> LimitState:
        """How much of the limit is used up."""
        return LimitState(
            limit=round(self.rate * 60),
            remaining=max(0, int(self.level)),
            reset_s=(self.burst - self.level) / self.rate,
        )
