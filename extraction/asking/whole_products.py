"""Under a budget: questions product by product over all models, so that money buys whole votes.

Left to themselves, the fastest and cheapest model would spend what a budget has. So a product is
begun only when the budget has what all models' requests about it can cost, and the models keep
together, no further apart than the products that are under way.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ...providers.protocol import Request
from ..planning.plan import BucketPlan, Question
from .budget import Budget, Promise, promise_of
from .channels import Channel


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """A question with the request that asks it.

    Attributes:
        question: The question.
        key: Key of the request.
        request: The request.
        promise: What the budget knows it by.
    """

    question: Question
    key: bytes
    request: Request
    promise: Promise


class WholeProducts:
    """Hands the questions of a bucket to the workers of their models.

    Args:
        plan: What is to be asked.
        channels: model index -> its channel.
        budget: What may be spent.
        should_stop: Polled before each product.
    """

    def __init__(
        self,
        plan: BucketPlan,
        channels: Mapping[int, Channel],
        budget: Budget,
        should_stop: Callable[[], bool],
    ) -> None:
        self._plan = plan
        self._channels = channels
        self._budget = budget
        self._should_stop = should_stop
        self._queues: dict[int, asyncio.Queue[WrittenQuestion | None]] = {}
        for index in channels:
            self._queues[index] = asyncio.Queue()
        most_workers = 1
        for index in channels:
            most_workers = max(most_workers, self.count_workers(index))
        self._free_places = asyncio.Semaphore(most_workers)
        self._open_questions: dict[str, int] = {}

    def count_workers(self, index: int) -> int:
        """How many workers a model can use."""
        return min(self._channels[index].workers, self._plan.count_requests(index))

    async def fill(self) -> None:
        """Hand out all questions, as far as the budget goes."""
        for _, questions in self._products():
            await self._free_places.acquire()
            if self._should_stop() or self._budget.is_exhausted:
                break
            entries = [self._write(question) for question in questions]
            if not await self._hand_out(entries):
                break
        for index, queue in self._queues.items():
            for _ in range(self.count_workers(index)):
                queue.put_nowait(None)

    async def next_question(self, index: int) -> WrittenQuestion | None:
        """The next question of a model; None where there is none any more."""
        return await self._queues[index].get()

    def on_end(self, entry: WrittenQuestion) -> None:
        """A question was asked, or will not be."""
        self._budget.withdraw(entry.promise)
        product_id = entry.question.product.id
        self._open_questions[product_id] -= 1
        if not self._open_questions[product_id]:
            del self._open_questions[product_id]
            self._free_places.release()

    def _products(self) -> Iterator[tuple[int, Iterator[Question]]]:
        """Row of a product, and the questions of all models about it."""
        ids = self._plan.products.column("product_id").to_pylist()
        row_of_id = {}
        for row, product_id in enumerate(ids):
            row_of_id[product_id] = row

        def row_of(question: Question) -> int:
            return row_of_id[question.product.id]

        streams = []
        for index in self._channels:
            streams.append(self._plan.questions(index))
        questions = heapq.merge(*streams, key=row_of)
        return itertools.groupby(questions, key=row_of)

    def _write(self, question: Question) -> WrittenQuestion:
        channel = self._channels[question.model]
        key, request = self._plan.request(question, channel.max_tokens)
        return WrittenQuestion(question, key, request, promise_of(channel.name, request))

    async def _hand_out(self, entries: list[WrittenQuestion]) -> bool:
        """Hand out the questions about one product; False where the budget forbids it."""
        bounds = {}
        for entry in entries:
            channel = self._channels[entry.question.model]
            caller = channel.caller
            if not caller.stop_cause:
                request = replace(entry.request, form=caller.form)
                bounds[entry.promise] = caller.costs.bound_usd(request)
        if not await self._budget.admit(bounds):
            return False
        product_id = entries[0].question.product.id
        self._open_questions[product_id] = len(entries)
        for entry in entries:
            self._queues[entry.question.model].put_nowait(entry)
        return True
