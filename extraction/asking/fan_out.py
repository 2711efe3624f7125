"""The fan-out: questions of a bucket to their models, answers to the journal as they come.

Per model, a number of workers draw from one lazy stream of questions, so that neither prompts nor
answers pile up. Under a budget the models go through the products together (`whole_products`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from ...configs.errors import (
    AttrxError,
    BudgetSpent,
    CacheError,
    ModelStopped,
    ProviderError,
)
from ...providers.protocol import Reply, Request
from ..cache.group_commit import JournalWriter
from ..cache.journal import Answer
from ..planning.plan import BucketPlan, Question
from .budget import Budget, promise_of
from .channels import Channel
from .observer import Observer
from .recording import note_charge, report_answer, rows_from_answer
from .refusals import Refusal, Refusals
from .whole_products import WholeProducts


@dataclass
class FanOut:
    """Asks the questions of one bucket.

    Args:
        plan: What is to be asked.
        channels: model index -> its channel.
        writer: Where answers go.
        budget: What may be spent.
        observer: Hears of every answer.
        should_stop: Polled before each question; True ends the asking, what is in flight still
            arrives. What the budget has left is looked at besides.
    """

    plan: BucketPlan
    channels: Mapping[int, Channel]
    writer: JournalWriter
    budget: Budget
    observer: Observer
    should_stop: Callable[[], bool]
    _in_flight: dict[bytes, list[Question]] = field(default_factory=dict)
    _answers: dict[bytes, Answer] = field(default_factory=dict)
    _models_over: set[str] = field(default_factory=set)
    _refusals: Refusals = field(default_factory=Refusals)

    async def run(self) -> None:
        """Ask everything; once answers can no longer be kept, nothing more is sent."""
        self.writer.on_failure(self._end)
        try:
            async with asyncio.TaskGroup() as group:
                if self.budget.is_bounded:
                    self._start_by_product(group)
                else:
                    self._start_by_model(group)
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        for channel in self.channels.values():
            await self.writer.put(self._refusals.settle(channel))

    def _is_over(self) -> bool:
        """Whether no further question is to be asked."""
        return self.should_stop() or self.writer.error is not None

    def _end(self, error: AttrxError) -> None:
        """Let no further attempt begin; what has been sent still arrives."""
        self.budget.end(error)
        for channel in self.channels.values():
            channel.caller.dismiss(error)

    def _start_by_model(self, group: asyncio.TaskGroup) -> None:
        """Each model goes through its questions as fast as it can."""
        for index, channel in self.channels.items():
            questions = self.plan.questions(index)
            workers = min(channel.workers, self.plan.count_requests(index))
            for _ in range(workers):
                group.create_task(self._work(channel, questions))

    def _start_by_product(self, group: asyncio.TaskGroup) -> None:
        """All models go through the products together, as far as the budget goes."""
        products = WholeProducts(self.plan, self.channels, self.budget, self._is_over)
        group.create_task(products.fill())
        for index in self.channels:
            for _ in range(products.count_workers(index)):
                group.create_task(self._work_together(index, products))

    async def _work_together(self, index: int, products: WholeProducts) -> None:
        channel = self.channels[index]
        while True:
            entry = await products.next_question(index)
            if entry is None:
                return
            is_over = self._is_over() or channel.caller.stop_cause
            if not is_over:
                await self._ask_once(channel, entry.question, entry.key, entry.request)
            products.on_end(entry)

    async def _work(self, channel: Channel, questions: Iterator[Question]) -> None:
        for question in questions:
            if self._is_over() or channel.caller.stop_cause:
                return
            await self.ask(channel, question)

    async def ask(self, channel: Channel, question: Question) -> None:
        """Ask one question, unless an equal one is on its way or has arrived."""
        key, request = self.plan.request(question, channel.max_tokens)
        await self._ask_once(channel, question, key, request)

    async def _ask_once(
        self, channel: Channel, question: Question, key: bytes, request: Request
    ) -> None:
        """Ask a question with the request that asks it."""
        if key in self._in_flight:
            self._in_flight[key].append(question)
            return
        if key in self._answers:
            await self.writer.put(rows_from_answer(self._answers[key], question))
            return
        self._in_flight[key] = [question]
        try:
            rows = await self._ask(channel, request, key)
        finally:
            del self._in_flight[key]
        charge = self.budget.take_charge(promise_of(channel.name, request))
        if rows:
            note_charge(rows, charge.usd)
        if question.may_repeat and rows:
            self._answers[key] = rows[0]
        await self.writer.put(rows)

    async def _ask(self, channel: Channel, request: Request, key: bytes) -> list[Answer]:
        """The rows that the outcome of a request leaves behind; none where it was never sent."""
        async with channel.window:
            return await self._outcome(channel, request, key)

    async def _outcome(self, channel: Channel, request: Request, key: bytes) -> list[Answer]:
        questions = self._in_flight[key]
        try:
            reply = await self._call(channel, request)
        except ModelStopped as error:
            self._report_stop(channel, error)
            return []
        except (BudgetSpent, CacheError):  # the latter from `_end`
            return []
        except ProviderError as error:
            self.observer.on_failure(channel.name, error.message)
            self._report_any_stop(channel)
            refusal = Refusal(questions, key, error)
            if self._refusals.hold(channel, refusal):
                return []
            return channel.recorder.failure_rows(questions, key, error, final=False)
        rows = channel.recorder.answer_rows(questions, key, reply)
        usable = report_answer(self.observer, channel.name, reply, rows[0])
        charge = self.budget.charge_of(promise_of(channel.name, request))
        channel.outcomes.add_answer(reply, usable=usable)
        channel.caller.note_votes(reply, charge, usable=usable)
        self._report_any_stop(channel)
        if usable:
            rows += self._refusals.settle(channel)
        return rows

    async def _call(self, channel: Channel, request: Request) -> Reply:
        """Ask, and where the budget does not allow it for now, ask again once it does.

        Raises:
            BudgetSpent: It never will.
        """
        while True:
            try:
                return await channel.caller.call(request)
            except BudgetSpent:
                if not await self.budget.wait_for_budget():
                    raise

    def _report_any_stop(self, channel: Channel) -> None:
        stop_error = channel.caller.stop_error
        if stop_error is not None:
            self._report_stop(channel, stop_error)

    def _report_stop(self, channel: Channel, error: ModelStopped) -> None:
        """Say once that a model is over."""
        if channel.name not in self._models_over:
            self._models_over.add(channel.name)
            reason = f"{error.message}; {error.hint}" if error.hint else error.message
            self.observer.on_stop(channel.name, reason)
