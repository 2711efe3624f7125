"""What `extract` and `extract --batch` share: checks before, buckets during, and how a call is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ..configs.errors import ConfigError
from ..configs.settings import Settings
from ..extraction.asking.observer import Observer
from ..extraction.cache.writable_cache import WritableCache, open_for_writing
from ..extraction.inputs.formats import check_file
from ..extraction.inputs.spool import Spool
from ..extraction.inputs.spool_writer import spool_products
from ..extraction.planning.coverage import VOTE_COLUMNS, select_votes
from ..extraction.planning.plan import BucketPlan
from ..extraction.planning.planner import Planner
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.reading import needs_rereading, reread
from ..outputs.skipped_rows import write_skipped_rows


@contextlib.contextmanager
def opened(
    settings: Settings, path: Path, limit: int | None, observer: Observer
) -> Iterator[tuple[WritableCache, Spool]]:
    """The cache, held for writing, and the products of an input, checked and spooled.

    Args:
        settings: The configuration.
        path: The products file.
        limit: Only its first so many products.
        observer: Told how the file was read.

    Raises:
        InputError: The products file cannot be used.
        CacheError: The cache cannot be written.
        CacheLocked: Another run holds it.
    """
    check_file(path)  # first, so that a mistyped name leaves no cache behind
    with open_for_writing(settings.paths.cache) as cache:
        extra = gold_columns(settings)
        with spool_products(path, settings, cache.folder, limit=limit, extra=extra) as spool:
            cache.grow(spool.size)
            spool.check_products(cache.buckets)
            for notice in spool.notices:
                observer.warning(notice)
            write_skipped_rows(settings.paths.output, spool.bad_rows)
            yield cache, spool


class Stop:
    """Whether the user wants the call to end.

    Args:
        observer: Told when that happens.

    Attributes:
        asked: Whether a SIGINT or SIGTERM has come.
    """

    def __init__(self, observer: Observer) -> None:
        self.asked = False
        self._observer = observer

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """The first SIGINT or SIGTERM ends the asking; the second cancels what is in flight."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()

        def on_signal() -> None:
            if self.asked and task is not None:
                task.cancel()
                return
            self.asked = True
            self._observer.note(
                "stopping: what is in flight still arrives; once more to leave at once"
            )

        with contextlib.ExitStack() as stack:
            # Only the main thread may listen to signals; a run started elsewhere is stopped by its
            # owner.
            with contextlib.suppress(ValueError, RuntimeError):
                for number in (signal.SIGINT, signal.SIGTERM):
                    loop.add_signal_handler(number, on_signal)
                    stack.callback(loop.remove_signal_handler, number)
            yield


def plan_bucket(
    cache: WritableCache, planner: Planner, bucket: int, products: pa.Table
) -> tuple[BucketPlan, int]:
    """Bring a bucket up to date without asking anybody, and plan the rest.

    Stored votes are read again where the vocabulary has changed, and answers that equal texts have
    got are stored under its products too.

    Returns:
        The plan, and the number of answers that were shared.
    """
    if needs_rereading(cache.answers(bucket, VOTE_COLUMNS), planner.questionnaire):
        cache.put_answers(bucket, reread(cache.answers(bucket), planner.questionnaire))
    cache.put_products(bucket, products)
    plan, shared = planner.plan(bucket, products)
    cache.commit(shared)
    return plan, len(shared)


def count_without_vote(
    cache: WritableCache, questionnaire: Questionnaire, bucket: int, products: pa.Table
) -> int:
    """How many cells of a bucket no model has given a usable vote."""
    answers = cache.answers(bucket, VOTE_COLUMNS)
    selection = select_votes(answers, products, questionnaire)
    return selection.count_without_vote(questionnaire.applies(products))


def chosen_models(names: tuple[str, ...] | None, settings: Settings) -> frozenset[str]:
    """The models to ask.

    Raises:
        ConfigError: One of them is not configured.
    """
    known = [model.name for model in settings.models]
    unknown = [name for name in names or () if name not in known]
    if unknown:
        raise ConfigError(
            f"--models: no model '{unknown[0]}' in the config; known: {', '.join(known)}"
        )
    return frozenset(names or known)


def check_prices(settings: Settings, max_cost: float | None, names: frozenset[str]) -> None:
    """A cost can be bounded only where every model has a price.

    Args:
        settings: The configuration.
        max_cost: The bound that the call was given, if any; it goes before the config's.
        names: The models to ask.

    Raises:
        ConfigError: One has none.
    """
    if max_cost is None and settings.budget.max_cost is None:
        return
    unpriced = [
        model.name for model in settings.models if model.name in names and model.prices is None
    ]
    if unpriced:
        raise ConfigError(
            f"a cost can be bounded only where every model has prices; without: {', '.join(unpriced)}",
            hint="Give them `prices: {input: ..., output: ...}` in USD per million tokens; 0 where a model is free.",
        )


def gold_columns(settings: Settings) -> list[str]:
    """Columns of the input that mock models answer from."""
    patterns = [
        str(model.options["gold"]) for model in settings.models if model.options.get("gold")
    ]
    columns = (
        pattern.replace("{attribute}", each.name)
        for pattern in patterns
        for each in settings.attributes
    )
    return list(dict.fromkeys(columns))
