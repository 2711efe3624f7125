"""Options of the models without which cached answers were got, since the vendor refused them."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from .answers_cache import AnswersCache
from .schema import DIGEST


def read_dropped_options(
    cache: AnswersCache, model_parts: Sequence[bytes]
) -> tuple[frozenset[str], ...]:
    """The options that vendors refused, for each of some models.

    Args:
        cache: The cache.
        model_parts: Digests of the models; answers to other settings do not count.
    """
    options_of_models: list[set[str]] = [set() for _ in model_parts]
    for bucket in range(cache.buckets):
        answers = cache.answers(bucket, ("model_part", "dropped_options"))
        answers = answers.filter(pc.is_valid(answers.column("dropped_options")))
        if answers.num_rows == 0:
            continue
        for options, part in zip(options_of_models, model_parts, strict=True):
            is_own = pc.equal(answers.column("model_part"), pa.scalar(part, DIGEST))
            for text in pc.unique(answers.filter(is_own).column("dropped_options")).to_pylist():
                options.update(text.split(","))
    return tuple(map(frozenset, options_of_models))
