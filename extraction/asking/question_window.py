"""How many questions to one model may be under way, by what it has shown so far.

What is on its way when a model turns out to be of no use is paid for in vain, so a model that has
given no vote yet is asked few questions at a time. Where a cost is bounded, the first goes ahead
alone: what it is charged shows whether the vendor counts more than could be foreseen.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType


class QuestionWindow:
    """Lets as many questions of a model be under way as it is worth. An async context manager.

    Args:
        most: Tells how many may be under way now; the end of each may change it.
        first_alone: Whether the first goes ahead of all others.
    """

    def __init__(self, most: Callable[[], float], *, first_alone: bool) -> None:
        self._most = most
        self._first_alone = first_alone
        self._under_way = 0
        self._waiters: deque[asyncio.Future[None]] = deque()

    async def __aenter__(self) -> None:
        if not self._waiters and self._has_room():
            self._under_way += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._leave()
            raise

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._first_alone = False
        self._leave()

    def _has_room(self) -> bool:
        most = 1 if self._first_alone else self._most()
        return self._under_way < most

    def _leave(self) -> None:
        """One is over; as many as have room now take their turn."""
        self._under_way -= 1
        while self._waiters and self._has_room():
            turn = self._waiters.popleft()
            if not turn.done():  # else it was cancelled
                self._under_way += 1
                turn.set_result(None)
