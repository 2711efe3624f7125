"""Learning weights and counting the catalog: a million cells of short texts, in one process.

    python -m benchmarks.catalog [CELLS]

Buckets are made on the way and not timed. Beside the time of learning stands that of the same
without the catalog.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from attrx.configs.settings import Settings
from attrx.configs.vote_states import STATES
from attrx.ensemble.cells import Cells
from attrx.ensemble.learning import Combiner, learn
from attrx.ensemble.value_choice import gives_several_values
from attrx.ensemble.votes import BucketVotes, votes_on
from attrx.extraction.cache.schema import PRODUCTS

ATTRIBUTES = 6
MODELS = 5
PRODUCTS_A_BUCKET = 10_000
WORDS_A_TEXT = 8
VOCABULARY = 20_000
WRONG = 0.1


class Source:
    """Buckets of products whose values are words of their texts.

    Attributes:
        making_s: CPU time that went into making buckets.
        cells: Cells made.
        disputed_cells: Cells to which models gave different values.
    """

    def __init__(self, n_cells: int, settings: Settings) -> None:
        self.n_buckets = max(n_cells // ATTRIBUTES // PRODUCTS_A_BUCKET, 1)
        self.settings = settings
        self.making_s = 0.0
        self.cells = 0
        self.disputed_cells = 0

    def buckets(self) -> Iterator[BucketVotes]:
        """The buckets, one by one."""
        for number in range(self.n_buckets):
            start = time.process_time()
            bucket = _bucket(number)
            for index in range(ATTRIBUTES):
                codes = votes_on(bucket, self.settings, index).codes
                self.cells += len(codes)
                self.disputed_cells += int(gives_several_values(codes).sum())
            self.making_s += time.process_time() - start
            yield bucket


def main(n_cells: int = 1_000_000) -> None:
    """Print the figures."""
    with_catalog = _learn(n_cells, catalog=True)
    without_catalog = _learn(n_cells, catalog=False)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"catalog  {with_catalog}")
    print(f"without  {without_catalog}")
    print(f"highest memory of this process {memory:,.0f} MiB")


def _learn(n_cells: int, *, catalog: bool) -> str:
    settings = _settings(catalog=catalog)
    source = Source(n_cells, settings)
    start = time.process_time()
    combiner: Combiner = learn(source.buckets(), settings)
    cpu_s = time.process_time() - start - source.making_s
    disputed = source.disputed_cells / source.cells
    heard = "heard" if combiner.witness is not None else "not heard"
    return (
        f"{heard}: {source.cells:,} cells, {disputed:.0%} disputed, learning {cpu_s:.1f} CPU s,"
        f" {1e6 * cpu_s / source.cells:.1f} us a cell"
    )


def _settings(*, catalog: bool) -> Settings:
    replay = {"provider": "replay", "options": {"file": "answers.jsonl"}}
    config = {
        "version": 1,
        "input": {"id": "id", "text": ["title"], "category": "category"},
        "attributes": [{"name": f"a{number}", "open": True} for number in range(ATTRIBUTES)],
        "models": [{"name": f"m{number}", **replay} for number in range(MODELS)],
        "ensemble": {"catalog": catalog},
    }
    return Settings.model_validate(config)


def _bucket(number: int) -> BucketVotes:
    rng = np.random.default_rng(number)
    shape = (PRODUCTS_A_BUCKET, MODELS, ATTRIBUTES)
    vocabulary = np.array([f"word{_letters(word)}" for word in range(VOCABULARY)], object)
    words = rng.zipf(1.3, (PRODUCTS_A_BUCKET, WORDS_A_TEXT)) % VOCABULARY
    texts = [" ".join(row) for row in vocabulary[words]]
    truth = words[:, :ATTRIBUTES]
    value = np.broadcast_to(truth[:, None, :], shape).copy()
    is_wrong = rng.random(shape) < WRONG
    value[is_wrong] = words[:, -1].repeat(MODELS * ATTRIBUTES).reshape(shape)[is_wrong]
    value = np.moveaxis(value, 2, 0).reshape(-1, MODELS)
    state = np.full(value.shape, STATES.index("value"), np.int8)
    values = pa.array(vocabulary.tolist(), pa.string())
    rows = {
        "row": range(PRODUCTS_A_BUCKET),
        "product_id": [f"p{number}-{row}" for row in range(PRODUCTS_A_BUCKET)],
        "category": [f"c{row % 20}" for row in range(PRODUCTS_A_BUCKET)],
        "fields": [[{"name": "title", "text": text}] for text in texts],
        "text_digest": [bytes(16)] * PRODUCTS_A_BUCKET,
        "other_text_digest": [None] * PRODUCTS_A_BUCKET,
    }
    return BucketVotes(
        products=pa.table(rows, PRODUCTS),
        cells=Cells.of_all(PRODUCTS_A_BUCKET, ATTRIBUTES),
        has_text=np.ones(PRODUCTS_A_BUCKET, np.bool_),
        state=state,
        value=value.astype(np.int32),
        spelling=value.astype(np.int32),
        values=values,
        spellings=values,
    )


def _letters(number: int) -> str:
    """A number in letters, so that it is one word."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
