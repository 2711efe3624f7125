"""What the answers in a cache have cost so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ...configs.wording import sum_of_costs
from .answers_cache import AnswersCache

USD_DECIMALS = 9
"""Of sums, so that they are the same in whichever order the answers came."""
USAGE_COLUMNS = ("model", "source", "status", "input_tokens", "output_tokens", "cost_usd")
"""The columns of `schema.ANSWERS` that say what an answer cost."""


@dataclass
class ModelUsage:
    """What one model's answers cost, those to earlier prompts included.

    Attributes:
        model: Its name.
        answers: Finished answers that were asked under this name.
        input_tokens: Tokens sent, as far as the vendor counted them.
        output_tokens: Tokens received, likewise.
        cost_usd: Their cost in USD; None where the price of some answer is not known.
    """

    model: str
    answers: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = 0.0

    @property
    def tokens(self) -> int:
        """Tokens sent and received."""
        return self.input_tokens + self.output_tokens

    def add(self, answers: pa.Table) -> None:
        """Take in a table with at least `USAGE_COLUMNS`; other models are passed over."""
        is_own = pc.equal(answers.column("model"), self.model)
        is_finished = pc.equal(answers.column("status"), "answered")
        is_original = pc.equal(answers.column("source"), "asked")
        is_counted = pc.and_(pc.and_(is_own, is_finished), is_original)
        own_answers = answers.filter(is_counted)
        self.answers += own_answers.num_rows
        self.input_tokens += int(_sum(own_answers, "input_tokens"))
        self.output_tokens += int(_sum(own_answers, "output_tokens"))
        has_unknown_cost = own_answers.column("cost_usd").null_count > 0
        if has_unknown_cost:
            self.cost_usd = None
        if self.cost_usd is not None:
            self.cost_usd = round(self.cost_usd + _sum(own_answers, "cost_usd"), USD_DECIMALS)


def _sum(table: pa.Table, column: str) -> float:
    """The sum of a column, nulls left out."""
    total = pc.sum(table.column(column))
    return total.as_py() or 0.0


def spent_since(cache: AnswersCache, moment: datetime) -> float:
    """USD that budgets count for what was asked since a moment, of all models.

    That is what it cost, or the most that it can have cost where that is not known.
    """
    since_ns = int(moment.timestamp()) * 1_000_000_000
    total = 0.0
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ("answered_ns", "source", "cost_usd", "charge_usd"))
        is_recent = pc.greater_equal(answers.column("answered_ns"), since_ns)
        is_original = pc.equal(answers.column("source"), "asked")
        recent_answers = answers.filter(pc.and_(is_recent, is_original))
        charges = pc.coalesce(
            recent_answers.column("charge_usd"), recent_answers.column("cost_usd")
        )
        total += pc.sum(charges).as_py() or 0.0
    return total


def spent_or_bound_since(cache: AnswersCache, moment: datetime) -> float:
    """The same, and the most that batches can cost which are on their way.

    These count at any time: they cost what they do when they are collected.
    """
    open_usd = sum(batch.open_usd for batch in cache.batches())
    return spent_since(cache, moment) + open_usd


def total_usd(usages: Iterable[ModelUsage]) -> float | None:
    """The sum in USD; None where a part of it is not known."""
    return sum_of_costs(usage.cost_usd for usage in usages)
