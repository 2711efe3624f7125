"""`attrx extract`: ask what is not cached."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from ..configs.settings import Settings
from ..configs.wording import sum_of_costs
from ..extraction.asking.channels import Channel, connections_note, open_channels
from ..extraction.asking.fan_out import FanOut
from ..extraction.asking.gc_tuning import rare_collections
from ..extraction.asking.observer import Observer
from ..extraction.asking.outcomes import thoughts_note
from ..extraction.cache.group_commit import JournalWriter
from ..extraction.planning.plan import BucketPlan
from ..extraction.planning.planner import Planner
from ..extraction.planning.reask_policy import ReaskPolicy
from .allowance import Allowance
from .counting import ModelTally
from .reask_orders import fulfil_order, is_done_with, place_order
from .session import ExtractOptions, Session, open_session

__all__ = ["ExtractOptions", "ExtractResult", "extract"]


@dataclass
class ExtractResult:
    """How an `extract` call ended.

    Attributes:
        products: Products of the input.
        models: What each model did.
        without_vote: Cells that got no usable answer from any model.
        is_interrupted: Whether it was asked to stop.
        budget_spent: Whether it stopped at the budget.
        allowance: What bounds its cost; None where nothing does.
        budget_in_words: The bound at which it stopped, if it did.
        charge_usd: What the budget counts: more than the cost where requests were lost, or a usage
            was not told or cannot be.
        in_batches: Cells that were not asked because they wait in batches.
    """

    products: int
    models: tuple[ModelTally, ...]
    without_vote: int = 0
    is_interrupted: bool = False
    budget_spent: bool = False
    in_batches: int = 0
    allowance: Allowance | None = None
    budget_in_words: str = ""
    charge_usd: float = 0.0

    @property
    def cost_usd(self) -> float | None:
        """What this call has cost; None where a price is not known."""
        return sum_of_costs(tally.cost_usd for tally in self.models)

    @property
    def waits_for_batches(self) -> bool:
        """Whether a call with `--batch` has something to collect."""
        return self.in_batches > 0


def extract(settings: Settings, options: ExtractOptions, observer: Observer) -> ExtractResult:
    """Ask every model about every cell that is not cached, and does not wait in a batch.

    The first signal to stop lets what is in flight arrive, the second ends at once; what was
    answered is kept either way.

    Raises:
        ConfigError: A model is not known, or a provider cannot use its settings.
        InputError: The products file cannot be used; nothing was asked.
        CacheError: Answers cannot be kept.
    """
    policy = ReaskPolicy(options.retry_failed, options.refresh)
    with open_session(settings, options, observer) as session, rare_collections():
        return asyncio.run(_Extraction(session, policy).run())


class _Extraction:
    """One `extract` call under way."""

    def __init__(self, session: Session, policy: ReaskPolicy) -> None:
        self._session = session
        self._policy = policy
        self._without_vote = 0
        self._in_batches = 0

    async def run(self) -> ExtractResult:
        """Go through the buckets."""
        session = self._session
        with session.stop_signal.listening():
            async with open_channels(
                session.questionnaire, session.model_names, session.budget
            ) as channels:
                if note := connections_note(channels):
                    session.observer.note(note)
                policy = place_order(session, self._policy)
                planner = session.planner(channels, policy)
                for bucket, products in session.spool.buckets(session.cache.buckets):
                    if not session.should_stop():
                        await self._bucket(bucket, products, channels, planner)
                names = [each.name for each in channels.values() if is_done_with(each)]
                fulfil_order(session, policy, names)
                for channel in channels.values():
                    session.observer.close(channel)
                    tell_outcomes(channel, session.observer)
        return ExtractResult(
            products=session.spool.size,
            models=session.observer.tallies,
            without_vote=self._without_vote,
            is_interrupted=session.stop_signal.is_set,
            budget_spent=session.budget.is_exhausted,
            allowance=session.allowance,
            budget_in_words=session.budget_in_words(),
            charge_usd=session.budget.spent_usd,
            in_batches=self._in_batches,
        )

    async def _bucket(
        self, bucket: int, products: pa.Table, channels: Mapping[int, Channel], planner: Planner
    ) -> None:
        """Plan a bucket, ask, and fold the answers into its Parquet file."""
        session = self._session
        plan, n_copies = session.plan_bucket(planner, bucket, products)
        channels_with_work = {}
        for index, channel in channels.items():
            if self._announce(plan, index, channel.name):
                channels_with_work[index] = channel
        if channels_with_work:
            await self._ask(plan, channels_with_work)
        if channels_with_work or n_copies:
            session.cache.compact(bucket)
            self._without_vote += session.count_without_vote(bucket, products)
        else:
            self._without_vote += plan.without_vote

    async def _ask(self, plan: BucketPlan, channels: Mapping[int, Channel]) -> None:
        session = self._session
        async with JournalWriter(session.cache) as writer:
            fan_out = FanOut(
                plan=plan,
                channels=channels,
                writer=writer,
                budget=session.budget,
                observer=session.observer,
                should_stop=session.is_stop_set,
            )
            await fan_out.run()

    def _announce(self, plan: BucketPlan, index: int, name: str) -> int:
        """Say what a model will be asked; returns the number of requests."""
        cells = int(plan.to_ask[:, index].sum())
        waiting = int(plan.cells_in_batches[index])
        requests = plan.count_requests(index) if cells else 0
        self._session.observer.on_plan(
            name,
            requests=requests,
            cells=cells,
            cached_cells=int(plan.n_cells[index]) - cells - waiting,
        )
        self._in_batches += waiting
        return requests


def tell_outcomes(channel: Channel, observer: Observer) -> None:
    """Say what went wrong with a model's requests, and what its thoughts took."""
    note = thoughts_note(channel.name, channel.caller)
    if note:
        observer.note(note)
    for notice in channel.outcomes.notices(channel.recorder.model, channel.caller):
        observer.warning(notice)
