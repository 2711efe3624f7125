"""Requests that wait at the same time -> batches, sorted by length, in a thread of their own.

The event loop stays free while a batch is computed, and each batch's answers are handed over before
the next one
begins: a crash loses one batch at most.
"""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from ...configs.errors import ProviderError, RefusedRequestError
from ..protocol import Reply, Request

# Long enough for workers that have just got an answer to ask their next question, and nothing
# beside a forward pass.
_GATHER_S = 0.02

Result = TypeVar("Result")


class OutOfMemory(Exception):
    """A batch does not fit into the memory; whatever it held has been given back."""


class Job(Protocol):
    """A request that is ready to be computed."""

    @property
    def length(self) -> int:
        """Tokens of its prompt."""


AnyJob = TypeVar("AnyJob", bound=Job)


class Engine(Protocol[AnyJob]):
    """A loaded model. Its methods are called from one thread, but for `stop`."""

    @property
    def batch_size(self) -> int:
        """How many requests to try in one batch."""

    def prepare(self, request: Request) -> AnyJob:
        """Turn a request into a job.

        Raises:
            ProviderError: The model cannot take this request.
        """

    def answer(self, jobs: Sequence[AnyJob]) -> list[Reply]:
        """Compute one batch, of requests that open alike.

        Raises:
            OutOfMemory: Fewer jobs may fit.
        """

    def stop(self) -> None:
        """End what is being computed as soon as possible; its answers are not wanted any more."""


@dataclass(eq=False, slots=True)
class _Asked:
    """A request, and who waits for its answer."""

    request: Request
    answer: asyncio.Future[Reply]

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class Batcher(Generic[AnyJob]):
    """Answers requests together.

    Requests go into one batch if they open alike: same instructions, same attributes, same form.
    All that wait for the oldest one's opening are taken, sorted by length so that little of a batch
    is padding, the longest first: what does not fit into the memory shows at once. Whoever asks
    later waits for the next round, so that nobody starves.

    Args:
        name: The model's name, for messages.
        open_engine: Loads the model; called once, in the thread, when the first request comes.

    Attributes:
        batch_size: Most requests in one batch; None before the first one. It is halved when the
            memory runs out.
    """

    def __init__(self, name: str, open_engine: Callable[[], Engine[AnyJob]]) -> None:
        self.batch_size: int | None = None
        self._name = name
        self._open_engine = open_engine
        self._engine: Engine[AnyJob] | None = None
        self._broken: ProviderError | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="attrx-local")
        self._waiting: deque[_Asked] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Reply:
        """The answer to one request.

        Raises:
            ProviderError: The model cannot be loaded, or cannot take this request.
        """
        loop = asyncio.get_running_loop()
        asked = _Asked(request, loop.create_future())
        self._waiting.append(asked)
        if self._serving is None or self._serving.done():
            self._serving = loop.create_task(self._serve())
        return await asked.answer

    async def close(self) -> None:
        """Leave what is being computed, and let go of the model; safe to call twice."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.stop()
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _serve(self) -> None:
        """Answer until nobody waits."""
        while self._waiting:
            await asyncio.sleep(_GATHER_S)
            window = self._take_window()
            try:
                await self._answer(window)
            except Exception as error:
                for asked in window:
                    asked.fail(error)

    def _take_window(self) -> list[_Asked]:
        """All who wait for the same opening as the one who has waited longest."""
        opening = _opening(self._waiting[0].request)
        window = [asked for asked in self._waiting if _opening(asked.request) == opening]
        taken = set(map(id, window))
        self._waiting = deque(asked for asked in self._waiting if id(asked) not in taken)
        return window

    async def _answer(self, window: Sequence[_Asked]) -> None:
        """Answer all of a window, batch by batch."""
        engine = await self._loaded()
        left = await self._prepared(engine, window)
        while left:
            batch, left = left[: self.batch_size], left[self.batch_size :]
            try:
                await self._answer_batch(
                    engine, [pair for pair in batch if not pair[0].answer.done()]
                )
            except OutOfMemory:
                left = [*self._halved(batch), *left]

    async def _answer_batch(
        self, engine: Engine[AnyJob], batch: Sequence[tuple[_Asked, AnyJob]]
    ) -> None:
        """Answer one batch; those who have given up waiting are not in it."""
        if not batch:
            return
        replies = await self._in_thread(functools.partial(engine.answer, [job for _, job in batch]))
        for (asked, _), reply in zip(batch, replies, strict=True):
            if not asked.answer.done():
                asked.answer.set_result(reply)

    async def _loaded(self) -> Engine[AnyJob]:
        """The model, loaded; one that cannot be loaded is not tried again and again."""
        if self._broken is not None:
            raise self._broken
        if self._engine is None:
            try:
                self._engine = await self._in_thread(self._open_engine)
            except ProviderError as error:
                self._broken = error if error.stops_model else None
                raise
            self.batch_size = self._engine.batch_size
        return self._engine

    async def _prepared(
        self, engine: Engine[AnyJob], window: Sequence[_Asked]
    ) -> list[tuple[_Asked, AnyJob]]:
        """The jobs of a window, the longest first; requests that the model cannot take fail, each by itself."""

        def prepare() -> list[AnyJob | Exception]:
            return [_job_or_error(engine, asked.request) for asked in window]

        jobs = []
        for asked, job in zip(window, await self._in_thread(prepare), strict=True):
            if isinstance(job, Exception):
                asked.fail(job)
            else:
                jobs.append((asked, job))
        return sorted(jobs, key=lambda pair: -pair[1].length)

    def _halved(self, batch: list[tuple[_Asked, AnyJob]]) -> list[tuple[_Asked, AnyJob]]:
        """What is still to be answered of a batch that did not fit; later batches are no larger than half of it."""
        self.batch_size = max(1, len(batch) // 2)
        if len(batch) > 1:
            return batch
        [(asked, job)] = batch
        asked.fail(
            RefusedRequestError(
                f"model '{self._name}': the memory is too small for one prompt of {job.length} tokens",
                provider="local",
                hint="set a smaller `max_tokens`, `dtype: bfloat16`, another `device`, or run a smaller model",
            )
        )
        return []

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _opening(request: Request) -> tuple[object, ...]:
    """What requests of one batch have in common."""
    turns = tuple((message["role"], message["content"]) for message in request.messages[:-1])
    names = tuple(attribute.name for attribute in request.attributes)
    return (turns, names, request.form, id(request.json_schema))


def _job_or_error(engine: Engine[AnyJob], request: Request) -> AnyJob | Exception:
    try:
        return engine.prepare(request)
    except Exception as error:
        return error
