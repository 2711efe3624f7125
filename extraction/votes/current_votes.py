"""The answers cache -> votes laid out by product, model and attribute, ready to be counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..cache.store import AnswersCache
from ..planning.coverage import (
    COLUMNS,
    Asked,
    place_by_id,
    select,
)
from .reading import needs_rereading, reread

STATES = ("value", "absent", "left_out", "off_list", "unreadable", "refused", "failed", "not_asked")
"""`Ballots.state` holds positions in this list; all but the first two are a missing vote, and why."""
VALUE, ABSENT = STATES.index("value"), STATES.index("absent")
NOT_ASKED = STATES.index("not_asked")

Int8Array = npt.NDArray[np.int8]
Int32Array = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Ballots:
    """The current votes on the products of one bucket.

    Attributes:
        products: Table of `schema.PRODUCTS` (and more columns, where it comes from an input), sorted by id.
        applies: [n_products, n_attributes] bool, the cells that exist.
        state: [n_products, n_models, n_attributes] int8, position in `STATES`.
        value: [n_products, n_models, n_attributes] int32, position in `values`; -1 unless the state is VALUE.
        spelling: likewise, position in `spellings`; -1 where nothing was said.
        values: The distinct values, in no particular order; canonical or normalised.
        spellings: The distinct spellings.
    """

    products: pa.Table
    applies: npt.NDArray[np.bool_]
    state: Int8Array
    value: Int32Array
    spelling: Int32Array
    values: pa.StringArray
    spellings: pa.StringArray


def read_ballots(cache: AnswersCache, bucket: int, asked: Asked, products: pa.Table | None = None) -> Ballots:
    """Read the current votes of a bucket; where the vocabulary has changed, raw answers are read again.

    Args:
        cache: The cache; nothing is written.
        bucket: Number of the bucket.
        asked: What the config asks now.
        products: The products wanted, as an input has them now; None = those of the cache.

    Raises:
        CacheError: A file of the cache is broken.
    """
    products = (cache.products(bucket) if products is None else products).sort_by("product_id")
    answers = cache.answers(bucket, COLUMNS)
    if needs_rereading(answers, asked):
        answers = reread(cache.answers(bucket, [*COLUMNS, "finish", "raw"]), asked)
    chosen = select(answers, asked, place_by_id(answers, products), products.num_rows)
    states = pc.index_in(chosen.votes.field("state"), value_set=pa.array(STATES))
    value = chosen.votes.field("value").dictionary_encode()
    spelling = chosen.votes.field("spelling").dictionary_encode()
    return Ballots(
        products=products,
        applies=asked.applies(products.column("category").combine_chunks()),
        state=_at(chosen.entry, states, NOT_ASKED).astype(np.int8),
        value=_at(chosen.entry, value.indices, -1),
        spelling=_at(chosen.entry, spelling.indices, -1),
        values=value.dictionary,
        spellings=spelling.dictionary,
    )


def _at(entry: npt.NDArray[np.int64], codes: pa.Array, missing: int) -> Int32Array:
    """The codes of the chosen entries, `missing` where there is none."""
    numbers = np.append(codes.fill_null(missing).to_numpy(zero_copy_only=False), missing).astype(np.int32)
    return numbers[entry]  # entry -1 reads the last
