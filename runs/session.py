"""What `extract` and `extract --batch` share: checks, buckets, and how a call is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from ..configs.errors import ConfigError
from ..configs.settings import Settings
from ..configs.wording import quantity
from ..extraction.asking.budget import Budget
from ..extraction.asking.channels import Channel
from ..extraction.asking.observer import Observer
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.usage import spent_or_bound_since
from ..extraction.cache.writable_cache import WritableCache, open_for_writing
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.formats import check_file
from ..extraction.inputs.spool import Spool, has_text
from ..extraction.inputs.spool_writer import spool_products
from ..extraction.planning.coverage import VOTE_COLUMNS, select_votes
from ..extraction.planning.plan import BucketPlan
from ..extraction.planning.planner import Planner
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.planning.reask_policy import ReaskPolicy
from ..extraction.votes.reading import needs_rereading, reread
from ..outputs.skipped_rows import skipped_files, write_skipped_rows
from ..outputs.targets import check_targets
from .allowance import Allowance, period_allowances, tightest_allowance
from .counting import CountingObserver
from .stop_signals import stop_signals


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


class StopSignal:
    """Whether the user wants the call to end.

    Args:
        observer: Told when that happens.

    Attributes:
        is_set: Whether a SIGINT, SIGTERM or SIGHUP has come.
    """

    def __init__(self, observer: Observer) -> None:
        self.is_set = False
        self._observer = observer

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """The first signal ends the asking; the second cancels what is in flight."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()

        def on_signal() -> None:
            if self.is_set and task is not None:
                task.cancel()
                return
            self.is_set = True
            self._observer.note(
                "stopping: what is in flight still arrives; once more to leave at once"
            )

        with contextlib.ExitStack() as stack:
            # Only the main thread may listen to signals; a run started elsewhere is stopped by its
            # owner.
            with contextlib.suppress(ValueError, RuntimeError):
                for number in stop_signals():
                    former_handler = signal.getsignal(number)
                    loop.add_signal_handler(number, on_signal)
                    stack.callback(signal.signal, number, former_handler)
                    stack.callback(loop.remove_signal_handler, number)
            yield


@dataclass(frozen=True)
class Session:
    """What one call that asks models works with.

    Attributes:
        questionnaire: What the config asks.
        model_names: The models to ask.
        cache: The cache, held for writing.
        spool: The products of the input.
        budget: What the call may spend.
        allowance: Where its bound in USD comes from; None where there is none.
        observer: Counts, and hears of everything.
        stop_signal: Whether the user wants the call to end.
    """

    questionnaire: Questionnaire
    model_names: frozenset[str]
    cache: WritableCache
    spool: Spool
    budget: Budget
    allowance: Allowance | None
    observer: CountingObserver
    stop_signal: StopSignal

    def budget_in_words(self) -> str:
        """The bound at which the call stopped; empty where it did not."""
        budget = self.budget
        if not budget.is_exhausted:
            return ""
        if budget.lacks_requests or self.allowance is None:
            return quantity(budget.max_requests or 0, "request")
        return self.allowance.describe(budget.spent_usd)

    def is_stop_set(self) -> bool:
        """Whether the user wants the call to end."""
        return self.stop_signal.is_set

    def should_stop(self) -> bool:
        """Whether nothing more may be asked."""
        return self.stop_signal.is_set or self.budget.is_exhausted

    def planner(self, channels: Mapping[int, Channel], policy: ReaskPolicy) -> Planner:
        """What compares the products with the cache.

        Args:
            channels: Index of a model -> its channel, for the models that are asked.
            policy: Which cached answers are good enough.
        """
        providers = {}
        for index, channel in channels.items():
            providers[index] = channel.recorder.provider
        extra_columns = self.spool.extra_columns
        return Planner(self.cache, self.questionnaire, providers, extra_columns, policy)

    def plan_bucket(
        self, planner: Planner, bucket: int, products: pa.Table
    ) -> tuple[BucketPlan, int]:
        """Bring a bucket up to date without asking anybody, and plan the rest.

        Stored votes are read again where the vocabulary has changed, and answers that equal texts
        have got are stored under its products too.

        Returns:
            The plan, and the number of answers that were shared.
        """
        if needs_rereading(self.cache.answers(bucket, VOTE_COLUMNS), self.questionnaire):
            answers = reread(self.cache.answers(bucket), self.questionnaire)
            self.cache.put_answers(bucket, answers)
        self.cache.put_products(bucket, products)
        plan, copies = planner.plan(bucket, products)
        self.cache.commit(copies)
        return plan, len(copies)

    def count_without_vote(self, bucket: int, products: pa.Table) -> int:
        """How many cells of a bucket no model has given a usable vote."""
        answers = self.cache.answers(bucket, VOTE_COLUMNS)
        cells = self.questionnaire.cells(products)
        selection = select_votes(answers, products, cells, self.questionnaire)
        product_has_text = has_text(products)
        return selection.count_without_vote(product_has_text[cells.rows])


@contextlib.contextmanager
def open_session(
    settings: Settings, options: ExtractOptions, observer: Observer
) -> Iterator[Session]:
    """Check what the call was given, hold the cache for writing, and spool the products.

    Args:
        settings: The configuration.
        options: What the call is asked to do.
        observer: Told how the file was read, and of everything after that.

    Raises:
        ConfigError: A model is not known, or one without prices is to be bounded by cost.
        InputError: The products file cannot be used.
        CacheError: The cache cannot be written.
        CacheLocked: Another run holds it.
    """
    names = models_to_ask(options.models, settings)
    _check_prices(settings, options.max_cost, names)
    check_file(options.input)  # first, so that a mistyped name leaves no cache behind
    with (
        open_for_writing(settings.paths.cache, settings.paths.cache_permissions) as cache,
        spool_products(
            options.input,
            settings,
            cache.folder,
            limit=options.limit,
            extra=gold_columns(settings),
        ) as spool,
    ):
        for notice in cache.notices:
            observer.warning(notice)
        cache.grow(spool.size)
        spool.check_products(cache.buckets)
        for notice in spool.notices:
            observer.warning(notice)
        language = find_language(settings, cache, spool)
        if language.decimal_sign != "point":
            observer.note(language.describe())
        check_targets(settings.paths.output, skipped_files(spool.bad_rows), [options.input])
        write_skipped_rows(settings.paths.output, spool.bad_rows)
        allowance = allowance_of(settings, options, cache)
        in_order = [model.name for model in settings.models if model.name in names]
        yield Session(
            questionnaire=Questionnaire.from_settings(settings, language.decimal_sign),
            model_names=names,
            cache=cache,
            spool=spool,
            budget=budget_of(settings, options, allowance),
            allowance=allowance,
            observer=CountingObserver(observer, in_order),
            stop_signal=StopSignal(observer),
        )


def models_to_ask(names: tuple[str, ...] | None, settings: Settings) -> frozenset[str]:
    """The models to ask.

    Raises:
        ConfigError: One of them is not configured, or is retired.
    """
    config_names = [model.name for model in settings.models]
    names_in_use = settings.models_in_use
    for name in names or ():
        if name not in config_names:
            raise ConfigError(
                f"--models: no model '{name}' in the config; known: {', '.join(config_names)}"
            )
        if name not in names_in_use:
            raise ConfigError(
                f"--models: '{name}' is retired in the config, and not asked any more",
                hint="Take `retired: true` out to ask it again.",
            )
    return frozenset(names or names_in_use)


def _check_prices(settings: Settings, max_cost: float | None, names: frozenset[str]) -> None:
    """A cost can be bounded only where every model has a price.

    Args:
        settings: The configuration.
        max_cost: The bound that the call was given, if any; it goes before the config's.
        names: The models to ask.

    Raises:
        ConfigError: One has none.
    """
    if max_cost is None and not settings.budget.bounds_cost:
        return
    without_price = []
    for model in settings.models:
        if model.name in names and model.prices is None:
            without_price.append(model.name)
    if without_price:
        raise ConfigError(
            "a cost can be bounded only where every model has prices; without: "
            + ", ".join(without_price),
            hint="Give them `prices: {input: ..., output: ...}` in USD per million tokens; 0 where"
            " a model is free.",
        )


def allowance_of(
    settings: Settings, options: ExtractOptions, cache: AnswersCache
) -> Allowance | None:
    """What a call may cost, by the bound of which least is left; None where there is none."""
    cost_since = functools.partial(spent_or_bound_since, cache)
    now = now_utc()
    return tightest_allowance(settings.budget, options.max_cost, cost_since, now)


def remaining_allowances(settings: Settings, cache: AnswersCache) -> tuple[Allowance, ...]:
    """What is left of the day's and the month's budget, where the config has one."""
    cost_since = functools.partial(spent_or_bound_since, cache)
    allowances = period_allowances(settings.budget, cost_since, now_utc())
    return tuple(allowances)


def now_utc() -> datetime:
    """The time by which days and months are told apart."""
    return datetime.now(UTC)


def budget_of(settings: Settings, options: ExtractOptions, allowance: Allowance | None) -> Budget:
    """What a call may spend: its own bounds go before the config's."""
    max_cost = None if allowance is None else allowance.left_usd
    max_requests = max_requests_of(settings, options)
    return Budget(max_cost, max_requests, settings.budget.stop_after)


def max_requests_of(settings: Settings, options: ExtractOptions) -> int | None:
    """How many attempts a call may make; None where there is no bound."""
    if options.max_requests is not None:
        return options.max_requests
    return settings.budget.max_requests


def gold_columns(settings: Settings) -> list[str]:
    """Columns of the input that mock models answer from."""
    columns: dict[str, None] = {}
    for model in settings.models:
        pattern = str(model.options.get("gold") or "")
        for attribute in settings.attributes:
            if pattern:
                columns[pattern.replace("{attribute}", attribute.name)] = None
    return list(columns)
