"""Calls to a vendor's batch API that may be made again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from ...configs.errors import ProviderError
from ...providers.calling.retries import retry_after_failure

Result = TypeVar("Result")


async def call_vendor(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Do what may be done again, and do it again after failures that may pass.

    Raises:
        ProviderError: It will not pass, or has not passed in time.
    """
    try:
        return await attempt()
    except ProviderError as error:
        if not error.retryable:
            raise
        first_failure = error
    return await retry_after_failure(first_failure, attempt, _may_pass)


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ProviderError) and error.retryable
