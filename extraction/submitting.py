"""Questions -> batches: gathered, written down in the ledger, and submitted, in this order."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..configs.errors import BudgetSpent, ProviderError, UnavailableError
from ..providers.batches import PRICE, BatchProvider, Item, split
from ..providers.protocol import Request
from .budget import Budget
from .channels import Channel
from .events import Observer
from .ledger import Batch, BatchRequest, Ledger
from .plan import BucketPlan

WORTH_A_BATCH = 1000
"""Fewer requests wait for those of the next bucket, so that a large catalog's few news do not make many batches."""
BEAT_S = 10.0
"""So often a batch that is being submitted gives a sign of life to the ledger."""


@dataclass
class Submitter:
    """Submits the questions to one model.

    Args:
        model: Index of the model.
        channel: The model. It has answered in this call, so that its caller knows how to ask it.
        api: Its batch API.
        ledger: Where batches are written down.
        budget: What may be spent; all that is submitted counts as spent, at its bound and at the price of batches.
        observer: Hears of batches.
        should_stop: Polled before each question; True ends the asking.
        again_since_ns: When the `--refresh` or `--retry-failed` was ordered that is carried out, if any.

    Attributes:
        submitted: Requests that were submitted.
        stopped: Whether the vendor took a batch badly, so that the model is sent nothing more in this call.
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

    async def submit(self, plan: BucketPlan) -> None:
        """Submit what a bucket asks; a small rest waits for the next bucket, or for `finish`.

        Raises:
            CacheError: A batch could not be written down; it was not submitted.
        """
        for items in split(itertools.chain(self._left_over, self._items(plan)), self.api):
            self._left_over = items
            if not self._at_end or len(items) >= WORTH_A_BATCH:
                await self.finish()
        joining, self._joining = self._joining, []
        self.ledger.join(joining)

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
        for question in plan.questions(self.model):
            if self.should_stop() or self.stopped:
                break
            key, request = plan.request(question, self.channel.recorder.model.max_tokens)
            parts = tuple((plan.asked.attributes[index].name, plan.asked.parts[index]) for index in question.attributes)
            products = tuple((each, question.text_digest) for each in (question.product.id, *question.twins))
            if self._merge(BatchRequest(key, parts, products)):
                continue
            request = self._as_answered_before(request)
            if not self._reserve(request):
                break
            self._gathered[key] = BatchRequest(key, parts, products)
            yield key.hex(), request
        self._at_end = True

    def _as_answered_before(self, request: Request) -> Request:
        """The request in the form, and without the options, with which the model has answered in this call."""
        caller = self.channel.caller
        form = request.form if request.json_schema is None else caller.form
        return replace(request, form=form, without=caller.dropped)

    def _merge(self, request: BatchRequest) -> bool:
        """Let a request share the answer to an equal one, if that is gathered or on its way."""
        gathered, tag = self._gathered.get(request.key), self.ledger.tag_of(request.key)
        if gathered is not None:
            products = (*gathered.products, *request.products)
            self._gathered[request.key] = replace(gathered, products=products)
        elif tag is not None:
            self._joining.append((tag, request))
        return gathered is not None or tag is not None

    def _reserve(self, request: Request) -> bool:
        """Count a request as spent; False, and the end of the call, where the budget has no room for it."""
        bound = self.channel.caller.tokens.cost_bound(request)
        bound = None if bound is None else PRICE * bound
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
        self.ledger.write_down(batch, [self._gathered.pop(bytes.fromhex(custom_id)) for custom_id, _ in items])
        try:
            async with self._signs_of_life(batch.tag):
                vendor_id = await self.api.submit(items, batch.tag)
        except UnavailableError as error:
            # The vendor may have it all the same; a later call finds out by the tag.
            self._stop(f"it is not known whether a batch of {len(items):,} requests was taken: {error.message}")
        except ProviderError as error:
            self.ledger.forget(batch.tag)
            self._stop(f"a batch of {len(items):,} requests was refused: {error.message}")
        else:
            self.ledger.submitted(batch.tag, vendor_id)
            self.submitted += len(items)
            self.observer.note(f"{self.channel.name}: submitted {len(items):,} requests as {vendor_id}")

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
        self.observer.stopped(self.channel.name, reason)

    @contextlib.asynccontextmanager
    async def _signs_of_life(self, tag: str) -> AsyncIterator[None]:
        """Tell the ledger now and then that a batch is being submitted; after a kill, it knows until when it was."""

        async def beat() -> None:
            while True:
                await asyncio.sleep(BEAT_S)
                self.ledger.still_submitting(tag, time.time())

        beating = asyncio.create_task(beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
