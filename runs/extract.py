"""`attrx extract`: ask what is not cached."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ..configs.errors import ConfigError
from ..configs.settings import Settings
from ..extraction.budget import Budget
from ..extraction.cache import WritableCache, open_for_writing
from ..extraction.channels import Channel, open_channels
from ..extraction.commits import JournalWriter
from ..extraction.coverage import COLUMNS, Asked, place_by_id, select
from ..extraction.events import Observer
from ..extraction.fanout import FanOut
from ..extraction.plan import BucketPlan, Planner, Wanted
from ..extraction.reading import needs_rereading, reread
from ..extraction.spool import Spool, spool_products
from ..providers.protocol import Provider
from .tallies import ModelTally, Tallies


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
    """

    input: Path
    limit: int | None = None
    models: tuple[str, ...] | None = None
    max_cost: float | None = None
    max_requests: int | None = None
    retry_failed: bool = False
    refresh: bool = False


@dataclass
class ExtractResult:
    """How an `extract` call ended.

    Attributes:
        products: Products of the input.
        models: What each model did.
        without_vote: Cells that got no usable answer from any model.
        interrupted: Whether it was asked to stop.
        budget_spent: Whether it stopped at the budget.
    """

    products: int
    models: tuple[ModelTally, ...]
    without_vote: int = 0
    interrupted: bool = False
    budget_spent: bool = False


def extract(settings: Settings, options: ExtractOptions, observer: Observer) -> ExtractResult:
    """Ask every model about every cell that is not cached.

    The first SIGINT or SIGTERM lets what is in flight arrive, the second ends at once; what was answered is kept
    either way.

    Raises:
        ConfigError: A model is not known, or a provider cannot use its settings.
        InputError: The products file cannot be used; nothing was asked.
        CacheError: Answers cannot be kept.
    """
    names = chosen_models(options.models, settings)
    _check_prices(settings, options, names)
    with open_for_writing(settings.paths.cache) as cache:
        extra = gold_columns(settings)
        with spool_products(options.input, settings, cache.folder, limit=options.limit, extra=extra) as spool:
            for note in spool.notes:
                observer.warning(note)
            cache.make_room(spool.size)
            spool.check_ids(cache.buckets)
            run = _Run(settings, options, observer, cache, spool, names)
            return asyncio.run(run.main())


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
        self._settings = settings
        self._options = options
        self._cache = cache
        self._spool = spool
        self._names = names
        self._asked = Asked.from_settings(settings)
        self._observer = Tallies(observer, [model.name for model in settings.models if model.name in names])
        budget = settings.budget
        self._budget = Budget(
            budget.max_cost if options.max_cost is None else options.max_cost,
            budget.max_requests if options.max_requests is None else options.max_requests,
        )
        self._wanted = Wanted(options.retry_failed, options.refresh)
        self._stopping = False
        self._without_vote = 0

    async def main(self) -> ExtractResult:
        """Go through the buckets."""
        with self._signals():
            async with open_channels(self._asked, self._names, self._budget) as channels:
                for bucket, products in self._spool.buckets(self._cache.buckets):
                    if not self._should_stop():
                        await self._bucket(bucket, products, channels)
                for channel in channels.values():
                    self._observer.close(channel)
        return ExtractResult(
            products=self._spool.size,
            models=self._observer.tallies,
            without_vote=self._without_vote,
            interrupted=self._stopping,
            budget_spent=self._budget.exhausted,
        )

    async def _bucket(self, bucket: int, products: pa.Table, channels: dict[int, Channel]) -> None:
        """Plan a bucket, ask, and fold the answers into its Parquet file."""
        self._reread(bucket)
        self._cache.put_products(bucket, products)
        planner = Planner(self._cache, self._asked, _providers(channels), self._spool.extra, self._wanted)
        plan, shared = planner.plan(bucket, products)
        self._cache.commit(shared)
        asking = {index: channel for index, channel in channels.items() if self._announce(plan, index, channel.name)}
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
            self._without_vote += self._count_without_vote(bucket, products)
        else:
            self._without_vote += plan.without_vote

    def _reread(self, bucket: int) -> None:
        """Bring stored votes up to date with the vocabulary; asks nobody."""
        if needs_rereading(self._cache.answers(bucket, COLUMNS), self._asked):
            self._cache.put_answers(bucket, reread(self._cache.answers(bucket), self._asked))

    def _announce(self, plan: BucketPlan, index: int, name: str) -> int:
        cells = int(plan.to_ask[:, index].sum())
        requests = plan.size(index) if cells else 0
        self._observer.planned(name, requests=requests, cells=cells, cached=int(plan.cells[index]) - cells)
        return requests

    def _count_without_vote(self, bucket: int, products: pa.Table) -> int:
        answers = self._cache.answers(bucket, COLUMNS)
        chosen = select(answers, self._asked, place_by_id(answers, products), products.num_rows)
        applies = self._asked.applies(products.column("category").combine_chunks())
        return int((applies & ~chosen.voted().any(axis=1)).sum())

    def _should_stop(self) -> bool:
        return self._stopping or self._budget.exhausted

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """The first SIGINT or SIGTERM ends the asking; the second cancels what is in flight."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def on_signal() -> None:
            if self._stopping and task is not None:
                task.cancel()
            self._stopping = True
            self._observer.note("stopping: what is in flight still arrives; once more to leave at once")

        with contextlib.ExitStack() as stack:
            # Only the main thread may listen to signals; a run started elsewhere is stopped by its owner.
            with contextlib.suppress(ValueError, RuntimeError):
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, on_signal)
                    stack.callback(loop.remove_signal_handler, number)
            yield


def _providers(channels: dict[int, Channel]) -> dict[int, Provider]:
    return {index: channel.recorder.provider for index, channel in channels.items()}


def chosen_models(names: tuple[str, ...] | None, settings: Settings) -> frozenset[str]:
    """The models to ask.

    Raises:
        ConfigError: One of them is not configured.
    """
    known = [model.name for model in settings.models]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise ConfigError(f"--models: no model '{unknown[0]}' in the config; known: {', '.join(known)}")
    return frozenset(names or known)


def _check_prices(settings: Settings, options: ExtractOptions, names: frozenset[str]) -> None:
    """A cost can be bounded only where every model has a price.

    Raises:
        ConfigError: One has none.
    """
    if options.max_cost is None and settings.budget.max_cost is None:
        return
    unpriced = [model.name for model in settings.models if model.name in names and model.prices is None]
    if unpriced:
        raise ConfigError(
            f"a cost can be bounded only where every model has prices; without: {', '.join(unpriced)}",
            hint="Give them `prices: {input: ..., output: ...}` in USD per million tokens; 0 where a model is free.",
        )


def gold_columns(settings: Settings) -> list[str]:
    """Columns of the input that mock models answer from."""
    patterns = [str(model.options["gold"]) for model in settings.models if model.options.get("gold")]
    columns = (pattern.replace("{attribute}", each.name) for pattern in patterns for each in settings.attributes)
    return list(dict.fromkeys(columns))
