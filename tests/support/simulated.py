"""An event loop whose clock jumps from one timer to the next, so that an hour of waiting takes no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class _Jump(selectors.DefaultSelector):
    """Where the loop would sleep until its next timer, the clock moves there instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.now += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs coroutines that wait for nothing but timers and each other."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


class SkippingLoop(asyncio.SelectorEventLoop):
    """Runs in real time, and can skip some of it: what waits for a timer waits no longer."""

    skipped_s = 0.0

    def time(self) -> float:
        return super().time() + self.skipped_s


def simulate(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in simulated time, from time 0."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(coroutine)
