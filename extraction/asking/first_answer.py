"""One request of a model goes ahead of all others where a cost is bounded.

What its answer is charged shows whether the vendor counts more than could be foreseen; with many
requests in flight that would show only when the money is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Result = TypeVar("Result")


class FirstAnswer:
    """Lets requests of one model wait for the outcome of the first.

    Args:
        is_needed: Whether there is anything to find out.
    """

    def __init__(self, *, is_needed: bool) -> None:
        self._is_known = asyncio.Event()
        self._turn = asyncio.Lock()
        if not is_needed:
            self._is_known.set()

    async def after(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        """Ask, at once if this is the first request, else after the outcome of the first."""
        if self._is_known.is_set():
            return await ask()
        async with self._turn:
            if not self._is_known.is_set():
                try:
                    return await ask()
                finally:
                    self._is_known.set()
        return await ask()
