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
        is_paid = pc.equal(answers.column("source"), "asked")
        paid_answers = answers.filter(is_paid)
        for of_model in usage:
            of_model.add(paid_answers)
        _count_versions(versions, answers)
        _find_options(options, answers, model_parts)
    versions_in_order = {}
    for model in sorted(versions):
        counts = versions[model]
        versions_in_order[model] = dict(sorted(counts.items()))
    return AnswerFacts(
        usage=usage,
        versions=versions_in_order,
        dropped_options=tuple(map(frozenset, options)),
    )


def _count_versions(versions: dict[str, Counter[str]], answers: pa.Table) -> None:
    has_version = pc.is_valid(answers.column("model_version"))
    answers = answers.filter(has_version)
    groups = answers.group_by(["model", "model_version"])
    sizes = groups.aggregate([([], "count_all")])
    for row in sizes.to_pylist():
        counts = versions.setdefault(row["model"], Counter())
        version = row["model_version"]
        counts[version] += row["count_all"]


def _find_options(
    options: Sequence[set[str]], answers: pa.Table, model_parts: Sequence[bytes]
) -> None:
    has_options = pc.is_valid(answers.column("dropped_options"))
    answers = answers.filter(has_options)
    if answers.num_rows == 0:
        return
    for of_model, part in zip(options, model_parts, strict=True):
        is_own = pc.equal(answers.column("model_part"), pa.scalar(part, DIGEST))
        own_answers = answers.filter(is_own)
        texts = pc.unique(own_answers.column("dropped_options"))
        for text in texts.to_pylist():
            of_model.update(text.split(","))
