"""Calls to a vendor's batch API that may be made again."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from ...configs.errors import AttrxError, ProviderError, RefusedRequestError
from ...providers.calling.retries import retry_after_failure

Result = TypeVar("Result")


async def call_vendor(attempt: Callable[[], Awaitable[Result]]) -> Result:
    """Do what may be done again, and do it again after failures that may pass.

    Raises:
        ProviderError: It will not pass, or has not passed in time.
    """

    async def attempt_in_words() -> Result:
        with broken_api():
            return await attempt()

    try:
        return await attempt_in_words()
    except ProviderError as error:
        if not error.retryable:
            raise
        first_failure = error
    return await retry_after_failure(first_failure, attempt_in_words, _may_pass)


@contextlib.contextmanager
def broken_api(kind: type[ProviderError] = RefusedRequestError) -> Iterator[None]:
    """Make an error of attrx of whatever a batch API raises against its contract.

    Args:
        kind: That error.

    Raises:
        ProviderError: The batch API broke.
    """
    try:
        yield
    except AttrxError:
        raise
    except Exception as error:
        raise kind(
            f"the batch API of its provider broke: {type(error).__name__}: {error}",
            hint="this is a mistake in the provider; please report it with this message",
        ) from error


def _may_pass(error: BaseException) -> bool:
    return isinstance(error, ProviderError) and error.retryable
