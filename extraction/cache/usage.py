"""What the answers in a cache have cost so far."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ...configs.settings import ModelSettings
from .store import AnswersCache

COLUMNS = ("model", "source", "status", "input_tokens", "output_tokens", "cost_usd")


@dataclass
class ModelUsage:
    """What one model's answers cost, those to earlier prompts included.

    Attributes:
        model: Its name.
        answers: Finished answers that were asked under this name.
        input_tokens: Tokens sent, as far as the vendor counted them.
        output_tokens: Tokens received, likewise.
        cost_usd: Their cost; None where the price of some answer is not known.
    """

    model: str
    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    def add(self, answers: pa.Table) -> None:
        """Take in a table with at least `COLUMNS`; answers of other models are passed over."""
        mine = pc.and_(
            pc.equal(answers.column("model"), self.model),
            pc.equal(answers.column("status"), "answered"),
        )
        paid = answers.filter(pc.and_(mine, pc.equal(answers.column("source"), "asked")))
        self.answers += paid.num_rows
        self.input_tokens += pc.sum(paid.column("input_tokens")).as_py() or 0
        self.output_tokens += pc.sum(paid.column("output_tokens")).as_py() or 0
        costs = paid.column("cost_usd")
        unknown = self.cost_usd is None or costs.null_count
        self.cost_usd = None if unknown else (self.cost_usd or 0.0) + (pc.sum(costs).as_py() or 0.0)


def read_usage(cache: AnswersCache, models: Sequence[ModelSettings]) -> tuple[ModelUsage, ...]:
    """What each model's answers in the cache have cost."""
    spent = tuple(ModelUsage(model.name) for model in models)
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, COLUMNS)
        for each in spent:
            each.add(answers)
    return spent


def total_usd(spent: Iterable[ModelUsage]) -> float | None:
    """The sum; None where a part of it is not known."""
    costs = [each.cost_usd for each in spent]
    return None if None in costs else sum(cost for cost in costs if cost is not None)
