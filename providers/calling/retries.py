"""When a failed attempt is made again: the one retry layer, on top of tenacity."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from tenacity import AsyncRetrying, Future, RetryCallState, retry_if_exception

from ...configs.errors import ProviderError, RateLimitError

# A vendor that is down is asked this often about one request; one that is merely busy, for as long
# as there is time.
MOST_FAILURES = 8
MOST_REFUSALS = 50
MOST_SECONDS = 900.0
LONGEST_ASKED_WAIT_S = 120.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_LONGEST_WAIT_AFTER_429_S = 4.0  # the pacer does the waiting

Result = TypeVar("Result")


async def retry_after_failure(
    first: ProviderError,
    attempt: Callable[[], Awaitable[Result]],
    wanted: Callable[[BaseException], bool],
) -> Result:
    """Make an attempt again after it failed, with jittered and growing waits, until it succeeds or patience ends.

    Args:
        first: The failure of the first attempt, which the caller makes itself: most requests need
            no second one, and then this machinery costs them nothing.
        attempt: Makes another attempt.
        wanted: Whether a failure is worth another attempt.

    Raises:
        ProviderError: The last failure.
    """
    patience = _RetryPolicy()
    made = [first]

    async def next_attempt() -> Result:
        if made:
            raise made.pop()
        return await attempt()

    retrying = AsyncRetrying(
        sleep=asyncio.sleep,
        wait=patience.wait,
        stop=patience.ended,
        retry=retry_if_exception(wanted),
        reraise=True,
    )
    return await retrying(next_attempt)


class _RetryPolicy:
    """How long one request is tried."""

    def __init__(self) -> None:
        self._began_at = asyncio.get_running_loop().time()
        self._failures = 0
        self._refusals = 0

    def ended(self, state: RetryCallState) -> bool:
        """Whether this was the last attempt."""
        if isinstance(_error(state), RateLimitError):
            self._refusals += 1
        else:
            self._failures += 1
        over_s = asyncio.get_running_loop().time() + state.upcoming_sleep - self._began_at
        return (
            self._failures >= MOST_FAILURES
            or self._refusals >= MOST_REFUSALS
            or over_s > MOST_SECONDS
        )

    def wait(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: what the vendor asks for, and else a random part of a growing span."""
        error = _error(state)
        if error.retry_after_s is not None and error.retry_after_s >= 0:
            asked_s = min(error.retry_after_s, LONGEST_ASKED_WAIT_S)
            return asked_s * random.uniform(1.0, 1.1) + random.uniform(0.0, 0.05)  # noqa: S311  jitter
        if isinstance(error, RateLimitError):
            longest_s = min(_FIRST_WAIT_S * 2 ** min(self._refusals, 10), _LONGEST_WAIT_AFTER_429_S)
        else:
            longest_s = min(_FIRST_WAIT_S * 2 ** min(self._failures, 10), _LONGEST_WAIT_S)
        return random.uniform(0.1 * longest_s, longest_s)  # noqa: S311  jitter


def _error(state: RetryCallState) -> ProviderError:
    """What the attempt failed with; tenacity asks how to go on only after a failure that is worth another attempt."""
    return cast(ProviderError, cast(Future, state.outcome).exception())
