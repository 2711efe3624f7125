"""Batches that are with their vendors -> answers in the journal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ...configs.errors import (
    ProviderError,
    RefusedRequestError,
    UnavailableError,
    UnreadableResultError,
)
from ...configs.notices import Kind, Notice
from ...configs.settings import ModelSettings
from ...configs.wording import quantity
from ...providers.batches.batch_api import BatchProvider, BatchStatus, at_batch_prices
from ...providers.checked_reply import checked_outcome
from ...providers.protocol import Reply
from ..asking.observer import Observer
from ..asking.outcomes import Outcomes
from ..asking.recording import note_charge, report_answer
from ..cache.batch_records import Batch, BatchRequest
from ..cache.journal import Answer
from ..cache.writable_cache import WritableCache
from ..planning.questionnaire import Questionnaire
from .batch_outcomes import BatchOutcomes, Outcome
from .lookup import look_up
from .rows import answer_rows, failure_rows
from .vendor_calls import call_vendor

ANSWERS_A_COMMIT = 1000
_SILENCE = "the batch ended without a word on this request"
_LOST = "the batch ended, and no line that can be read is about this request"
RETENTION_S = 29 * 86400.0
"""How long vendors keep the answers of a batch: 29 days (Anthropic) or 30 (OpenAI)."""


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
        outcomes: What is told of the model at the end.
    """

    model: ModelSettings
    api: BatchProvider
    cache: WritableCache
    questionnaire: Questionnaire
    observer: Observer
    outcomes: Outcomes

    async def collect(self, batch: Batch) -> BatchState:
        """Find out how a batch stands, and collect its answers if it has ended.

        A kill at any moment leaves a batch that can be looked after again.

        Raises:
            CacheError: Answers can no longer be kept.
        """
        try:
            vendor_id = batch.vendor_id
            if vendor_id is None:
                state = await self._look_up(batch)
                if isinstance(state, BatchState):
                    return state
                vendor_id = state
            status = await self._poll(vendor_id)
            if status.state == "ended":
                return await self._take_in(batch, vendor_id, status)
        except ProviderError as error:
            return self._handle_unreachable(batch, error)
        if status.state == "failed":
            return self._give_up(batch, status.reason)
        self.observer.note(
            f"{self._name(batch)} is open: {status.finished_requests:,} of {status.total:,}"
            " requests are done"
        )
        return BatchState(open=True)

    async def _look_up(self, batch: Batch) -> str | BatchState:
        """The vendor's id of a batch whose submission broke off, or how it stands without one.

        Raises:
            ProviderError: The vendor could not be asked.
        """
        known_ids = {each.vendor_id for each in self.cache.ledger.batches()}
        lookup = await look_up(self.api, batch, known_ids)
        if lookup.vendor_id is not None:
            self.cache.ledger.set_vendor_id(batch.tag, lookup.vendor_id)
            return lookup.vendor_id
        if lookup.may_exist:
            self.observer.note(
                f"{self._name(batch)} may have been made or not; it is waited for until that shows"
            )
            return BatchState(open=True)
        self.cache.ledger.forget(batch.tag)
        self.observer.note(f"{self._name(batch)} was never made; its requests are asked again")
        return BatchState()

    async def _poll(self, vendor_id: str) -> BatchStatus:
        return await call_vendor(lambda: self.api.poll(vendor_id))

    async def _take_in(self, batch: Batch, vendor_id: str, status: BatchStatus) -> BatchState:
        """Take in the answers of a batch that has ended.

        Raises:
            ProviderError: They could not be fetched, or not all; what was fetched is kept.
        """
        cells = 0
        for request in self._requests(batch).values():
            cells += len(request.parts) * len(request.products)
        self.observer.on_plan(
            self.model.name,
            requests=batch.requests,
            cells=cells,
            cached_cells=0,
        )
        self.observer.note(
            f"{self._name(batch)} has ended: {batch.requests:,} requests are collected"
        )
        return await call_vendor(lambda: self._fetch(batch, vendor_id, status))

    async def _fetch(self, batch: Batch, vendor_id: str, status: BatchStatus) -> BatchState:
        """Fetch all outcomes; what an earlier call has settled is passed over.

        Where lines cannot be read or are missing, the results are fetched once more: they may have
        been spoilt on the way. What the vendor refused is settled last: it is final where the batch
        shows that the model takes such requests.
        """
        outcomes = BatchOutcomes(self._requests(batch))
        await self._read(batch, vendor_id, outcomes)
        if outcomes.open_requests:
            await self._read(batch, vendor_id, outcomes)
        self._settle(batch, outcomes.others)
        self._settle(batch, outcomes.refusals, final=outcomes.replies > 0)
        if outcomes.is_of_something_else(status):
            self._warn(
                "batch_unreached",
                f"{self._name(batch)} has ended, but what came as its results holds nothing about"
                " its requests; the next call fetches them again",
            )
            return BatchState(open=True)
        self._settle_rest(batch, outcomes, status)
        problem = "" if outcomes.replies else outcomes.problem
        return BatchState(replies=outcomes.replies, problem=problem)

    async def _read(self, batch: Batch, vendor_id: str, outcomes: BatchOutcomes) -> None:
        outcomes.begin()
        async for custom_id, outcome in self.api.results(vendor_id):
            outcomes.add(str(custom_id), checked_outcome(outcome))
            if len(outcomes.others) >= ANSWERS_A_COMMIT:
                self._settle(batch, outcomes.others)
                outcomes.others.clear()

    def _settle_rest(self, batch: Batch, outcomes: BatchOutcomes, status: BatchStatus) -> None:
        """Settle the requests of which no line can be read.

        What was answered is paid for, and not asked again by itself. Where lines do not even tell
        what they answer, that may be any of those that are left.
        """
        rest: list[Outcome] = []
        unreadable: list[Outcome] = []
        is_lost = outcomes.has_lost_answers(status)
        for custom_id, request in outcomes.open_requests.items():
            if custom_id in outcomes.unreadable:
                unreadable.append((request, outcomes.unreadable[custom_id]))
            elif is_lost:
                unreadable.append((request, UnreadableResultError(_LOST)))
            else:
                rest.append((request, UnavailableError(_SILENCE)))
        self._settle(batch, rest)
        self._settle(batch, unreadable, final=True)
        if unreadable:
            self._warn(
                "batch_lines_unreadable",
                f"{self._name(batch)}: {quantity(len(unreadable), 'answer')} cannot be read"
                f" ({_message(unreadable[0])}); they were paid for, and are not asked again by"
                " themselves (`--retry-failed` asks them)",
            )

    def _give_up(self, batch: Batch, reason: str) -> BatchState:
        """Let go of a batch that the vendor refused as a whole, after it had taken it."""
        problem = (
            f"model '{self.model.name}': {self.model.provider} refused the batch as a whole:"
            f" {reason}"
        )
        refusal = RefusedRequestError(problem)
        outcomes: list[Outcome] = []
        for request in self._requests(batch).values():
            outcomes.append((request, refusal))
        self._settle(batch, outcomes)
        return BatchState(problem=problem)

    def _handle_unreachable(self, batch: Batch, error: ProviderError) -> BatchState:
        """What is done where the vendor does not say how a batch stands."""
        if error.retryable:
            self._warn(
                "batch_unreached",
                f"{self._name(batch)} could not be looked after: {error.message}",
            )
            return BatchState(open=True)
        age_s = time.time() - batch.written_s
        if age_s <= RETENTION_S:
            return BatchState(problem=error.message)
        self.cache.ledger.forget(batch.tag)
        self._warn(
            "batch_expired",
            f"{self._name(batch)} is too old to be collected; its requests are asked again",
        )
        return BatchState()

    def _warn(self, kind: Kind, text: str) -> None:
        notice = Notice(kind, text, models=(self.model.name,))
        self.observer.warning(notice)

    def _requests(self, batch: Batch) -> dict[str, BatchRequest]:
        """The requests without an outcome, by custom id."""
        requests = self.cache.ledger.requests(batch.tag)
        return {key.hex(): request for key, request in requests.items()}

    def _settle(self, batch: Batch, outcomes: Sequence[Outcome], *, final: bool = False) -> None:
        """Commit the rows of some outcomes, then tell of them."""
        keys = []
        first_rows = []
        all_rows: list[Answer] = []
        for request, outcome in outcomes:
            rows = self._rows(batch, request, outcome, final=final)
            keys.append(request.key)
            first_rows.append(rows[0])
            all_rows += rows
        self.cache.ledger.settle(batch.tag, keys, self.cache.with_buckets(all_rows))
        for (_, outcome), first_row in zip(outcomes, first_rows, strict=True):
            self._report(outcome, first_row, final=final)

    def _report(self, outcome: Reply | ProviderError, first_row: Answer, *, final: bool) -> None:
        """Tell of an outcome that was settled."""
        name = self.model.name
        if isinstance(outcome, Reply):
            usable = report_answer(self.observer, name, outcome, first_row)
            self.outcomes.add_answer(outcome, usable=usable)
        elif isinstance(outcome, UnreadableResultError):
            self.observer.on_answer(
                name, usable=False, input_tokens=0, output_tokens=0, cost_usd=None
            )
        else:
            self.observer.on_failure(name, outcome.message)
            if final:
                self.outcomes.add_refusal(outcome.message)

    def _rows(
        self, batch: Batch, request: BatchRequest, outcome: Reply | ProviderError, *, final: bool
    ) -> list[Answer]:
        if isinstance(outcome, ProviderError):
            rows = failure_rows(batch, request, outcome, self.questionnaire, final=final)
        else:
            model = at_batch_prices(self.model, self.api)
            rows = answer_rows(batch, request, outcome, model, self.questionnaire)
        is_paid = isinstance(outcome, Reply | UnreadableResultError)
        if is_paid and rows[0].get("cost_usd") is None:
            note_charge(rows, batch.request_usd or 0.0)
        return rows

    def _name(self, batch: Batch) -> str:
        """What messages call a batch."""
        return f"{self.model.name}: batch {batch.vendor_id or batch.tag}"


def _message(outcome: Outcome) -> str:
    """The message of an outcome that is an error."""
    return str(outcome[1])
