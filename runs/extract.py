"""`attrx extract`: ask what is not cached."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..configs.settings import Settings
from ..extraction.asking.budget import Budget
from ..extraction.asking.channels import Channel, open_channels
from ..extraction.asking.fan_out import FanOut
from ..extraction.asking.gc_tuning import rare_collections
from ..extraction.asking.observer import Observer
from ..extraction.cache.group_commit import JournalWriter
from ..extraction.cache.writable_cache import WritableCache
from ..extraction.inputs.spool import Spool
from ..extraction.planning.plan import BucketPlan
from ..extraction.planning.planner import Planner
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.planning.reask_policy import ReaskPolicy
from ..providers.protocol import Provider
from .counting import ModelTally, Tallies
from .session import (
    Stop,
    check_prices,
    chosen_models,
    count_without_vote,
    opened,
    plan_bucket,
)


@dataclass(frozen=True)
class ExtractOptions:
    """What one `extract` call is asked to do.

    Attributes:
        input: The products file.
        limit: Only its first so many products.
        models: Names of the models to ask; None = all.
        max_cost: USD that this call may spend; None = the config's.
        max_requests: Attempts that this call may make; None = the config's.
        retry_failed: Ask again where a finished answer gave no usable vote.
        refresh: Ask again what is cached.
        batch: Ask through the batch APIs; for `batch.batch_extract`, and for the prices of a dry
            run.
    """

    input: Path
    limit: int | None = None
    models: tuple[str, ...] | None = None
    max_cost: float | None = None
    max_requests: int | None = None
    retry_failed: bool = False
    refresh: bool = False
    batch: bool = False


@dataclass
class ExtractResult:
    """How an `extract` call ended.

    Attributes:
        products: Products of the input.
        models: What each model did.
        without_vote: Cells that got no usable answer from any model.
        is_interrupted: Whether it was asked to stop.
        budget_spent: Whether it stopped at the budget.
        in_batches: Cells that were not asked because they wait in batches.
    """

    products: int
    models: tuple[ModelTally, ...]
    without_vote: int = 0
    is_interrupted: bool = False
    budget_spent: bool = False
    in_batches: int = 0

    @property
    def waits_for_batches(self) -> bool:
        """Whether a call with `--batch` has something to collect."""
        return self.in_batches > 0


def extract(settings: Settings, options: ExtractOptions, observer: Observer) -> ExtractResult:
    """Ask every model about every cell that is not cached, and does not wait in a batch.

    The first SIGINT or SIGTERM lets what is in flight arrive, the second ends at once; what was
    answered is kept either way.

    Raises:
        ConfigError: A model is not known, or a provider cannot use its settings.
        InputError: The products file cannot be used; nothing was asked.
        CacheError: Answers cannot be kept.
    """
    names = chosen_models(options.models, settings)
    check_prices(settings, options.max_cost, names)
    with (
        opened(settings, options.input, options.limit, observer) as (cache, spool),
        rare_collections(),
    ):
        return asyncio.run(_Run(settings, options, observer, cache, spool, names).main())


def budget_of(settings: Settings, options: ExtractOptions) -> Budget:
    """What a call may spend: its own bounds go before the config's."""
    budget = settings.budget
    return Budget(
        budget.max_cost if options.max_cost is None else options.max_cost,
        budget.max_requests if options.max_requests is None else options.max_requests,
    )


class _Run:
    """One `extract` call under way."""

    def __init__(
        self,
        settings: Settings,
        options: ExtractOptions,
        observer: Observer,
        cache: WritableCache,
        spool: Spool,
        names: frozenset[str],
    ) -> None:
        self._cache = cache
        self._spool = spool
        self._names = names
        self._questionnaire = Questionnaire.from_settings(settings)
        self._observer = Tallies(
            observer, [model.name for model in settings.models if model.name in names]
        )
        self._budget = budget_of(settings, options)
        self._policy = ReaskPolicy(options.retry_failed, options.refresh)
        self._stop = Stop(observer)
        self._without_vote = 0
        self._in_batches = 0

    async def main(self) -> ExtractResult:
        """Go through the buckets."""
        with self._stop.listening():
            async with open_channels(self._questionnaire, self._names, self._budget) as channels:
                planner = Planner(
                    self._cache,
                    self._questionnaire,
                    providers_of(channels),
                    self._spool.extra_columns,
                    self._policy,
                )
                for bucket, products in self._spool.buckets(self._cache.buckets):
                    if not self._should_stop():
                        await self._bucket(bucket, products, channels, planner)
                for channel in channels.values():
                    self._observer.close(channel)
        return ExtractResult(
            products=self._spool.size,
            models=self._observer.tallies,
            without_vote=self._without_vote,
            is_interrupted=self._stop.asked,
            budget_spent=self._budget.is_exhausted,
            in_batches=self._in_batches,
        )

    async def _bucket(
        self, bucket: int, products: pa.Table, channels: Mapping[int, Channel], planner: Planner
    ) -> None:
        """Plan a bucket, ask, and fold the answers into its Parquet file."""
        plan, shared = plan_bucket(self._cache, planner, bucket, products)
        asking = {
            index: channel
            for index, channel in channels.items()
            if self._announce(plan, index, channel.name)
        }
        if asking:
            async with JournalWriter(self._cache) as writer:
                await FanOut(
                    plan=plan,
                    channels=asking,
                    writer=writer,
                    budget=self._budget,
                    observer=self._observer,
                    should_stop=self._should_stop,
                ).run()
        if asking or shared:
            self._cache.compact(bucket)
            self._without_vote += count_without_vote(
                self._cache, self._questionnaire, bucket, products
            )
        else:
            self._without_vote += plan.without_vote

    def _announce(self, plan: BucketPlan, index: int, name: str) -> int:
        cells, waiting = int(plan.to_ask[:, index].sum()), int(plan.cells_in_batches[index])
        requests = plan.count_requests(index) if cells else 0
        self._observer.on_plan(
            name,
            requests=requests,
            cells=cells,
            cached_cells=int(plan.cells[index]) - cells - waiting,
        )
        self._in_batches += waiting
        return requests

    def _should_stop(self) -> bool:
        return self._stop.asked or self._budget.is_exhausted


def providers_of(channels: Mapping[int, Channel]) -> dict[int, Provider]:
    """The providers of open models, by index."""
    return {index: channel.recorder.provider for index, channel in channels.items()}
