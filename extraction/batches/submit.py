"""Questions -> batches: one is asked at once, the others are gathered, written down in the ledger, and submitted."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ...configs.errors import BudgetSpent, ProviderError, UnavailableError
from ...configs.settings import ModelSettings
from ...providers.batches.batch_api import (
    BatchProvider,
    Item,
    price_factor_of,
    split,
)
from ...providers.protocol import Request
from ..asking.budget import Budget
from ..asking.channels import Channel
from ..asking.fan_out import FanOut
from ..asking.observer import Observer
from ..cache.batch_records import Batch, BatchRequest
from ..cache.ledger import Ledger
from ..planning.plan import BucketPlan, Question

WORTH_A_BATCH = 1000
"""Fewer requests wait for those of the next bucket, so that a large catalog's few news do not make many batches."""
FIRST_QUESTIONS = 3
"""So many questions are asked at once before a model that answers none of them is left alone."""
ROOM = 2
"""A cut-off answer is asked once more with so much more room; in a batch, which cannot, all have the room at once."""
BEAT_S = 10.0
"""So often a batch that is being submitted gives a sign of life to the ledger."""


@dataclass
class Submitter:
    """Submits the questions to one model.

    Args:
        model: Index of the model.
        channel: The model.
        api: Its batch API.
        ledger: Where batches are written down.
        budget: What may be spent; all that is submitted counts as spent, at its bound and at the
            price of batches.
        observer: Hears of batches.
        should_stop: Polled before each question; True ends the asking.
        again_since_ns: When the `--refresh` or `--retry-failed` was ordered that is carried out, if
            any.

    Attributes:
        submitted: Requests that were submitted.
        stopped: Whether the model is sent nothing more in this call.
    """

    model: int
    channel: Channel
    api: BatchProvider
    ledger: Ledger
    budget: Budget
    observer: Observer
    should_stop: Callable[[], bool]
    again_since_ns: int | None = None
    submitted: int = 0
    stopped: bool = False
    _gathered: dict[bytes, BatchRequest] = field(default_factory=dict)
    _joining: list[tuple[str, BatchRequest]] = field(default_factory=list)
    _left_over: list[Item] = field(default_factory=list)
    _at_end: bool = False

    @property
    def knows_how(self) -> bool:
        """Whether the model has answered in this call, so that it is known how to ask it."""
        return self.channel.caller.counts.answers > 0

    def first_questions(self, plan: BucketPlan) -> list[Question]:
        """The questions to `learn` from; those that are on their way already are passed over.

        Raises:
            CacheError: Who shares their answers could not be written down.
        """
        questions = [
            question for question, *_ in itertools.islice(self._new(plan), FIRST_QUESTIONS)
        ]
        self._join()
        return questions

    async def learn(self, fan_out: FanOut, questions: Sequence[Question]) -> None:
        """Ask a question at once: batches then ask in the form, and with the options, that the model takes.

        The answer is stored like any other.

        Args:
            fan_out: Asks and stores.
            questions: The first of them is asked, the others only as long as none was answered.

        Raises:
            CacheError: Answers can no longer be kept.
        """
        for question in questions:
            cells = len(question.attributes) * (1 + len(question.same_text_ids))
            self.observer.on_plan(self.channel.name, requests=1, cells=cells, cached=0)
            if await self._answers(fan_out, question):
                return
            if self._is_over():
                break
        self.stopped = bool(questions)
        if self.stopped and not self._is_over():
            self.observer.on_stop(self.channel.name, "its first requests failed")

    def _is_over(self) -> bool:
        return (
            self.should_stop()
            or self.budget.exhausted
            or self.channel.caller.stopped_by is not None
        )

    async def _answers(self, fan_out: FanOut, question: Question) -> bool:
        """Ask a question at once, with more room first, and remember what of the two the model takes."""
        for channel in (_roomy(self.channel), self.channel):
            if not self._is_over():
                await fan_out.ask(channel, question)
                if self.knows_how:
                    self.channel = channel
                    return True
        return False

    async def submit(self, plan: BucketPlan) -> None:
        """Submit what a bucket asks; a small rest waits for the next bucket, or for `finish`.

        Raises:
            CacheError: A batch could not be written down; it was not submitted.
        """
        for items in split(itertools.chain(self._left_over, self._items(plan)), self.api):
            self._left_over = items
            if not self._at_end or len(items) >= WORTH_A_BATCH:
                await self.finish()
        self._join()

    async def finish(self) -> None:
        """Submit what is left over.

        Raises:
            CacheError: It could not be written down; it was not submitted.
        """
        items, self._left_over = self._left_over, []
        if items and not self.should_stop() and not self.stopped:
            await self._send(items)

    def _items(self, plan: BucketPlan) -> Iterator[Item]:
        """The requests of a bucket that are not on their way yet, as far as the budget goes."""
        self._at_end = False
        for _, asking, request in self._new(plan):
            if self.stopped or not self._reserve(request):
                break
            self._gathered[asking.key] = asking
            yield asking.key.hex(), request
        self._at_end = True

    def _new(self, plan: BucketPlan) -> Iterator[tuple[Question, BatchRequest, Request]]:
        """The questions that no request asks which is gathered or on its way; the others share its answer."""
        for question in plan.questions(self.model):
            if self.should_stop():
                return
            key, request = plan.request(question, self.channel.recorder.model.max_tokens)
            parts = tuple(
                (plan.questionnaire.attributes[index].name, plan.questionnaire.parts[index])
                for index in question.attributes
            )
            products = tuple(
                (each, question.text_digest)
                for each in (question.product.id, *question.same_text_ids)
            )
            asking = BatchRequest(key, parts, products)
            if not self._merge(asking):
                yield question, asking, self._as_answered_before(request)

    def _as_answered_before(self, request: Request) -> Request:
        """The request in the form, and without the options, with which the model has answered in this call."""
        caller = self.channel.caller
        form = request.form if request.json_schema is None else caller.form
        return replace(request, form=form, without=caller.dropped)

    def _merge(self, asking: BatchRequest) -> bool:
        """Let a request share the answer to an equal one, if that is gathered or on its way."""
        gathered, tag = self._gathered.get(asking.key), self.ledger.tag_of(asking.key)
        if gathered is not None:
            self._gathered[asking.key] = replace(
                gathered, products=(*gathered.products, *asking.products)
            )
        elif tag is not None:
            self._joining.append((tag, asking))
        return gathered is not None or tag is not None

    def _join(self) -> None:
        """Write down who shares the answers to requests on their way; all at once, because each writing takes time."""
        joining, self._joining = self._joining, []
        self.ledger.add_products(joining)

    def _reserve(self, request: Request) -> bool:
        """Count a request as spent; False, and the end of the call, where the budget has no room for it."""
        bound = self.channel.caller.tokens.cost_bound(request)
        bound = None if bound is None else price_factor_of(self.api) * bound
        try:
            self.budget.reserve(bound)
        except BudgetSpent:
            self.budget.exhausted = True
            return False
        self.budget.settle(bound, None)
        return True

    async def _send(self, items: Sequence[Item]) -> None:
        """Write a batch down, submit it, and note what the vendor calls it."""
        batch = self._new_batch()
        self.ledger.add(
            batch, [self._gathered.pop(bytes.fromhex(custom_id)) for custom_id, _ in items]
        )
        try:
            async with self._signs_of_life(batch.tag):
                vendor_id = await self.api.submit(items, batch.tag)
        except UnavailableError as error:
            # The vendor may have it all the same; a later call finds out by the tag.
            self._stop(
                f"it is not known whether a batch of {len(items):,} requests was taken: {error.message}"
            )
        except ProviderError as error:
            self.ledger.forget(batch.tag)
            self._stop(f"a batch of {len(items):,} requests was refused: {error.message}")
        else:
            self.ledger.set_vendor_id(batch.tag, vendor_id)
            self.submitted += len(items)
            self.observer.note(
                f"{self.channel.name}: submitted {len(items):,} requests as {vendor_id}"
            )

    def _new_batch(self) -> Batch:
        model, now_s = self.channel.recorder.model, time.time()
        return Batch(
            tag=secrets.token_hex(8),
            model=model.name,
            model_part=self.channel.recorder.model_part,
            provider=model.provider,
            base_url=model.base_url,
            written_s=now_s,
            submitting_s=now_s,
            again_since_ns=self.again_since_ns,
        )

    def _stop(self, reason: str) -> None:
        self.stopped = True
        self.observer.on_stop(self.channel.name, reason)

    @contextlib.asynccontextmanager
    async def _signs_of_life(self, tag: str) -> AsyncIterator[None]:
        """Tell the ledger now and then that a batch is being submitted; after a kill, it knows until when it was."""

        async def beat() -> None:
            while True:
                await asyncio.sleep(BEAT_S)
                self.ledger.note_submission(tag, time.time())

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)


def with_room(model: ModelSettings) -> ModelSettings:
    """The model, with more room for its answers."""
    return model.model_copy(update={"max_tokens": ROOM * model.max_tokens})


def _roomy(channel: Channel) -> Channel:
    return replace(
        channel, recorder=replace(channel.recorder, model=with_room(channel.recorder.model))
    )
