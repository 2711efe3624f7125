"""Numbers as people read them, wherever a person does: on a terminal, in a page, in a warning."""

from __future__ import annotations

from collections.abc import Iterable

_CENTS_FROM_USD = 0.10


def thousands(number: int) -> str:
    """12,345."""
    return f"{number:,}"


def quantity(number: int, noun: str) -> str:
    """`1 row`, `1,200 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def cost(usd: float | None) -> str:
    """A cost in USD; an unknown one is never shown as 0."""
    if usd is None:
        return "unknown"
    if usd >= _CENTS_FROM_USD or usd == 0:
        return f"${usd:,.2f}"
    return f"${usd:,.4f}"


def sum_of_costs(costs: Iterable[float | None]) -> float | None:
    """The sum in USD; None where a part of it is not known."""
    total = 0.0
    for usd in costs:
        if usd is None:
            return None
        total += usd
    return total
