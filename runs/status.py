"""`attrx status`: what the cache holds of what the config asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..configs.settings import ModelSettings, Settings
from ..extraction.batches.rows import model_for
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.batch_records import Batch
from ..extraction.cache.usage import USAGE_COLUMNS, ModelUsage
from ..extraction.planning.coverage import (
    HAS_VOTE,
    NO_ANSWER,
    NO_VOTE,
    TO_ASK,
    VOTE_COLUMNS,
    select_votes,
)
from ..extraction.planning.questionnaire import Questionnaire

COUNTED = tuple({*VOTE_COLUMNS, *USAGE_COLUMNS})


@dataclass(frozen=True)
class ModelStatus:
    """Where one model stands.

    Attributes:
        model: Its name.
        cells: Cells that exist for it.
        cached_cells: Cells covered by a usable answer.
        unusable_cells: Cells whose final answer gave no usable vote; asked again with `--retry-failed`.
        failed_cells: Cells whose request failed in transport; asked again by the next run.
        to_do: Cells never asked.
        answers: Finished answers under this name, those to earlier prompts included.
        input_tokens: Tokens sent so far, as far as the vendor said.
        output_tokens: Tokens received so far, likewise.
        cost_usd: Cost so far; None where the price of some answer is not known.
    """

    model: str
    cells: int
    cached_cells: int
    unusable_cells: int
    failed_cells: int
    to_do: int
    answers: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None


@dataclass(frozen=True)
class OpenBatches:
    """What one model has with its vendor.

    Attributes:
        model: Its name when the batches were submitted.
        batches: Batches without an end yet, as far as the last call with `--batch` has seen.
        requests: Requests in them.
        oldest_s: Seconds since the first of them was submitted.
        configured: Whether the config has a model that can collect them.
    """

    model: str
    batches: int
    requests: int
    oldest_s: float
    configured: bool


@dataclass(frozen=True)
class Status:
    """Where a catalog stands.

    Attributes:
        products: Products known to the cache.
        models: One entry per configured model.
        batches: One entry per model that has batches open.
    """

    products: int
    models: tuple[ModelStatus, ...]
    batches: tuple[OpenBatches, ...] = ()


def status(settings: Settings) -> Status:
    """Count what is cached, to do and spent, over all products that the cache knows.

    Raises:
        CacheError: The cache is broken.
    """
    cache, questionnaire = AnswersCache(settings.paths.cache), Questionnaire.from_settings(settings)
    states = np.zeros((len(questionnaire.models), 4), np.int64)
    spent = [ModelUsage(model.name) for model in questionnaire.models]
    products = 0
    for bucket in range(cache.buckets):
        table, answers = cache.products(bucket), cache.answers(bucket, COUNTED)
        products += table.num_rows
        applies = questionnaire.applies(table)
        chosen = select_votes(answers, table, questionnaire).states()
        for index in range(len(questionnaire.models)):
            states[index] += np.bincount(chosen[:, index][applies], minlength=4)
            spent[index].add(answers)
    models = tuple(
        _as_status(*row) for row in zip(questionnaire.models, states, spent, strict=True)
    )
    return Status(products, models, tuple(_open_batches(cache.batches(), questionnaire)))


def _open_batches(batches: list[Batch], questionnaire: Questionnaire) -> Iterator[OpenBatches]:
    for model in dict.fromkeys(batch.model for batch in batches):
        mine = [batch for batch in batches if batch.model == model]
        yield OpenBatches(
            model=model,
            batches=len(mine),
            requests=sum(batch.requests for batch in mine),
            oldest_s=time.time() - min(batch.written_s for batch in mine),
            configured=all(model_for(batch, questionnaire) is not None for batch in mine),
        )


def _as_status(model: ModelSettings, states: np.ndarray, spent: ModelUsage) -> ModelStatus:
    return ModelStatus(
        model=model.name,
        cells=int(states.sum()),
        cached_cells=int(states[HAS_VOTE]),
        unusable_cells=int(states[NO_VOTE]),
        failed_cells=int(states[NO_ANSWER]),
        to_do=int(states[TO_ASK]),
        answers=spent.answers,
        input_tokens=spent.input_tokens,
        output_tokens=spent.output_tokens,
        cost_usd=spent.cost_usd,
    )
