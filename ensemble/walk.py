"""A walk over the buckets: one after another, or several at once, with the same results."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from .votes import BucketVotes

Result = TypeVar("Result")
Load = Callable[[], BucketVotes]
"""Reads the votes of one bucket."""


@dataclass(frozen=True)
class Walk:
    """The buckets of a catalog, each of which is read when its turn comes; can be walked once.

    Threads, since reading, sorting and writing leave Python to itself most of the time.

    Attributes:
        loads: One for each bucket.
        workers: How many buckets are under way at once, and so in memory.
    """

    loads: Iterable[Load]
    workers: int = 1

    def __iter__(self) -> Iterator[BucketVotes]:
        return self.map(_itself)

    def map(self, work: Callable[[BucketVotes], Result]) -> Iterator[Result]:
        """The results of some work on each bucket, in the order of the buckets."""
        if self.workers == 1:
            for load in self.loads:
                yield work(load())
            return
        pool = ThreadPoolExecutor(self.workers, thread_name_prefix="bucket")
        under_way: deque[Future[Result]] = deque()
        try:
            for load in self.loads:
                under_way.append(pool.submit(_load_and_work, load, work))
                if len(under_way) > self.workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def walk(source: Iterable[BucketVotes], work: Callable[[BucketVotes], Result]) -> Iterator[Result]:
    """The results of some work on each bucket, in their order; several at once in a `Walk`."""
    return source.map(work) if isinstance(source, Walk) else map(work, source)


def _load_and_work(load: Load, work: Callable[[BucketVotes], Result]) -> Result:
    return work(load())


def _itself(bucket: BucketVotes) -> BucketVotes:
    return bucket
