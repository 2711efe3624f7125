"""Questions -> batches: one is asked at once, the others are submitted.

The answer to the first shows how the model takes requests. The others are gathered, written down in
the ledger, and submitted.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ...configs.errors import BudgetSpent, ProviderError, UnavailableError
from ...configs.settings import ModelSettings
from ...providers.batches.batch_api import BatchProvider, Item, price_factor_of, split
from ...providers.calling.token_limit import token_limits
from ...providers.protocol import Request
from ...providers.registry import facts_of
from ..asking.budget import Budget
from ..asking.channels import Channel
from ..asking.fan_out import FanOut
from ..asking.observer import Observer
from ..cache.batch_records import Batch, BatchRequest
from ..cache.ledger import Ledger
from ..planning.plan import BucketPlan, Question
from .heartbeat import heartbeat
from .request_pool import RequestPool, batch_request
from .vendor_calls import broken_api

WORTH_A_BATCH = 1000
"""Fewer requests wait for those of the next bucket: a large catalog's few news make one batch."""
FIRST_QUESTIONS = 3
"""So many questions are asked at once before a model that answers none of them is left alone."""
MOST_FIRST_QUESTIONS = 20
"""So many, before one that answers and gives no vote is; `budget.stop_after` may end it earlier."""
TOKEN_LIMIT_FACTOR = 2
"""So much more than at first an answer in a batch may have."""


@dataclass(frozen=True)
class _NewRequest:
    """A request that none asks which is gathered or on its way."""

    question: Question
    record: BatchRequest
    request: Request


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
            any; nanoseconds since 1970.

    Attributes:
        submitted_requests: Requests that were submitted.
        is_stopped: Whether the model is sent nothing more in this call.
    """

    model: int
    channel: Channel
    api: BatchProvider
    ledger: Ledger
    budget: Budget
    observer: Observer
    should_stop: Callable[[], bool]
    again_since_ns: int | None = None
    submitted_requests: int = 0
    is_stopped: bool = False
    _rest: list[Item] = field(default_factory=list)
    _is_at_end: bool = False

    def __post_init__(self) -> None:
        self._pool = RequestPool(self.ledger)

    @property
    def knows_how(self) -> bool:
        """Whether the model has answered in this call, so that it is known how to ask it."""
        return self.channel.caller.counts.answers > 0

    @property
    def is_ready(self) -> bool:
        """Whether a batch is worth its money: the model was asked, and gives votes."""
        return self.knows_how and self.channel.outcomes.usable > 0

    def first_questions(self, plan: BucketPlan) -> list[Question]:
        """The questions to `learn` from; those that are on their way already are passed over.

        Raises:
            CacheError: Who shares their answers could not be written down.
        """
        new_requests = itertools.islice(self._new_requests(plan), MOST_FIRST_QUESTIONS)
        questions = [new.question for new in new_requests]
        self._pool.write_additions()
        return questions

    async def learn(self, fan_out: FanOut, questions: Sequence[Question]) -> None:
        """Ask a question at once.

        Batches then ask in the form, and with the options, that the model takes. The answer is
        stored like any other.

        Args:
            fan_out: Asks and stores.
            questions: The first of them is asked, the others only as long as none gave a vote.

        Raises:
            CacheError: Answers can no longer be kept.
        """
        for number, question in enumerate(questions, 1):
            cells = len(question.attributes) * len(question.product_ids)
            self.observer.on_plan(self.channel.name, requests=1, cells=cells, cached_cells=0)
            await self._ask_at_once(fan_out, question)
            is_silent = number >= FIRST_QUESTIONS and not self.knows_how
            if self.is_ready or self._is_over() or is_silent:
                break
        self.is_stopped = bool(questions) and not self.is_ready
        if self.is_stopped and not self._is_over():
            how = "answers gave no vote" if self.knows_how else "requests failed"
            self.observer.on_stop(self.channel.name, f"its first {how}")

    def _is_over(self) -> bool:
        if self.should_stop() or self.budget.is_exhausted:
            return True
        return self.channel.caller.stop_cause is not None

    async def _ask_at_once(self, fan_out: FanOut, question: Question) -> None:
        """Ask a question at once, and remember what of `max_tokens` the model takes."""
        if self.knows_how:
            await fan_out.ask(self.channel, question)
            return
        for channel in (_with_larger_answers(self.channel), self.channel):
            if self._is_over():
                return
            await fan_out.ask(channel, question)
            if channel.caller.counts.answers:
                self.channel = channel
                return

    async def submit(self, plan: BucketPlan) -> None:
        """Submit what a bucket asks; a small rest waits for the next bucket, or for `finish`.

        Raises:
            CacheError: A batch could not be written down; it was not submitted.
        """
        all_items = itertools.chain(self._rest, self._items(plan))
        for items in split(all_items, self.api):
            self._rest = items
            if not self._is_at_end or len(items) >= WORTH_A_BATCH:
                await self.finish()
        self._pool.write_additions()

    async def finish(self) -> None:
        """Submit the rest.

        Raises:
            CacheError: It could not be written down; it was not submitted.
        """
        items = self._rest
        self._rest = []
        if items and not self.should_stop() and not self.is_stopped:
            await self._send(items)

    def _items(self, plan: BucketPlan) -> Iterator[Item]:
        """The requests of a bucket that are not on their way yet, as far as the budget goes."""
        self._is_at_end = False
        for new in self._new_requests(plan):
            if self.is_stopped or not self._reserve(new.request):
                break
            self._pool.add(new.record)
            yield new.record.key.hex(), new.request
        self._is_at_end = True

    def _new_requests(self, plan: BucketPlan) -> Iterator[_NewRequest]:
        """The questions that no request asks which is gathered or on its way.

        The others share its answer.
        """
        for question in plan.questions(self.model):
            if self.should_stop():
                return
            max_tokens = self.channel.max_tokens
            key, request = plan.request(question, max_tokens)
            record = batch_request(key, question, plan.questionnaire)
            if not self._pool.merge(record):
                request = self._as_model_takes_it(request)
                yield _NewRequest(question, record, request)

    def _as_model_takes_it(self, request: Request) -> Request:
        """The request in the form, and without the options, with which the model has answered."""
        caller = self.channel.caller
        form = request.form if request.json_schema is None else caller.form
        return replace(request, form=form, without=caller.refused_options)

    def _bound_usd(self, request: Request) -> float | None:
        """The most that a request can cost in a batch; None where the model has no prices."""
        bound_usd = self.channel.caller.costs.bound_usd(request)
        return None if bound_usd is None else bound_usd * price_factor_of(self.api)

    def _reserve(self, request: Request) -> bool:
        """Count a request as spent; False, and the end of the call, where the budget forbids it."""
        bound_usd = self._bound_usd(request)
        try:
            self.budget.reserve(bound_usd)
        except BudgetSpent:
            self.budget.is_exhausted = True
            return False
        self.budget.settle(bound_usd, None)
        return True

    async def _send(self, items: Sequence[Item]) -> None:
        """Write a batch down, submit it, and note what the vendor calls it."""
        batch = self._new_batch(items)
        custom_ids = [custom_id for custom_id, _ in items]
        requests = self._pool.take(custom_ids)
        self.ledger.add(batch, requests)
        size = f"a batch of {len(items):,} requests"
        try:
            async with heartbeat(self.ledger, batch.tag):
                with broken_api(UnavailableError):
                    vendor_id = await self.api.submit(items, batch.tag)
        except UnavailableError as error:
            # The vendor may have it all the same; a later call finds out by the tag.
            self._stop(f"it is not known whether {size} was taken: {error.message}")
        except ProviderError as error:
            self.ledger.forget(batch.tag)
            self._stop(f"{size} was refused: {error.message}")
        else:
            self.ledger.set_vendor_id(batch.tag, vendor_id)
            self.submitted_requests += len(items)
            self.observer.note(
                f"{self.channel.name}: submitted {len(items):,} requests as {vendor_id}"
            )

    def _new_batch(self, items: Sequence[Item]) -> Batch:
        model = self.channel.recorder.model
        bounds_usd = [self._bound_usd(request) or 0.0 for _, request in items]
        now_s = time.time()
        return Batch(
            tag=secrets.token_hex(8),
            model=model.name,
            model_part=self.channel.recorder.model_part,
            provider=model.provider,
            base_url=model.base_url,
            written_s=now_s,
            submitting_s=now_s,
            again_since_ns=self.again_since_ns,
            request_usd=sum(bounds_usd) / len(items),
        )

    def _stop(self, reason: str) -> None:
        self.is_stopped = True
        self.observer.on_stop(self.channel.name, reason)


def with_larger_answers(model: ModelSettings) -> ModelSettings:
    """The model with the `max_tokens` that it has in batches.

    A live answer that is cut off is asked once more with more tokens; a batch cannot, so that all
    its requests have those from the start.
    """
    limits = token_limits(model, facts_of(model))
    return model.model_copy(update={"max_tokens": TOKEN_LIMIT_FACTOR * limits.first})


def _with_larger_answers(channel: Channel) -> Channel:
    model = with_larger_answers(channel.recorder.model)
    return replace(channel, recorder=replace(channel.recorder, model=model))
