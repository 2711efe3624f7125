"""Every request that goes over the wire is counted, also those that follow a redirect.

An attempt is one call of a provider; the library below it may send more than one request for it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextvars import ContextVar


class _SentRequests:
    """The requests of one attempt.

    Args:
        on_further: Told of each but the first; it may refuse by raising.
    """

    def __init__(self, on_further: Callable[[], None]) -> None:
        self._on_further = on_further
        self._count = 0

    def add(self) -> None:
        self._count += 1
        if self._count > 1:
            self._on_further()


_OF_ATTEMPT: ContextVar[_SentRequests | None] = ContextVar("sent_requests", default=None)


@contextlib.contextmanager
def counting_requests(on_further: Callable[[], None]) -> Iterator[None]:
    """Count what is sent for one attempt.

    Args:
        on_further: Told before each request but the first is sent; it may refuse by raising.
    """
    token = _OF_ATTEMPT.set(_SentRequests(on_further))
    try:
        yield
    finally:
        _OF_ATTEMPT.reset(token)


def note_request() -> None:
    """Tell that a request is about to be sent; outside of an attempt nobody counts.

    Raises:
        AttrxError: It may not be sent.
    """
    sent_requests = _OF_ATTEMPT.get()
    if sent_requests is not None:
        sent_requests.add()
