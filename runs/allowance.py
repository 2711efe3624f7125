"""What a call may spend: its own bound, or what is left of the day or the month."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ..configs.settings import BudgetSettings
from ..configs.wording import cost

SpentSince = Callable[[datetime], float]
"""A moment -> USD that answers since then have cost."""


@dataclass(frozen=True)
class Allowance:
    """A bound on what a call may spend.

    Attributes:
        name: Where it stands: `--max-cost`, `budget.max_cost`, `budget.per_day` or
            `budget.per_month`.
        limit_usd: What it says.
        spent_usd: What of it was spent before this call.
        renewal: When it is free again, in UTC; None for the bound of one call.
    """

    name: str
    limit_usd: float
    spent_usd: float = 0.0
    renewal: datetime | None = None

    @property
    def left_usd(self) -> float:
        """What this call may spend, >= 0."""
        return max(self.limit_usd - self.spent_usd, 0.0)

    def describe(self, spent_now_usd: float = 0.0) -> str:
        """The bound in words.

        Args:
            spent_now_usd: What this call has spent of it.
        """
        if self.renewal is None:
            return f"{self.name}: {cost(self.limit_usd)}"
        left_usd = max(self.left_usd - spent_now_usd, 0.0)
        return (
            f"{self.name}: {cost(left_usd)} of {cost(self.limit_usd)} left, free again on"
            f" {self.renewal:%Y-%m-%d} (UTC)"
        )


def tightest_allowance(
    budget: BudgetSettings, max_cost: float | None, spent_since: SpentSince, now: datetime
) -> Allowance | None:
    """The bound of which least is left; None where no cost is bounded.

    Args:
        budget: The config's bounds.
        max_cost: The bound that the call was given, if any; it goes before the config's of a call.
        spent_since: What answers have cost.
        now: The time, in UTC.
    """
    allowances = [*_bounds_of_call(budget, max_cost), *period_allowances(budget, spent_since, now)]
    return min(allowances, key=lambda allowance: allowance.left_usd, default=None)


def _bounds_of_call(budget: BudgetSettings, max_cost: float | None) -> Iterator[Allowance]:
    if max_cost is not None:
        yield Allowance("--max-cost", max_cost)
    elif budget.max_cost is not None:
        yield Allowance("budget.max_cost", budget.max_cost)


def period_allowances(
    budget: BudgetSettings, spent_since: SpentSince, now: datetime
) -> Iterator[Allowance]:
    """What is left of the day and of the month, where the config bounds them."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    month = day.replace(day=1)
    if budget.per_day is not None:
        next_day = day + timedelta(days=1)
        spent_usd = spent_since(day)
        yield Allowance("budget.per_day", budget.per_day, spent_usd, next_day)
    if budget.per_month is not None:
        next_month = (month + timedelta(days=31)).replace(day=1)
        spent_usd = spent_since(month)
        yield Allowance("budget.per_month", budget.per_month, spent_usd, next_month)
