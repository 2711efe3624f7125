"""Group commits: a single writer takes whatever has arrived, commits it, and starts again.

The delay of an answer on its way to the disk is one flush, not a timer; under load a flush carries
many answers.
"""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor

from ...configs.errors import AttrxError
from .journal import Answer
from .writable_cache import WritableCache

QUEUED_REQUESTS = 4096
"""Answers that may wait for the disk; beyond that the workers wait too."""


class JournalWriter:
    """Commits answers in groups, in a thread of its own. An async context manager.

    Attributes:
        error: Why commits stopped, or None.
    """

    def __init__(self, cache: WritableCache) -> None:
        self.error: AttrxError | None = None
        self._cache = cache
        self._queue: asyncio.Queue[list[Answer] | None] = asyncio.Queue(QUEUED_REQUESTS)
        self._thread = ThreadPoolExecutor(1, "journal")

    async def __aenter__(self) -> JournalWriter:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Commit all that has arrived, also while the run is being cancelled."""
        try:
            await asyncio.shield(self._finish())
        finally:
            self._thread.shutdown()

    async def _finish(self) -> None:
        await self._queue.put(None)
        await self._task

    async def put(self, answers: list[Answer]) -> None:
        """Hand over the answers of one request.

        Raises:
            CacheError: An earlier commit failed; what cannot be kept must not be asked.
        """
        if self.error is not None:
            raise self.error
        await self._queue.put(answers)

    async def _run(self) -> None:
        last = False
        while not last:
            groups = [await self._queue.get()]
            while not self._queue.empty():
                groups.append(self._queue.get_nowait())
            last = None in groups
            batch = list(itertools.chain.from_iterable(filter(None, groups)))
            if batch and self.error is None:
                await self._commit(batch)

    async def _commit(self, batch: list[Answer]) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(
                self._thread, self._cache.commit, batch
            )
        except AttrxError as error:
            self.error = error
