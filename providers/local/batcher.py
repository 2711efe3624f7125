"""Requests that wait at the same time -> batches, sorted by length, in a thread of their own.

The event loop stays free while a batch is computed, and each batch's answers are handed over before
the next one begins: a crash loses one batch at most.
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
class _QueuedRequest:
    """A request, and who waits for its answer."""

    request: Request
    answer: asyncio.Future[Reply]

    def resolve(self, reply: Reply) -> None:
        if not self.answer.done():
            self.answer.set_result(reply)

    def fail(self, error: BaseException) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


@dataclass(frozen=True, slots=True)
class _QueuedJob(Generic[AnyJob]):
    """A queued request that is ready to be computed."""

    entry: _QueuedRequest
    job: AnyJob


class Batcher(Generic[AnyJob]):
    """Answers requests together.

    Requests go into one batch if they open alike: same instructions, same attributes, same form.
    All that open as the oldest one does are taken, sorted by length so that little of a batch
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
        self._final_error: ProviderError | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="attrx-local")
        self._queue: deque[_QueuedRequest] = deque()
        self._serving: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Reply:
        """The answer to one request.

        Raises:
            ProviderError: The model cannot be loaded, or cannot take this request.
        """
        loop = asyncio.get_running_loop()
        entry = _QueuedRequest(request, loop.create_future())
        self._queue.append(entry)
        if self._serving is None or self._serving.done():
            self._serving = loop.create_task(self._serve())
        return await entry.answer

    async def close(self) -> None:
        """Leave what is being computed, and let go of the model; safe to call twice."""
        engine = self._engine
        self._engine = None
        if engine is not None:
            engine.stop()
        if self._serving is not None:
            self._serving.cancel()
            await asyncio.gather(self._serving, return_exceptions=True)
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _serve(self) -> None:
        """Answer until nobody waits."""
        while self._queue:
            await asyncio.sleep(_GATHER_S)
            window = self._take_window()
            try:
                await self._answer_window(window)
            except Exception as error:
                for entry in window:
                    entry.fail(error)

    def _take_window(self) -> list[_QueuedRequest]:
        """All requests that open as the one does that has waited longest."""
        key = _batch_key(self._queue[0].request)
        window: list[_QueuedRequest] = []
        others: deque[_QueuedRequest] = deque()
        for entry in self._queue:
            opens_alike = _batch_key(entry.request) == key
            (window if opens_alike else others).append(entry)
        self._queue = others
        return window

    async def _answer_window(self, window: Sequence[_QueuedRequest]) -> None:
        """Answer all of a window, batch by batch."""
        engine = await self._load_engine()
        jobs = await self._prepare_jobs(engine, window)
        while jobs:
            batch = jobs[: self.batch_size]
            later_jobs = jobs[self.batch_size :]
            try:
                await self._answer_batch(engine, batch)
                jobs = later_jobs
            except OutOfMemory:
                self.batch_size = max(1, len(batch) // 2)
                if len(batch) > 1:
                    continue
                self._refuse(batch[0])
                jobs = later_jobs

    async def _answer_batch(
        self, engine: Engine[AnyJob], batch: Sequence[_QueuedJob[AnyJob]]
    ) -> None:
        """Answer one batch, but for those who have given up waiting."""
        current = [item for item in batch if not item.entry.answer.done()]
        if not current:
            return
        jobs = [item.job for item in current]
        replies = await self._in_thread(functools.partial(engine.answer, jobs))
        for item, reply in zip(current, replies, strict=True):
            item.entry.resolve(reply)

    async def _load_engine(self) -> Engine[AnyJob]:
        """The model in memory; one that cannot be loaded is not tried again and again."""
        if self._final_error is not None:
            raise self._final_error
        if self._engine is not None:
            return self._engine
        try:
            self._engine = await self._in_thread(self._open_engine)
        except ProviderError as error:
            if error.stops_model:
                self._final_error = error
            raise
        self.batch_size = self._engine.batch_size
        return self._engine

    async def _prepare_jobs(
        self, engine: Engine[AnyJob], window: Sequence[_QueuedRequest]
    ) -> list[_QueuedJob[AnyJob]]:
        """The jobs of a window, the longest first.

        Requests that the model cannot take fail, each by itself.
        """

        def prepare() -> list[AnyJob | Exception]:
            return [_job_or_error(engine, entry.request) for entry in window]

        outcomes = await self._in_thread(prepare)
        jobs = []
        for entry, outcome in zip(window, outcomes, strict=True):
            if isinstance(outcome, Exception):
                entry.fail(outcome)
            else:
                jobs.append(_QueuedJob(entry, outcome))
        return sorted(jobs, key=lambda item: item.job.length, reverse=True)

    def _refuse(self, item: _QueuedJob[AnyJob]) -> None:
        """Fail a request that does not fit into the memory by itself."""
        item.entry.fail(
            RefusedRequestError(
                f"model '{self._name}': the memory is too small for one prompt of "
                f"{item.job.length} tokens",
                provider="local",
                hint="set a smaller `max_tokens`, `dtype: bfloat16`, another `device`, "
                "or run a smaller model",
            )
        )

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def _batch_key(request: Request) -> tuple[object, ...]:
    """What requests of one batch have in common."""
    turns = []
    for message in request.messages[:-1]:
        turns.append((message["role"], message["content"]))
    names = tuple(attribute.name for attribute in request.attributes)
    return (tuple(turns), names, request.form, id(request.json_schema))


def _job_or_error(engine: Engine[AnyJob], request: Request) -> AnyJob | Exception:
    try:
        return engine.prepare(request)
    except Exception as error:
        return error
