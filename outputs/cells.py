"""Second pass: every cell looks its pattern up, and the files with a row for each cell are written."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..ensemble.deciding import decide_attribute
from ..ensemble.decision_rule import STATUSES
from ..ensemble.learning import Combiner
from ..ensemble.votes import NOT_ASKED
from ..extraction.planning.coverage import has_text
from ..extraction.votes.current_votes import VoteSource
from .files import open_csv, open_parquet
from .products import ProductsFile
from .review import ReviewQueue
from .values import (
    VALUES,
    values_table,
    votes_schema,
    votes_table,
)

PRODUCTS_SHOWN, MOST_ATTRIBUTES = 5, 1000
CELL_FILES = ("values.parquet", "values.csv", "votes.parquet", "review.csv")


@dataclass
class CellCounts:
    """What the second pass counted.

    Attributes:
        review: The cells that a person should look at.
        statuses: Status -> cells.
        not_asked: Votes that nobody has asked for yet, of products that have a text to ask about.
        sample: Rows of `values`: those of the first few products.
    """

    review: ReviewQueue
    statuses: Counter[str] = field(default_factory=Counter)
    not_asked: int = 0
    sample: list[dict[str, Any]] = field(default_factory=list)


def write_cells(
    source: VoteSource, combiner: Combiner, output: Path, products: ProductsFile | None
) -> CellCounts:
    """Decide all cells and write `CELL_FILES`; `products` collects what goes into `products.csv`."""
    settings = combiner.settings
    counts = CellCounts(ReviewQueue(settings))
    with (
        open_parquet(output / "values.parquet", VALUES) as values_parquet,
        open_csv(output / "values.csv", VALUES) as values_csv,
        open_parquet(output / "votes.parquet", votes_schema(settings)) as votes_parquet,
    ):
        for bucket in source.buckets():
            decided = [
                decide_attribute(bucket, combiner, index)
                for index in range(len(settings.attributes))
            ]
            values = values_table(bucket, decided, settings)
            values_parquet.write(values)
            values_csv.write(values)
            votes_parquet.write(votes_table(bucket, decided, settings))
            if products is not None:
                products.add(bucket, decided)
            askable = has_text(bucket.products)
            for each in decided:
                found = np.bincount(each.decisions.status, minlength=len(STATUSES)).tolist()
                counts.statuses.update(dict(zip(STATUSES, found, strict=True)))
                counts.not_asked += int(
                    (each.votes.state[askable[each.votes.rows]] == NOT_ASKED).sum()
                )
            counts.sample = counts.sample or _first_products(values)
            counts.review.add(bucket, decided)
    counts.review.write(output / "review.csv")
    return counts


def _first_products(values: pa.Table) -> list[dict[str, Any]]:
    """The rows of the first products."""
    ids = (
        values.column("product_id")
        .slice(0, PRODUCTS_SHOWN * MOST_ATTRIBUTES)
        .unique()
        .slice(0, PRODUCTS_SHOWN)
    )
    rows: list[dict[str, Any]] = values.filter(
        pc.is_in(values.column("product_id"), value_set=ids)
    ).to_pylist()
    return rows
