"""Accounts that throttle, in simulated time: what a vendor's servers do, without a vendor."""

from __future__ import annotations

import asyncio
import math
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scripted import Scripted, request, settings
from simulated import simulate

from attrx.configs.errors import ProviderError, RateLimitError
from attrx.configs.settings import Limits
from attrx.providers.calling.caller import ModelCaller
from attrx.providers.calling.pacer import Pacer
from attrx.providers.protocol import Reply, Request

Throttle = Callable[[float], float]
"""Time of arrival -> seconds after which to come back; 0 where the request is let through."""


def bucket(per_s: float, burst: float) -> Throttle:
    """Lets `per_s` through, and `burst` at once after a rest."""
    level, filled_at = burst, 0.0

    def take(now: float) -> float:
        nonlocal level, filled_at
        level, filled_at = min(burst, level + (now - filled_at) * per_s), now
        if level < 1:
            return (1 - level) / per_s
        level -= 1
        return 0.0

    return take


def sliding_window(most: int, window_s: float) -> Throttle:
    """Lets `most` through in any stretch of `window_s`."""
    taken: deque[float] = deque()

    def take(now: float) -> float:
        while taken and taken[0] <= now - window_s:
            taken.popleft()
        if len(taken) >= most:
            return taken[0] + window_s - now
        taken.append(now)
        return 0.0

    return take


def noise(share: float, seed: int = 0) -> Throttle:
    """Refuses a share of the requests, however few there are."""
    luck = random.Random(seed)
    return lambda now: 0.01 if luck.random() < share else 0.0


@dataclass
class Run:
    """How a run against an account went.

    Attributes:
        seconds: Simulated seconds that it took.
        lost: Requests that got no answer.
        arrived_at: When each attempt arrived.
        refused_at: When each 429 was given.
    """

    seconds: float = 0.0
    lost: int = 0
    arrived_at: list[float] = field(default_factory=list)
    refused_at: list[float] = field(default_factory=list)

    @property
    def refused_by_second(self) -> Counter[int]:
        return Counter(int(time) for time in self.refused_at)


@dataclass
class Account:
    """A server in front of a throttle.

    Attributes:
        throttle: What it lets through.
        latency_s: How long an answer takes.
        refusal_s: How long a 429 takes.
        retry_after: What a 429 says of when to come back: nothing, whole seconds, or the exact
            time.
        headers: What its answers say of its limits.
        jitter_s: How unevenly requests arrive.
    """

    throttle: Throttle
    latency_s: float = 0.05
    refusal_s: float = 0.05
    retry_after: str = "nothing"
    headers: Mapping[str, str] = field(default_factory=dict)
    jitter_s: float = 0.002

    def run(self, limits: Limits | None = None, *, requests: int = 1000, workers: int = 64) -> Run:
        """Send requests through a caller and its pacer, as extraction does."""
        return simulate(self._run(limits or Limits(), requests, workers))

    async def _run(self, limits: Limits, requests: int, workers: int) -> Run:
        run, luck = Run(), random.Random(1)
        caller = ModelCaller(settings(limits=limits), _Server(self, run, luck), Pacer(limits))
        todo = iter(range(requests))

        async def work() -> None:
            for _ in todo:
                try:
                    await caller.call(request())
                except ProviderError:
                    run.lost += 1

        random.seed(1)
        await asyncio.gather(*(work() for _ in range(workers)))
        run.seconds = asyncio.get_running_loop().time()
        return run


class _Server(Scripted):
    def __init__(self, account: Account, run: Run, luck: random.Random) -> None:
        super().__init__(())
        self._account, self._run, self._luck = account, run, luck

    async def ask(self, request: Request) -> Reply:
        account, loop = self._account, asyncio.get_running_loop()
        await asyncio.sleep(self._luck.uniform(0, account.jitter_s))
        self._run.arrived_at.append(loop.time())
        wait_s = account.throttle(loop.time())
        if not wait_s:
            await asyncio.sleep(account.latency_s * self._luck.uniform(1, 1.1))
            return Reply("{}", input_tokens=10, output_tokens=2, headers=account.headers)
        self._run.refused_at.append(loop.time())
        await asyncio.sleep(account.refusal_s)
        said = {"nothing": None, "whole": float(math.ceil(wait_s)), "exact": wait_s}[
            account.retry_after
        ]
        raise RateLimitError("slow down", status=429, retry_after_s=said)
