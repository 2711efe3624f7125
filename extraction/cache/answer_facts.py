"""What the answers in a cache say beside their votes: costs, versions, refused options."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from ...configs.settings import ModelSettings
from .answers_cache import AnswersCache
from .schema import DIGEST
from .usage import USAGE_COLUMNS, ModelUsage

Versions = Mapping[str, Mapping[str, int]]
"""Model -> version that the vendor reported -> answers."""
_COLUMNS = (*USAGE_COLUMNS, "model_part", "model_version", "dropped_options")


@dataclass(frozen=True)
class AnswerFacts:
    """What the answers of all buckets say.

    Attributes:
        usage: [n_models] what each model's answers have cost.
        versions: The versions that vendors reported.
        dropped_options: [n_models] the options without which its answers were got, since the vendor
            refused them; answers to other settings do not count.
    """

    usage: tuple[ModelUsage, ...]
    versions: dict[str, dict[str, int]]
    dropped_options: tuple[frozenset[str], ...]


def read_answer_facts(
    cache: AnswersCache, models: Sequence[ModelSettings], model_parts: Sequence[bytes]
) -> AnswerFacts:
    """Go through the answers once.

    Args:
        cache: The cache.
        models: The configured models.
        model_parts: Their digests.

    Raises:
        CacheError: The cache is broken.
    """
    usage = tuple(ModelUsage(model.name) for model in models)
    versions: dict[str, Counter[str]] = {}
    options: list[set[str]] = [set() for _ in models]
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, _COLUMNS)
        paid_answers = answers.filter(pc.equal(answers.column("source"), "asked"))
        for of_model in usage:
            of_model.add(paid_answers)
        _count_versions(versions, answers)
        _find_options(options, answers, model_parts)
    in_order = {model: dict(sorted(versions[model].items())) for model in sorted(versions)}
    return AnswerFacts(usage, in_order, tuple(map(frozenset, options)))


def _count_versions(versions: dict[str, Counter[str]], answers: pa.Table) -> None:
    answers = answers.filter(pc.is_valid(answers.column("model_version")))
    columns = ["model", "model_version"]
    for row in answers.group_by(columns).aggregate([([], "count_all")]).to_pylist():
        counts = versions.setdefault(row["model"], Counter())
        counts[row["model_version"]] += row["count_all"]


def _find_options(
    options: Sequence[set[str]], answers: pa.Table, model_parts: Sequence[bytes]
) -> None:
    answers = answers.filter(pc.is_valid(answers.column("dropped_options")))
    if answers.num_rows == 0:
        return
    for of_model, part in zip(options, model_parts, strict=True):
        is_own = pc.equal(answers.column("model_part"), pa.scalar(part, DIGEST))
        for text in pc.unique(answers.filter(is_own).column("dropped_options")).to_pylist():
            of_model.update(text.split(","))
