"""`attrx status`: what the cache holds of what the config asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..configs.settings import Settings
from ..ensemble.arrays import IntArray
from ..extraction.batches.rows import model_for
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.batch_records import Batch
from ..extraction.cache.usage import USAGE_COLUMNS, ModelUsage
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.spool import has_text
from ..extraction.planning.coverage import (
    HAS_VOTE,
    NO_ANSWER,
    NO_VOTE,
    TO_ASK,
    VOTE_COLUMNS,
    select_votes,
)
from ..extraction.planning.questionnaire import Questionnaire
from ..outputs.model_status import ModelStatus
from .allowance import Allowance
from .session import remaining_allowances

_COLUMNS_READ = tuple({*VOTE_COLUMNS, *USAGE_COLUMNS})
_N_STATES = 4


@dataclass(frozen=True)
class OpenBatches:
    """What one model has with its vendor.

    Attributes:
        model: Its name when the batches were submitted.
        batches: Batches without an end yet, as far as the last call with `--batch` has seen.
        requests: Requests in them.
        oldest_s: Seconds since the first of them was submitted.
        in_config: Whether the config has a model that can collect them.
    """

    model: str
    batches: int
    requests: int
    oldest_s: float
    in_config: bool


@dataclass(frozen=True)
class Status:
    """Where a catalog stands.

    Attributes:
        products: Products known to the cache.
        models: One entry per configured model.
        batches: One entry per model that has batches open.
        allowances: What is left of the day's and the month's budget.
    """

    products: int
    models: tuple[ModelStatus, ...]
    batches: tuple[OpenBatches, ...] = ()
    allowances: tuple[Allowance, ...] = ()


def status(settings: Settings) -> Status:
    """Count what is cached, to do and spent, over all products that the cache knows.

    Raises:
        CacheError: The cache is broken.
    """
    cache = AnswersCache(settings.paths.cache)
    language = find_language(settings, cache)
    questionnaire = Questionnaire.from_settings(settings, language.decimal_sign)
    n_models = len(questionnaire.models)
    n_cells = np.zeros((n_models, _N_STATES), np.int64)
    usage = [ModelUsage(model.name) for model in questionnaire.models]
    n_products = 0
    for bucket in range(cache.buckets):
        products = cache.products(bucket)
        answers = cache.answers(bucket, _COLUMNS_READ)
        n_products += products.num_rows
        cells = questionnaire.cells(products)
        product_has_text = has_text(products)
        is_asked_about = product_has_text[cells.rows]
        selection = select_votes(answers, products, cells, questionnaire)
        states = selection.states()
        for index in range(len(questionnaire.models)):
            states_of_cells = states[:, index][is_asked_about]
            n_cells[index] += np.bincount(states_of_cells, minlength=_N_STATES)
            usage[index].add(answers)
    for index, model in enumerate(settings.models):
        if model.retired:
            n_cells[index, TO_ASK] = 0
    models = tuple(map(_model_status, usage, n_cells))
    batches = tuple(_open_batches(cache.batches(), questionnaire))
    allowances = remaining_allowances(settings, cache)
    return Status(n_products, models, batches, allowances)


def _open_batches(batches: list[Batch], questionnaire: Questionnaire) -> Iterator[OpenBatches]:
    for name in dict.fromkeys(batch.model for batch in batches):
        of_model = [batch for batch in batches if batch.model == name]
        without_model = [batch for batch in of_model if model_for(batch, questionnaire) is None]
        first_s = min(batch.written_s for batch in of_model)
        yield OpenBatches(
            model=name,
            batches=len(of_model),
            requests=sum(batch.requests for batch in of_model),
            oldest_s=time.time() - first_s,
            in_config=not without_model,
        )


def _model_status(usage: ModelUsage, n_cells: IntArray) -> ModelStatus:
    """Where a model stands.

    Args:
        usage: What its answers have cost.
        n_cells: [4] cells in each state.
    """
    return ModelStatus(
        model=usage.model,
        cells=int(n_cells.sum()),
        cached_cells=int(n_cells[HAS_VOTE]),
        unusable_cells=int(n_cells[NO_VOTE]),
        failed_cells=int(n_cells[NO_ANSWER]),
        to_do=int(n_cells[TO_ASK]),
        usage=usage,
    )
