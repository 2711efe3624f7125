"""What one call may spend: reserved before a request is sent, settled when its outcome is known.

A request that was lost counts as spent in full: nobody can say whether the vendor charges for it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ...configs.errors import BudgetSpent


@dataclass
class Budget:
    """The budget of one call, shared by all models.

    Attributes:
        max_cost: USD, or None for no bound.
        max_requests: Attempts, or None for no bound.
        spent_usd: Cost of what is settled.
        reserved_usd: Most that what is on its way can cost.
        requests: Attempts so far.
        is_exhausted: Whether the call is over: not even one more request fits.
    """

    max_cost: float | None = None
    max_requests: int | None = None
    spent_usd: float = 0.0
    reserved_usd: float = 0.0
    requests: int = 0
    is_exhausted: bool = False
    _in_flight: int = 0
    _waiters: list[asyncio.Future[None]] = field(default_factory=list)

    def reserve(self, bound_usd: float | None) -> None:
        """Set aside what one attempt can cost at most.

        Args:
            bound_usd: That bound; may be None only where no cost is bounded.

        Raises:
            BudgetSpent: It could exceed the budget; nothing was set aside.
        """
        bound_usd = bound_usd or 0.0
        if self._no_attempt_left() or self._exceeds_cost(bound_usd):
            raise BudgetSpent("the next request could exceed the budget of this call")
        self.requests += 1
        self._in_flight += 1
        self.reserved_usd += bound_usd

    def _exceeds_cost(self, bound_usd: float) -> bool:
        if self.max_cost is None:
            return False
        return self.spent_usd + self.reserved_usd + bound_usd > self.max_cost

    def _no_attempt_left(self) -> bool:
        return self.max_requests is not None and self.requests >= self.max_requests

    def settle(self, bound_usd: float | None, cost_usd: float | None) -> None:
        """Replace what was set aside by what it cost.

        Args:
            bound_usd: What was set aside.
            cost_usd: What it cost; None = not known, the whole bound counts as spent.
        """
        bound_usd = bound_usd or 0.0
        self._in_flight -= 1
        self.reserved_usd -= bound_usd
        if not self._in_flight:
            self.reserved_usd = 0.0  # whatever rounding has left
        self.spent_usd += bound_usd if cost_usd is None else cost_usd
        self._wake_waiters()

    def _wake_waiters(self) -> None:
        waiters = self._waiters
        self._waiters = []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for_budget(self) -> bool:
        """Wait until something is settled that cost less than was set aside for it.

        Returns:
            False where nothing is on its way any more, or no attempt is left: the call is over.
        """
        if self._no_attempt_left() or not self._in_flight:
            self.is_exhausted = True
            return False
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter
        return True
