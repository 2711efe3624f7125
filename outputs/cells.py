"""Second pass: every cell looks its pattern up, and is written to the files that have all cells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ..ensemble.arrays import BoolArray
from ..ensemble.deciding import DecidedAttribute, decide_bucket
from ..ensemble.decision_rule import STATUSES
from ..ensemble.learning import Combiner
from ..ensemble.votes import FAILED, NOT_ASKED, BucketVotes
from ..extraction.votes.current_votes import VoteSource
from .cell_tables import rows_of_products
from .files import open_csv, open_parquet
from .products import ProductsFile
from .review import ReviewQueue
from .sheet_labels import SheetLabels
from .values import VALUES, values_table
from .votes import votes_schema, votes_table

REVIEW_SHEET = "review.csv"
CELL_FILES = ("values.parquet", "values.csv", "votes.parquet", REVIEW_SHEET)
REVIEW_WORKBOOK = "review.xlsx"
PRODUCTS_SHOWN = 5
MOST_ATTRIBUTES = 1000
MOST_LISTED = 1000
"""Products without text that `run.json` lists."""


@dataclass
class CellCounts:
    """What the second pass counted.

    Attributes:
        review: The cells that a person should look at.
        statuses: Status -> cells.
        asked_models: [n_models] bool, the models that are not retired.
        not_asked: Votes that nobody has asked for yet, of products that have a text to ask about.
        failed: Votes whose request got no answer, likewise; the next run asks for them again.
        sample: Rows of `values`: those of the first few products.
        products_without_text: Products of which nothing is asked.
        ids_without_text: Ids of the first `MOST_LISTED` of them.
    """

    review: ReviewQueue
    asked_models: BoolArray
    statuses: Counter[str] = field(default_factory=Counter)
    not_asked: int = 0
    failed: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)
    products_without_text: int = 0
    ids_without_text: list[str] = field(default_factory=list)

    def add(
        self, bucket: BucketVotes, attributes: Sequence[DecidedAttribute], values: pa.Table
    ) -> None:
        """Count one bucket."""
        self.note_without_text(bucket)
        for attribute in attributes:
            votes = attribute.votes
            numbers = attribute.decisions.status
            n_cells = np.bincount(numbers, minlength=len(STATUSES))
            for status, count in zip(STATUSES, n_cells.tolist(), strict=True):
                self.statuses[status] += count
            is_askable = bucket.has_text[votes.rows]
            states = votes.state[is_askable][:, self.asked_models]
            self.not_asked += int((states == NOT_ASKED).sum())
            self.failed += int((states == FAILED).sum())
        if not self.sample:
            self.sample = _first_products(values)
        self.review.add(bucket, attributes)

    def note_without_text(self, bucket: BucketVotes) -> None:
        """Take note of the products of which nothing is asked."""
        rows = np.flatnonzero(~bucket.has_text)
        self.products_without_text += len(rows)
        listed_rows = rows[: MOST_LISTED - len(self.ids_without_text)]
        ids = bucket.products.column("product_id").take(pa.array(listed_rows))
        self.ids_without_text += ids.to_pylist()


def write_cells(
    source: VoteSource,
    combiner: Combiner,
    folder: Path,
    products: ProductsFile | None,
    labels: SheetLabels,
) -> CellCounts:
    """Decide all cells and write those of `CELL_FILES` that hold all of them.

    Args:
        source: The votes.
        combiner: What the first pass learned.
        folder: Where the files go.
        products: Collects what goes into `products.csv`; None where that is not written.
        labels: What people typed into earlier sheets.

    Returns:
        What was counted, with the cells to look at.
    """
    settings = combiner.settings
    asked_models = np.array([not model.retired for model in settings.models])
    counts = CellCounts(ReviewQueue(settings, labels), asked_models)
    with (
        open_parquet(folder / "values.parquet", VALUES) as values_parquet,
        open_csv(folder / "values.csv", VALUES) as values_csv,
        open_parquet(folder / "votes.parquet", votes_schema(settings)) as votes_parquet,
    ):
        for decided in source.buckets().map(partial(_decide, combiner)):
            values_parquet.write(decided.values)
            values_csv.write(decided.values)
            votes_parquet.write(decided.votes)
            if products is not None:
                products.add(decided.bucket, decided.attributes)
            counts.add(decided.bucket, decided.attributes, decided.values)
    return counts


@dataclass(frozen=True)
class _DecidedBucket:
    """A bucket, and what is written of it.

    Attributes:
        bucket: The votes.
        attributes: What was decided.
        values: Rows of `values`.
        votes: Rows of `votes`.
    """

    bucket: BucketVotes
    attributes: list[DecidedAttribute]
    values: pa.Table
    votes: pa.Table


def _decide(combiner: Combiner, bucket: BucketVotes) -> _DecidedBucket:
    attributes = decide_bucket(combiner, bucket)
    return _DecidedBucket(
        bucket=bucket,
        attributes=attributes,
        values=values_table(bucket, attributes, combiner.settings),
        votes=votes_table(bucket, attributes, combiner.settings),
    )


def _first_products(values: pa.Table) -> list[dict[str, Any]]:
    """The rows of the first products."""
    first_cells = values.slice(0, PRODUCTS_SHOWN * MOST_ATTRIBUTES)
    ids = first_cells.column("product_id").unique()
    first_products = rows_of_products(values, ids[:PRODUCTS_SHOWN])
    rows: list[dict[str, Any]] = first_products.to_pylist()
    return rows
