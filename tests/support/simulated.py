"""An event loop whose clock jumps from timer to timer, so that an hour of waiting takes no time."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


_PAUSE_S = 1.0
_DELIVERY_S = 0.2


class _Jump(selectors.DefaultSelector):
    """Where the loop would sleep until its next timer, the clock moves there instead.

    Before it jumps over a pause, it gives bytes on their way through a socket the time to arrive:
    a client that waits for a server in the same loop would otherwise run into its time limit.
    """

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        is_pause = timeout is None or timeout > _PAUSE_S
        has_sockets = len(self.get_map()) > 1  # beside the one that wakes the loop
        ready = super().select(_DELIVERY_S if is_pause and has_sockets else 0)
        if not ready and timeout:
            self.now += timeout
        return ready


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Runs coroutines that wait for nothing but timers, each other, and sockets to each other."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now

    async def shutdown_default_executor(
        self,
        timeout: float | None = None,  # noqa: ASYNC109 - the base class has it
    ) -> None:
        """Wait for its threads without a limit, which would be over at once in simulated time."""
        await super().shutdown_default_executor()


class SkippingLoop(asyncio.SelectorEventLoop):
    """Runs in real time, and can skip some of it: what waits for a timer waits no longer."""

    skipped_s = 0.0

    def time(self) -> float:
        return super().time() + self.skipped_s


def simulate(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine in simulated time, from time 0."""
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(coroutine)
