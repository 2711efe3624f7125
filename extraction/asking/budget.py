"""What one call may spend: reserved before a request is sent, settled when its outcome is known.

A request that was lost counts as spent in full: nobody can say whether the vendor charges for it.
So does one whose answer comes without a usage that can be true (`attempt_costs`).
Requests about one product are promised what they can cost before the first of them is sent, so that
what the money buys is whole products, and not one model's answers to many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from ...configs.errors import AttrxError, BudgetSpent
from ...configs.settings import ModelSettings
from ...providers.calling.prices import is_free
from ...providers.calling.vain_requests import SHARE_OF_BUDGET, Charge, StopRule
from ...providers.protocol import Request

Promise = tuple[str, str, tuple[str, ...]]
"""A request: the model, the product, and the attributes that it asks."""

_NOTHING = Charge(requests=0)


def promise_of(model: str, request: Request) -> Promise:
    """What a request goes by as long as it is promised, whatever form it is sent in."""
    product_id = "" if request.product is None else request.product.id
    return model, product_id, tuple(attribute.name for attribute in request.attributes)


@dataclass
class Budget:
    """The budget of one call, shared by all models.

    Attributes:
        max_cost: USD, or None for no bound.
        max_requests: Attempts, or None for no bound.
        stop_after: Requests in a row without a usable vote after which a model is stopped, if they
            are a hundredth of the budget at least.
        spent_usd: What is settled counts for.
        reserved_usd: Most that what is on its way can cost.
        requests: Attempts so far.
        is_exhausted: Whether the call is over: not even one more request fits.
        lacks_requests: Whether attempts, and not money, were last found to be short.
        end_error: Why nothing more may be sent, whatever is left; None as long as it may.
    """

    max_cost: float | None = None
    max_requests: int | None = None
    stop_after: int = 20
    spent_usd: float = 0.0
    reserved_usd: float = 0.0
    requests: int = 0
    is_exhausted: bool = False
    lacks_requests: bool = False
    end_error: AttrxError | None = None
    _in_flight: int = 0
    _promises: dict[Promise, float] = field(default_factory=dict)
    _promised_usd: float = 0.0
    _charges: dict[Promise, Charge] = field(default_factory=dict)
    _has_admitted: bool = False
    _waiters: list[asyncio.Future[None]] = field(default_factory=list)

    @property
    def is_bounded(self) -> bool:
        """Whether there is any bound."""
        return self.max_cost is not None or self.max_requests is not None

    def end(self, error: AttrxError) -> None:
        """Let no further attempt begin, whatever is left; `reserve` raises the error."""
        self.end_error = error
        self._wake_waiters()

    async def admit(self, bounds_usd: Mapping[Promise, float | None]) -> bool:
        """Promise what the requests about one product can cost, once that much is left.

        Where not even the first product fits, its requests are let through without a promise: each
        then has to fit by itself.

        Args:
            bounds_usd: The requests, and the most that each can cost.

        Returns:
            False where it never will be left, or the call was ended.
        """
        promises = {promise: bound_usd or 0.0 for promise, bound_usd in bounds_usd.items()}
        while self.end_error is not None or not self._fits(promises):
            if self.end_error is not None:
                return False
            if self._in_flight or self._promises:
                await self._wait_for_change()
                continue
            if self._has_admitted:
                self.is_exhausted = True
                return False
            promises = {}
        self._has_admitted = True
        self._promises |= promises
        self._promised_usd += sum(promises.values())
        return True

    def _fits(self, promises: Mapping[Promise, float]) -> bool:
        if not promises:
            return True
        self.lacks_requests = self._exceeds_requests(len(promises))
        return not (self.lacks_requests or self._exceeds_cost(sum(promises.values())))

    def withdraw(self, promise: Promise) -> None:
        """Take back what was promised to a request, if it has not been sent."""
        bound_usd = self._promises.pop(promise, None)
        if bound_usd is None:
            return
        self._promised_usd -= bound_usd
        if not self._promises:
            self._promised_usd = 0.0  # whatever rounding has left
        self._wake_waiters()

    def reserve(self, bound_usd: float | None, promise: Promise | None = None) -> None:
        """Set aside what one attempt can cost at most.

        Args:
            bound_usd: That bound; may be None only where no cost is bounded.
            promise: What the request goes by; what was promised to it is used up.

        Raises:
            BudgetSpent: It could exceed the budget; nothing was set aside.
            AttrxError: The call was ended.
        """
        if self.end_error is not None:
            raise self.end_error
        bound_usd = bound_usd or 0.0
        if promise is not None:
            self.withdraw(promise)
        self.lacks_requests = self._exceeds_requests(1)
        if self.lacks_requests or self._exceeds_cost(bound_usd):
            raise BudgetSpent("the next request could exceed the budget of this call")
        self.requests += 1
        self._in_flight += 1
        self.reserved_usd += bound_usd

    def _exceeds_cost(self, bound_usd: float) -> bool:
        if self.max_cost is None:
            return False
        taken_usd = self.spent_usd + self.reserved_usd + self._promised_usd
        return taken_usd + bound_usd > self.max_cost

    def _exceeds_requests(self, n_requests: int) -> bool:
        if self.max_requests is None:
            return False
        return self.requests + len(self._promises) + n_requests > self.max_requests

    def settle(
        self, bound_usd: float | None, charge_usd: float | None, promise: Promise | None = None
    ) -> None:
        """Replace what was set aside by what it counts for.

        Args:
            bound_usd: What was set aside.
            charge_usd: What it counts for; None = not known, the whole bound counts as spent.
            promise: What the request goes by; `take_charge` tells what it came to.
        """
        bound_usd = bound_usd or 0.0
        self._in_flight -= 1
        self.reserved_usd -= bound_usd
        if not self._in_flight:
            self.reserved_usd = 0.0  # whatever rounding has left
        charge_usd = bound_usd if charge_usd is None else charge_usd
        self.spent_usd += charge_usd
        if promise is not None:
            earlier = self._charges.get(promise, _NOTHING)
            total = Charge(earlier.requests + 1, earlier.usd + charge_usd)
            self._charges[promise] = total
        self._wake_waiters()

    def charge_of(self, promise: Promise) -> Charge:
        """What all attempts of a request come to so far."""
        return self._charges.get(promise, _NOTHING)

    def take_charge(self, promise: Promise) -> Charge:
        """The same, once the request is over: it begins anew."""
        return self._charges.pop(promise, _NOTHING)

    def stop_rule(self, model: ModelSettings) -> StopRule:
        """How much may be spent on a model without a usable vote (docs/design.md#failures)."""
        requests = self.stop_after
        if self.max_requests is not None:
            requests = max(requests, round(SHARE_OF_BUDGET * self.max_requests))
        if self.max_cost is None or is_free(model):
            return StopRule(requests)
        return StopRule(requests, SHARE_OF_BUDGET * self.max_cost)

    def _wake_waiters(self) -> None:
        waiters = self._waiters
        self._waiters = []
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(None)

    async def _wait_for_change(self) -> None:
        """Wait until something is settled or withdrawn."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        await waiter

    async def wait_for_budget(self) -> bool:
        """Wait until something is settled that cost less than was set aside for it.

        Returns:
            False where nothing is on its way any more, no attempt is left, or the call was ended.
        """
        if self.end_error is not None:
            return False
        if self._exceeds_requests(1) or not self._in_flight:
            self.is_exhausted = True
            return False
        await self._wait_for_change()
        return True
