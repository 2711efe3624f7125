"""`attrx extract --batch`: ask through the vendors' batch APIs, over several calls."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

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
from ..extraction.planning.plan import BucketPlan
from ..extraction.planning.planner import Planner
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.planning.reask_policy import ReaskPolicy
from ..providers.batches.batch_api import BatchProvider, at_batch_prices
from ..providers.registry import batch_class, batching_providers, has_batch_api, open_batches
from .extract import ExtractResult, tell_outcomes
from .reask_orders import fulfil_order, place_order
from .session import ExtractOptions, Session, models_to_ask, open_session


@dataclass
class ModelBatches:
    """The batches of one model after a call.

    Attributes:
        model: Its name.
        new_requests: Requests that this call submitted.
        batches: Batches that may still bring answers.
        requests: Requests in these.
    """

    model: str
    new_requests: int = 0
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
    check_batch_apis(settings, models_to_ask(options.models, settings))
    with open_session(settings, options, observer) as session:
        return asyncio.run(_BatchExtraction(session, options).run())


def batch_models(settings: Settings) -> tuple[ModelSettings, ...]:
    """The models as batches ask them: at the prices of batches, and with more room for answers."""
    models = []
    for model in settings.models:
        at_prices = at_batch_prices(model, batch_class(model))
        models.append(with_larger_answers(at_prices))
    return tuple(models)


def check_batch_apis(settings: Settings, names: frozenset[str]) -> None:
    """Batches can be made only where every model has a batch API.

    Raises:
        ConfigError: One has none.
    """
    capable, incapable = [], []
    for model in settings.models:
        if model.name in names and has_batch_api(model):
            capable.append(model.name)
        elif model.name in names:
            incapable.append(f"{model.name} ({model.provider})")
    if incapable:
        advice = f"Leave them out with --models {','.join(capable)}."
        raise ConfigError(
            f"--batch: no batch API for {', '.join(incapable)}; batches work with providers"
            f" {', '.join(batching_providers())}",
            hint=advice if capable else "Leave --batch out.",
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


class _BatchExtraction:
    """One call under way."""

    def __init__(self, session: Session, options: ExtractOptions) -> None:
        self._session = session
        self._options = options
        self._submitters: dict[int, Submitter] = {}
        self._out_of_reach: set[str] = set()
        self._without_vote = 0

    async def run(self) -> BatchResult:
        """Collect, then submit."""
        session = self._session
        with session.stop_signal.listening():
            async with (
                open_channels(
                    session.questionnaire, session.model_names, session.budget
                ) as channels,
                _open_apis(session.questionnaire, session.model_names) as apis,
            ):
                policy = self._policy()
                self._warn_of_lost_models()
                for index, api in apis.items():
                    part = session.questionnaire.model_parts[index]
                    since_ns = policy.since_ns.get(part)
                    self._submitters[index] = self._submitter(index, channels[index], api, since_ns)
                    await self._collect(index, api)
                await self._submit(session.planner(channels, policy))
                fulfil_order(session, policy, self._models_done())
                for channel in channels.values():
                    session.observer.close(channel)
                    tell_outcomes(channel, session.observer)
        return BatchResult(
            products=session.spool.size,
            models=session.observer.tallies,
            without_vote=self._without_vote,
            is_interrupted=session.stop_signal.is_set,
            budget_spent=session.budget.is_exhausted,
            allowance=session.allowance,
            budget_in_words=session.budget_in_words(),
            charge_usd=session.budget.spent_usd,
            batches=tuple(map(self._model_batches, channels)),
        )

    def _warn_of_lost_models(self) -> None:
        """Batches that no configured model can collect are kept, and told of."""
        requests_of_model = Counter[str]()
        for batch in self._session.cache.ledger.batches():
            if self._model_of(batch) is None:
                requests_of_model[batch.model] += batch.requests
        for name, requests in requests_of_model.items():
            text = (
                f"{requests:,} requests wait in batches of model '{name}', which is not in the"
                " config any more; they are collected once it is back, or forgotten with"
                f" `attrx cache prune --drop-model {name}`"
            )
            self._session.observer.warning(Notice("batch_without_model", text, (name,)))

    def _policy(self) -> ReaskPolicy:
        """Which cached answers are good enough.

        An order to ask again is carried out over several calls; all of them count from the first
        one's time.
        """
        options = self._options
        policy = place_order(self._session, ReaskPolicy(options.retry_failed, options.refresh))
        if not policy.asks_again:
            return policy
        since_ns = dict(policy.since_ns)
        for batch in self._session.cache.ledger.batches():
            index = self._model_of(batch)
            if index is None or batch.again_since_ns is None:
                continue
            part = self._session.questionnaire.model_parts[index]
            if part in since_ns:
                since_ns[part] = min(since_ns[part], batch.again_since_ns)
        return replace(policy, since_ns=since_ns)

    def _models_done(self) -> list[str]:
        """Names of the models that were not stopped and have nothing with their vendors."""
        names = []
        for index, submitter in self._submitters.items():
            if not (submitter.is_stopped or self._batches_of(index)):
                names.append(submitter.channel.name)
        return names

    def _model_of(self, batch: Batch) -> int | None:
        return model_for(batch, self._session.questionnaire)

    async def _collect(self, index: int, api: BatchProvider) -> None:
        """Collect a model's batches; where they show that it takes none, it is sent no more."""
        session = self._session
        model = session.questionnaire.models[index]
        collector = BatchCollector(
            model,
            api,
            session.cache,
            session.questionnaire,
            session.observer,
            self._submitters[index].channel.outcomes,
        )
        replies, problem = 0, ""
        for batch in self._batches_of(index):
            if session.stop_signal.is_set:
                return
            state = await collector.collect(batch)
            replies += state.replies
            problem = problem or state.problem
            if not state.open:  # if it stays in the ledger all the same, waiting for it is vain
                self._out_of_reach.add(batch.tag)
        if problem and not replies:
            self._submitters[index].is_stopped = True
            session.observer.on_stop(model.name, problem)

    def _batches_of(self, index: int) -> list[Batch]:
        batches = self._session.cache.ledger.batches()
        return [batch for batch in batches if self._model_of(batch) == index]

    def _submitter(
        self, index: int, channel: Channel, api: BatchProvider, since_ns: int | None
    ) -> Submitter:
        session = self._session
        return Submitter(
            model=index,
            channel=channel,
            api=api,
            ledger=session.cache.ledger,
            budget=session.budget,
            observer=session.observer,
            should_stop=self._is_stop_set,
            again_since_ns=since_ns,
        )

    def _is_stop_set(self) -> bool:
        return self._session.stop_signal.is_set

    async def _submit(self, planner: Planner) -> None:
        """Go through the buckets."""
        session = self._session
        for bucket, products in session.spool.buckets(session.cache.buckets):
            if session.should_stop():
                break
            plan = self._plan(planner, bucket, products)
            learners = [each for each in self._with_work(plan) if not each.is_ready]
            if learners:
                await self._learn(plan, learners)
                plan = self._plan(planner, bucket, products)
            self._announce(plan)
            for submitter in self._with_work(plan):
                await submitter.submit(plan)
            self._without_vote += session.count_without_vote(bucket, products)
        for submitter in self._submitters.values():
            await submitter.finish()

    async def _learn(self, plan: BucketPlan, submitters: Sequence[Submitter]) -> None:
        """Let models answer for the first time in this call, side by side."""
        session = self._session
        channels = {submitter.model: submitter.channel for submitter in submitters}
        first_questions = [submitter.first_questions(plan) for submitter in submitters]
        async with JournalWriter(session.cache) as writer:
            fan_out = FanOut(
                plan, channels, writer, session.budget, session.observer, self._is_stop_set
            )
            tasks = []
            for submitter, questions in zip(submitters, first_questions, strict=True):
                tasks.append(submitter.learn(fan_out, questions))
            await asyncio.gather(*tasks)

    def _announce(self, plan: BucketPlan) -> None:
        """Tell how many cells are cached."""
        for index, submitter in self._submitters.items():
            all_cells = int(plan.n_cells[index])
            cells_to_ask = int(plan.to_ask[:, index].sum())
            cached_cells = all_cells - cells_to_ask - int(plan.cells_in_batches[index])
            self._session.observer.on_plan(
                submitter.channel.name, requests=0, cells=0, cached_cells=cached_cells
            )

    def _plan(self, planner: Planner, bucket: int, products: pa.Table) -> BucketPlan:
        self._session.cache.compact(bucket)
        plan, _ = self._session.plan_bucket(planner, bucket, products)
        return plan

    def _with_work(self, plan: BucketPlan) -> list[Submitter]:
        """Those that have something to ask, and may; of two names of one model the first is it."""
        has_work = plan.to_ask.any(axis=0)
        model_parts = self._session.questionnaire.model_parts
        submitter_of_part: dict[bytes, Submitter] = {}
        for index in np.flatnonzero(has_work).tolist():
            submitter_of_part.setdefault(model_parts[index], self._submitters[index])
        return [each for each in submitter_of_part.values() if not each.is_stopped]

    def _model_batches(self, index: int) -> ModelBatches:
        batches = self._batches_of(index)
        within_reach = [batch for batch in batches if batch.tag not in self._out_of_reach]
        return ModelBatches(
            model=self._session.questionnaire.models[index].name,
            new_requests=self._submitters[index].submitted_requests,
            batches=len(within_reach),
            requests=sum(batch.requests for batch in within_reach),
        )
