"""Batches that are with their vendors -> answers in the journal."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ...configs.errors import ProviderError, RefusedRequestError, UnavailableError
from ...configs.notices import Notice
from ...configs.settings import ModelSettings
from ...configs.vote_states import is_usable
from ...providers.batches.batch_api import BatchProvider, BatchStatus, at_batch_prices
from ...providers.calling.retries import again_after
from ...providers.protocol import Reply
from ..asking.observer import Observer
from ..cache.batch_records import Batch, BatchRequest
from ..cache.journal import Answer
from ..cache.writable_cache import WritableCache
from ..planning.questionnaire import Questionnaire
from .rows import answer_rows, failure_rows

ANSWERS_A_COMMIT = 1000
SETTLING_S = 60.0
"""How long a vendor may take until it shows a batch that it was just made to make."""
CLOCKS_APART_S = 600.0
"""How far the vendor's clock may be from ours."""
KEPT_S = 29 * 86400.0
"""How long vendors keep the answers of a batch: 29 days (Anthropic) or 30 (OpenAI)."""

T = TypeVar("T")
Outcome = tuple[BatchRequest, Reply | ProviderError]


@dataclass(frozen=True)
class BatchState:
    """How a batch stood when it was looked after.

    Attributes:
        open: Whether it may still bring answers.
        replies: Answers that it brought.
        problem: Why it brought none, where trying again would change nothing.
    """

    open: bool = False
    replies: int = 0
    problem: str = ""


@dataclass(frozen=True)
class BatchCollector:
    """Looks after the batches of one model.

    Args:
        model: The model.
        api: Its batch API.
        cache: Where answers go.
        questionnaire: What the config asks now.
        observer: Hears of every answer.
    """

    model: ModelSettings
    api: BatchProvider
    cache: WritableCache
    questionnaire: Questionnaire
    observer: Observer

    async def collect(self, batch: Batch) -> BatchState:
        """Find out how a batch stands, and collect its answers if it has ended.

        A kill at any moment leaves a batch that can be looked after again.

        Raises:
            CacheError: Answers can no longer be kept.
        """
        try:
            found = batch.vendor_id or await self._find(batch)
            if isinstance(found, BatchState):
                return found
            status = await self._poll(found)
            if status.state == "ended":
                return await self._collect(batch, found)
        except ProviderError as error:
            return self._unreached(batch, error)
        if status.state == "failed":
            return self._give_up(batch, status.reason)
        self.observer.note(
            f"{self._called(batch)} is open: {status.done:,} of {status.total:,} requests are done"
        )
        return BatchState(open=True)

    async def _find(self, batch: Batch) -> str | BatchState:
        """The vendor's id of a batch whose submission broke off, or how it stands as long as there is none.

        Raises:
            ProviderError: The vendor could not be asked.
        """
        found = await _patiently(lambda: self.api.find(batch.tag, batch.written_s - CLOCKS_APART_S))
        if found.sure:
            self.cache.ledger.set_vendor_id(batch.tag, found.sure[0])
            return found.sure[0]
        just_now = 0 <= time.time() - batch.submitting_s < SETTLING_S
        if just_now or await self._may_be_among(found.perhaps, batch):
            self.observer.note(
                f"{self._called(batch)} may have been made or not; it is waited for until that shows"
            )
            return BatchState(open=True)
        self.cache.ledger.forget(batch.tag)
        self.observer.note(f"{self._called(batch)} was never made; its requests are asked again")
        return BatchState()

    async def _may_be_among(self, vendor_ids: Sequence[str], batch: Batch) -> bool:
        """Whether a batch without a visible tag can be this one: not a known one, as large, and made at its time.

        Raises:
            ProviderError: The vendor could not be asked.
        """
        known = {each.vendor_id for each in self.cache.ledger.batches()}
        latest_s = batch.submitting_s + SETTLING_S + CLOCKS_APART_S
        for vendor_id in vendor_ids:
            if vendor_id not in known:
                status = await self._poll(vendor_id)
                if status.total == batch.requests and status.created_s <= latest_s:
                    return True
        return False

    async def _poll(self, vendor_id: str) -> BatchStatus:
        return await _patiently(lambda: self.api.poll(vendor_id))

    async def _collect(self, batch: Batch, vendor_id: str) -> BatchState:
        """Take in the answers of a batch that has ended.

        Raises:
            ProviderError: They could not be fetched, or not all; what was fetched is kept.
        """
        cells = sum(
            len(request.parts) * len(request.products) for request in self._requests(batch).values()
        )
        self.observer.on_plan(self.model.name, requests=batch.requests, cells=cells, cached=0)
        self.observer.note(
            f"{self._called(batch)} has ended: {batch.requests:,} requests are collected"
        )
        return await _patiently(lambda: self._take_in(batch, vendor_id))

    async def _take_in(self, batch: Batch, vendor_id: str) -> BatchState:
        """Fetch all outcomes; what an earlier call has settled is passed over.

        What the vendor refused is settled last: it is final where the batch shows that the model
        takes such requests.
        """
        waiting = self._requests(batch)
        taken, refused, replies, problem = list[Outcome](), list[Outcome](), 0, ""
        async for custom_id, outcome in self.api.results(vendor_id):
            if isinstance(outcome, Reply):
                replies += 1
            elif not outcome.retryable:
                problem = problem or outcome.message
            if request := waiting.pop(custom_id, None):
                (refused if isinstance(outcome, RefusedRequestError) else taken).append(
                    (request, outcome)
                )
            if len(taken) >= ANSWERS_A_COMMIT:
                self._settle(batch, taken)
                taken = []
        silence = UnavailableError(
            f"model '{self.model.name}': the batch ended without a word on this request"
        )
        self._settle(batch, [*taken, *((request, silence) for request in waiting.values())])
        self._settle(batch, refused, final=replies > 0)
        return BatchState(replies=replies, problem="" if replies else problem)

    def _give_up(self, batch: Batch, reason: str) -> BatchState:
        """Let go of a batch that the vendor refused as a whole, after it had taken it."""
        problem = f"model '{self.model.name}': {self.model.provider} refused the batch as a whole: {reason}"
        refusal = RefusedRequestError(problem)
        self._settle(batch, [(request, refusal) for request in self._requests(batch).values()])
        return BatchState(problem=problem)

    def _unreached(self, batch: Batch, error: ProviderError) -> BatchState:
        """What is done where the vendor does not say how a batch stands."""
        if error.retryable:
            text = f"{self._called(batch)} could not be looked after: {error.message}"
            self.observer.warning(Notice("batch_unreached", text, (self.model.name,)))
            return BatchState(open=True)
        if time.time() - batch.written_s <= KEPT_S:
            return BatchState(problem=error.message)
        self.cache.ledger.forget(batch.tag)
        text = f"{self._called(batch)} is too old to be collected; its requests are asked again"
        self.observer.warning(Notice("batch_expired", text, (self.model.name,)))
        return BatchState()

    def _requests(self, batch: Batch) -> dict[str, BatchRequest]:
        """The requests without an outcome, by custom id."""
        return {
            key.hex(): request for key, request in self.cache.ledger.requests(batch.tag).items()
        }

    def _settle(self, batch: Batch, outcomes: Sequence[Outcome], *, final: bool = False) -> None:
        """Commit the rows of some outcomes, then tell of them."""
        rows = [self._rows(batch, *outcome, final=final) for outcome in outcomes]
        placed = (
            (self.cache.bucket_of(row["product_id"]), row)
            for of_request in rows
            for row in of_request
        )
        self.cache.ledger.settle(batch.tag, [request.key for request, _ in outcomes], placed)
        for (_, outcome), (first, *_) in zip(outcomes, rows, strict=True):
            if isinstance(outcome, ProviderError):
                self.observer.on_failure(self.model.name, outcome.message)
            else:
                self._report(outcome, first)

    def _rows(
        self, batch: Batch, request: BatchRequest, outcome: Reply | ProviderError, *, final: bool
    ) -> list[Answer]:
        if isinstance(outcome, ProviderError):
            return failure_rows(batch, request, outcome, self.questionnaire, final=final)
        model = at_batch_prices(self.model, self.api)
        return answer_rows(batch, request, outcome, model, self.questionnaire)

    def _report(self, reply: Reply, row: Answer) -> None:
        self.observer.on_answer(
            self.model.name,
            usable=any(is_usable(vote["state"]) for vote in row["votes"]),
            input_tokens=reply.input_tokens or 0,
            output_tokens=reply.output_tokens or 0,
            cost_usd=row["cost_usd"],
        )

    def _called(self, batch: Batch) -> str:
        return f"{self.model.name}: batch {batch.vendor_id or batch.tag}"


async def _patiently(attempt: Callable[[], Awaitable[T]]) -> T:
    """Do what may be done again, and do it again after failures that may pass."""
    try:
        return await attempt()
    except ProviderError as error:
        if not error.retryable:
            raise
        first = error
    return await again_after(
        first, attempt, lambda error: isinstance(error, ProviderError) and error.retryable
    )
