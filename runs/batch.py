"""`attrx extract --batch`: ask what is not cached through the vendors' batch APIs, over several calls."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..configs.errors import ConfigError
from ..configs.notices import Notice
from ..configs.settings import ModelSettings, Settings
from ..extraction.asking.channels import Channel, open_channels
from ..extraction.asking.fan_out import FanOut
from ..extraction.asking.observer import Observer
from ..extraction.batches.collect import BatchCollector
from ..extraction.batches.rows import model_for
from ..extraction.batches.submit import Submitter, with_larger_answers
from ..extraction.cache.batch_records import Batch
from ..extraction.cache.group_commit import JournalWriter
from ..extraction.cache.writable_cache import WritableCache
from ..extraction.inputs.spool import Spool
from ..extraction.planning.plan import BucketPlan
from ..extraction.planning.planner import Planner
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.planning.reask_policy import ReaskPolicy
from ..providers.batches.batch_api import BatchProvider, at_batch_prices
from ..providers.registry import (
    batch_class,
    batching_providers,
    has_batch_api,
    open_batches,
)
from .counting import Tallies
from .extract import (
    ExtractOptions,
    ExtractResult,
    budget_of,
    providers_of,
)
from .session import (
    Stop,
    check_prices,
    chosen_models,
    count_without_vote,
    opened,
    plan_bucket,
)


@dataclass
class ModelBatches:
    """The batches of one model after a call.

    Attributes:
        model: Its name.
        submitted: Requests that this call submitted.
        batches: Batches that may still bring answers.
        requests: Requests in these.
    """

    model: str
    submitted: int = 0
    batches: int = 0
    requests: int = 0


@dataclass
class BatchResult(ExtractResult):
    """How a call with `--batch` ended.

    Attributes:
        batches: What each model has with its vendor.
    """

    batches: tuple[ModelBatches, ...] = ()

    @property
    def waits_for_batches(self) -> bool:
        """Whether another call has something to collect."""
        return any(each.batches for each in self.batches)


def batch_extract(settings: Settings, options: ExtractOptions, observer: Observer) -> BatchResult:
    """Collect the batches that have ended, and submit what is neither cached nor on its way.

    Raises:
        ConfigError: A model is not known, has no batch API, or its provider cannot use its
            settings.
        InputError: The products file cannot be used; nothing was asked.
        CacheError: Answers, or what is submitted, cannot be kept.
    """
    names = chosen_models(options.models, settings)
    check_batch_apis(settings, names)
    check_prices(settings, options.max_cost, names)
    with opened(settings, options.input, options.limit, observer) as (cache, spool):
        return asyncio.run(_BatchRun(settings, options, observer, cache, spool, names).main())


def batch_models(settings: Settings) -> tuple[ModelSettings, ...]:
    """The models as batches ask them: at the prices of batches, and with more room for answers."""
    return tuple(
        with_larger_answers(at_batch_prices(model, batch_class(model))) for model in settings.models
    )


def check_batch_apis(settings: Settings, names: frozenset[str]) -> None:
    """Batches can be made only where every model has a batch API.

    Raises:
        ConfigError: One has none.
    """
    chosen = [model for model in settings.models if model.name in names]
    incapable = [model for model in chosen if not has_batch_api(model)]
    if not incapable:
        return
    listing = ", ".join(f"{model.name} ({model.provider})" for model in incapable)
    rest = ",".join(model.name for model in chosen if model not in incapable)
    raise ConfigError(
        f"--batch: no batch API for {listing}; batches work with providers"
        f" {', '.join(batching_providers())}",
        hint=f"Leave them out with --models {rest}." if rest else "Leave --batch out.",
    )


@contextlib.asynccontextmanager
async def _open_apis(
    questionnaire: Questionnaire, names: frozenset[str]
) -> AsyncIterator[dict[int, BatchProvider]]:
    """The batch APIs of the models of a call, by index."""
    async with contextlib.AsyncExitStack() as stack:
        apis = {}
        for index, model in enumerate(questionnaire.models):
            if model.name in names:
                apis[index] = open_batches(model)
                stack.push_async_callback(apis[index].close)
        yield apis


class _BatchRun:
    """One call under way."""

    def __init__(
        self,
        settings: Settings,
        options: ExtractOptions,
        observer: Observer,
        cache: WritableCache,
        spool: Spool,
        names: frozenset[str],
    ) -> None:
        self._options = options
        self._cache = cache
        self._spool = spool
        self._names = names
        self._questionnaire = Questionnaire.from_settings(settings)
        self._observer = Tallies(
            observer, [model.name for model in settings.models if model.name in names]
        )
        self._budget = budget_of(settings, options)
        self._stop = Stop(observer)
        self._submitters: dict[int, Submitter] = {}
        self._out_of_reach: set[str] = set()
        self._without_vote = 0

    async def main(self) -> BatchResult:
        """Collect, then submit."""
        with self._stop.listening():
            async with (
                open_channels(self._questionnaire, self._names, self._budget) as channels,
                _open_apis(self._questionnaire, self._names) as apis,
            ):
                policy = self._policy()
                self._warn_of_lost_models()
                for index, api in apis.items():
                    self._submitters[index] = self._submitter(
                        index, channels[index], api, policy.since_ns
                    )
                    await self._collect(index, api)
                planner = Planner(
                    self._cache,
                    self._questionnaire,
                    providers_of(channels),
                    self._spool.extra_columns,
                    policy,
                )
                await self._submit(planner)
                for channel in channels.values():
                    self._observer.close(channel)
        return BatchResult(
            products=self._spool.size,
            models=self._observer.tallies,
            without_vote=self._without_vote,
            is_interrupted=self._stop.asked,
            budget_spent=self._budget.is_exhausted,
            batches=tuple(self._standing(index) for index in channels),
        )

    def _warn_of_lost_models(self) -> None:
        """Batches that no configured model can collect are kept, and told of."""
        lost = Counter[str]()
        for batch in self._cache.ledger.batches():
            if model_for(batch, self._questionnaire) is None:
                lost[batch.model] += batch.requests
        for name, requests in lost.items():
            text = (
                f"{requests:,} requests wait in batches of model '{name}', which is not in the"
                " config any more; they are collected once it is back, or forgotten with"
                f" `attrx cache prune --drop-model {name}`"
            )
            self._observer.warning(Notice("batch_without_model", text, (name,)))

    def _policy(self) -> ReaskPolicy:
        """Which cached answers are good enough.

        An order to ask again is carried out over several calls; all of them count from the first
        one's time.
        """
        retry_failed, refresh = self._options.retry_failed, self._options.refresh
        if not (retry_failed or refresh):
            return ReaskPolicy()
        began_ns = [
            each.again_since_ns for each in self._cache.ledger.batches() if self._is_chosen(each)
        ]
        earlier_ns = [since_ns for since_ns in began_ns if since_ns is not None]
        return ReaskPolicy(
            retry_failed, refresh, min(earlier_ns, default=self._cache.journal.now_ns())
        )

    def _is_chosen(self, batch: Batch) -> bool:
        index = model_for(batch, self._questionnaire)
        return index is not None and self._questionnaire.models[index].name in self._names

    async def _collect(self, index: int, api: BatchProvider) -> None:
        """Look after the batches of a model; where they show that it takes none, it is sent no more in this call."""
        model = self._questionnaire.models[index]
        collector = BatchCollector(model, api, self._cache, self._questionnaire, self._observer)
        replies, problem = 0, ""
        for batch in self._batches_of(index):
            if self._stop.asked:
                return
            state = await collector.collect(batch)
            replies += state.replies
            problem = problem or state.problem
            if not state.open:  # if it stays in the ledger all the same, waiting for it is vain
                self._out_of_reach.add(batch.tag)
        if problem and not replies:
            self._submitters[index].is_stopped = True
            self._observer.on_stop(model.name, problem)

    def _batches_of(self, index: int) -> list[Batch]:
        return [
            batch
            for batch in self._cache.ledger.batches()
            if model_for(batch, self._questionnaire) == index
        ]

    def _submitter(
        self, index: int, channel: Channel, api: BatchProvider, since_ns: int | None
    ) -> Submitter:
        return Submitter(
            model=index,
            channel=channel,
            api=api,
            ledger=self._cache.ledger,
            budget=self._budget,
            observer=self._observer,
            should_stop=lambda: self._stop.asked,
            again_since_ns=since_ns,
        )

    async def _submit(self, planner: Planner) -> None:
        """Go through the buckets."""
        for bucket, products in self._spool.buckets(self._cache.buckets):
            if self._stop.asked or self._budget.is_exhausted:
                break
            plan = self._plan(planner, bucket, products)
            new = [submitter for submitter in self._with_work(plan) if not submitter.knows_how]
            if new:
                await self._learn(plan, new)
                plan = self._plan(planner, bucket, products)
            self._announce(plan)
            for submitter in self._with_work(plan):
                await submitter.submit(plan)
            self._without_vote += count_without_vote(
                self._cache, self._questionnaire, bucket, products
            )
        for submitter in self._submitters.values():
            await submitter.finish()

    async def _learn(self, plan: BucketPlan, submitters: Sequence[Submitter]) -> None:
        """Let models answer for the first time in this call, side by side."""
        channels = {submitter.model: submitter.channel for submitter in submitters}
        first = [submitter.first_questions(plan) for submitter in submitters]
        async with JournalWriter(self._cache) as writer:
            fan_out = FanOut(
                plan, channels, writer, self._budget, self._observer, lambda: self._stop.asked
            )
            learning = (
                each.learn(fan_out, questions)
                for each, questions in zip(submitters, first, strict=True)
            )
            await asyncio.gather(*learning)

    def _announce(self, plan: BucketPlan) -> None:
        """Tell how many cells are cached."""
        for index, submitter in self._submitters.items():
            cached = plan.cells[index] - plan.to_ask[:, index].sum() - plan.cells_in_batches[index]
            self._observer.on_plan(
                submitter.channel.name, requests=0, cells=0, cached_cells=int(cached)
            )

    def _plan(self, planner: Planner, bucket: int, products: pa.Table) -> BucketPlan:
        self._cache.compact(bucket)
        plan, _ = plan_bucket(self._cache, planner, bucket, products)
        return plan

    def _with_work(self, plan: BucketPlan) -> list[Submitter]:
        """Those that have something to ask, and may; of two names of one model the first asks for both."""
        working = np.flatnonzero(plan.to_ask.any(axis=(0, 2))).tolist()
        first = {self._questionnaire.model_parts[index]: index for index in reversed(working)}
        return [
            self._submitters[index]
            for index in sorted(first.values())
            if not self._submitters[index].is_stopped
        ]

    def _standing(self, index: int) -> ModelBatches:
        batches = [
            batch for batch in self._batches_of(index) if batch.tag not in self._out_of_reach
        ]
        return ModelBatches(
            model=self._questionnaire.models[index].name,
            submitted=self._submitters[index].submitted_requests,
            batches=len(batches),
            requests=sum(batch.requests for batch in batches),
        )
