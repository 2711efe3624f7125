"""When a failed attempt is made again: the one retry layer, on top of tenacity."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

from tenacity import AsyncRetrying, Future, RetryCallState, retry_if_exception

from ...configs.errors import AnswerTimeout, DeadAnswer, EmptyAnswer, ProviderError, RateLimitError

# A vendor that is down is asked this often about one request; one that is merely busy, for as long
# as there is time.
MOST_FAILURES = 8
MOST_REFUSALS = 50
MOST_VAIN_ANSWERS = 3  # empty, dead or late: each of them may be paid for
_VAIN = (EmptyAnswer, DeadAnswer, AnswerTimeout)
MOST_SECONDS = 900.0
LONGEST_ASKED_WAIT_S = 120.0
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_LONGEST_WAIT_AFTER_429_S = 4.0  # the pacer does the waiting

Result = TypeVar("Result")


async def retry_after_failure(
    first_failure: ProviderError,
    attempt: Callable[[], Awaitable[Result]],
    may_pass: Callable[[BaseException], bool],
) -> Result:
    """Make an attempt again, with jittered and growing waits, until it succeeds or is given up.

    Args:
        first_failure: The failure of the first attempt, which the caller makes itself: most
            requests need no second one, and then this machinery costs them nothing.
        attempt: Makes another attempt.
        may_pass: Whether a failure is worth another attempt.

    Raises:
        ProviderError: The last failure.
    """
    policy = _RetryPolicy()
    earlier_failures = [first_failure]

    async def next_attempt() -> Result:
        if earlier_failures:
            raise earlier_failures.pop()
        return await attempt()

    retrying = AsyncRetrying(
        sleep=asyncio.sleep,
        wait=policy.wait_s,
        stop=policy.is_over,
        retry=retry_if_exception(may_pass),
        reraise=True,
    )
    return await retrying(next_attempt)


class _RetryPolicy:
    """How often and how long one request is tried."""

    def __init__(self) -> None:
        self._began_at = asyncio.get_running_loop().time()
        self._failures = 0
        self._refusals = 0
        self._vain_answers = 0

    def is_over(self, state: RetryCallState) -> bool:
        """Whether this was the last attempt."""
        if isinstance(_error_of(state), RateLimitError):
            self._refusals += 1
        else:
            self._failures += 1
        if isinstance(_error_of(state), _VAIN):
            self._vain_answers += 1
        next_at = asyncio.get_running_loop().time() + state.upcoming_sleep
        return (
            self._failures >= MOST_FAILURES
            or self._refusals >= MOST_REFUSALS
            or self._vain_answers >= MOST_VAIN_ANSWERS
            or next_at - self._began_at > MOST_SECONDS
        )

    def wait_s(self, state: RetryCallState) -> float:
        """Seconds until the next attempt: as the vendor asks, else a part of a growing span."""
        error = _error_of(state)
        if error.retry_after_s is not None and error.retry_after_s >= 0:
            wait_s = min(error.retry_after_s, LONGEST_ASKED_WAIT_S)
            return wait_s * random.uniform(1.0, 1.1) + random.uniform(0.0, 0.05)  # noqa: S311  jitter
        if isinstance(error, RateLimitError):
            longest_s = min(_growing_wait_s(self._refusals), _LONGEST_WAIT_AFTER_429_S)
        else:
            longest_s = min(_growing_wait_s(self._failures), _LONGEST_WAIT_S)
        return random.uniform(0.1 * longest_s, longest_s)  # noqa: S311  jitter


def _growing_wait_s(attempts: int) -> float:
    doublings = min(attempts, 10)
    return _FIRST_WAIT_S * 2.0**doublings


def _error_of(state: RetryCallState) -> ProviderError:
    """What the attempt failed with; tenacity asks only after failures that may pass."""
    return cast(ProviderError, cast(Future, state.outcome).exception())
