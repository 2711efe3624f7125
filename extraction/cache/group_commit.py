"""Group commits: a single writer takes whatever has arrived, commits it, and starts again.

The delay of an answer on its way to the disk is one flush, not a timer; under load a flush carries
many answers. Where a commit fails, for whatever reason, whoever asks is told at once, so that
nothing more is paid for; what is in flight is still taken, and tried by itself.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from ...configs.errors import AttrxError, CacheError
from ...configs.wording import quantity
from .journal import Answer
from .writable_cache import WritableCache

QUEUED_REQUESTS = 128
"""Answers that may wait for the disk, since a kill would lose them; beyond that the workers wait
too, and nothing more is asked."""

Group = list[Answer]
"""The rows of one request."""


class JournalWriter:
    """Commits answers in groups, in a thread of its own. An async context manager.

    Leaving it raises what the first failing commit failed with.

    Attributes:
        error: Why commits fail, or None.
        lost_requests: How many requests' answers could not be kept.
    """

    def __init__(self, cache: WritableCache) -> None:
        self.error: AttrxError | None = None
        self.lost_requests = 0
        self._cache = cache
        self._on_failure: list[Callable[[AttrxError], None]] = []
        self._queue: asyncio.Queue[Group | None] = asyncio.Queue(QUEUED_REQUESTS)
        self._thread = ThreadPoolExecutor(1, "journal")

    async def __aenter__(self) -> JournalWriter:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Commit all that has arrived, also while the run is being cancelled.

        Raises:
            AttrxError: A commit failed; it says how much could not be kept.
        """
        try:
            await asyncio.shield(self._finish())
        finally:
            self._thread.shutdown()
        if self.error is not None and error is None:
            raise self._as_told(self.error) from self.error

    async def _finish(self) -> None:
        await self._queue.put(None)
        await self._task

    def on_failure(self, callback: Callable[[AttrxError], None]) -> None:
        """Have a function called with the error, once, when a commit fails."""
        self._on_failure.append(callback)

    async def put(self, answers: Group) -> None:
        """Hand over the answers of one request; they are tried also where others have failed."""
        await self._queue.put(answers)

    async def _run(self) -> None:
        is_last = False
        while not is_last:
            groups = [await self._queue.get()]
            while not self._queue.empty():
                groups.append(self._queue.get_nowait())
            is_last = None in groups
            groups_with_rows = [group for group in groups if group]
            if groups_with_rows:
                await self._keep(groups_with_rows)

    async def _keep(self, groups: list[Group]) -> None:
        """Commit groups together, and where that fails one by one, so that each has its chance."""
        if self.error is None:
            error = await self._commit([row for group in groups for row in group])
            if error is None:
                return
            self._fail(error)
        for group in groups:
            if await self._commit(group) is not None:
                self.lost_requests += 1

    async def _commit(self, rows: Group) -> AttrxError | None:
        """Write rows in one transaction; returns why that failed."""
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._thread, self._cache.commit, rows)
        except AttrxError as error:
            return error
        except Exception as error:
            return self._unexpected(error)
        return None

    def _unexpected(self, error: Exception) -> AttrxError:
        return CacheError(
            f"{self._cache.folder}: answers cannot be kept: {type(error).__name__}: {error}",
            hint="This is a mistake in attrx; please report it with this message.",
        )

    def _fail(self, error: AttrxError) -> None:
        self.error = error
        for callback in self._on_failure:
            callback(error)

    def _as_told(self, error: AttrxError) -> AttrxError:
        """The error, with what it cost."""
        told_error = copy.copy(error)
        told_error.message += "; so nothing more was asked"
        if self.lost_requests:
            answers = quantity(self.lost_requests, "answer")
            told_error.message += f", and {answers} that came could not be kept"
        told_error.args = (told_error.message,)
        return told_error
