"""What one call may spend: reserved before a request is sent, settled when its outcome is known.

A request that was lost counts as spent in full: nobody can say whether the vendor charges for it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..configs.errors import BudgetSpent


@dataclass
class Budget:
    """The budget of one call, shared by all models.

    Attributes:
        max_cost: USD, or None for no bound.
        max_requests: Attempts, or None for no bound.
        spent_usd: Cost of what is settled.
        reserved_usd: Most that what is on its way can cost.
        requests: Attempts so far.
        exhausted: Whether a request was refused.
    """

    max_cost: float | None = None
    max_requests: int | None = None
    spent_usd: float = 0.0
    reserved_usd: float = 0.0
    requests: int = 0
    exhausted: bool = False

    def reserve(self, bound_usd: float | None) -> None:
        """Set aside what one attempt can cost at most.

        Args:
            bound_usd: That bound; may be None only where no cost is bounded.

        Raises:
            BudgetSpent: It would exceed the budget; nothing was set aside.
        """
        too_many = self.max_requests is not None and self.requests >= self.max_requests
        bound = bound_usd or 0.0
        too_dear = self.max_cost is not None and self.spent_usd + self.reserved_usd + bound > self.max_cost
        if too_many or too_dear:
            self.exhausted = True
            raise BudgetSpent("the next request would exceed the budget of this call")
        self.requests += 1
        self.reserved_usd += bound

    def settle(self, bound_usd: float | None, cost_usd: float | None) -> None:
        """Replace what was set aside by what it cost; None = not known, the whole bound counts as spent."""
        bound = bound_usd or 0.0
        self.reserved_usd -= bound
        self.spent_usd += bound if cost_usd is None else cost_usd
