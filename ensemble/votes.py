"""The current votes on a bucket of products, and the numbers that stand for them by attribute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import Attribute, Settings
from ..configs.vote_states import STATES
from .arrays import ABSENT, MISSING, Codes, IntArray
from .cells import Cells

VALUE = STATES.index("value")
SAYS_ABSENT = STATES.index("absent")
NOT_ASKED = STATES.index("not_asked")
FAILED = STATES.index("failed")

Int8Array = npt.NDArray[np.int8]
Int32Array = npt.NDArray[np.int32]


@dataclass(frozen=True)
class BucketVotes:
    """The current votes on the products of one bucket.

    Attributes:
        products: Table of `schema.PRODUCTS` (and more columns, where it comes from an input),
            sorted by id.
        cells: The cells that exist; their rows are those of `products`.
        has_text: [n_products] bool, whether there is a text to ask about.
        state: [n_cells, n_models] int8, position in `STATES`.
        value: [n_cells, n_models] int32, position in `values`; -1 unless the state is VALUE.
        spelling: likewise, position in `spellings`; -1 where nothing was said.
        values: The distinct values, in no particular order; canonical or normalised.
        spellings: The distinct spellings.
    """

    products: pa.Table
    cells: Cells
    has_text: npt.NDArray[np.bool_]
    state: Int8Array
    value: Int32Array
    spelling: Int32Array
    values: pa.StringArray
    spellings: pa.StringArray

    def take(self, rows: IntArray) -> BucketVotes:
        """The votes on some of the products, in this order, with the values among them alone."""
        cells, places = self.cells.take(rows)
        value, values = _used(self.value[places], self.values)
        spelling, spellings = _used(self.spelling[places], self.spellings)
        return BucketVotes(
            products=self.products.take(pa.array(rows)),
            cells=cells,
            has_text=self.has_text[rows],
            state=self.state[places],
            value=value,
            spelling=spelling,
            values=values,
            spellings=spellings,
        )


@dataclass(frozen=True)
class AttributeVotes:
    """The votes on one attribute in one bucket.

    Attributes:
        attribute: The attribute.
        rows: [n_cells] rows of `BucketVotes.products` to which it applies.
        codes: [n_cells, n_models] int32: MISSING, ABSENT, or a value's number: 1 + its place in the
            config's list where closed, 1 + its place in `BucketVotes.values` where open.
        state: [n_cells, n_models] int8, place in `STATES`.
        spelling: [n_cells, n_models] int32, place in `BucketVotes.spellings`, -1 where nothing was
            said.
    """

    attribute: Attribute
    rows: npt.NDArray[np.int64]
    codes: Codes
    state: npt.NDArray[np.int8]
    spelling: npt.NDArray[np.int32]


def votes_on(bucket: BucketVotes, settings: Settings, index: int) -> AttributeVotes:
    """The votes on the attribute with this index."""
    attribute = settings.attributes[index]
    own = bucket.cells.of_attribute(index)
    state = bucket.state[own]
    value = bucket.value[own]
    numbers = _value_numbers(bucket, attribute)
    is_value = state == VALUE
    codes = np.full(state.shape, MISSING, np.int32)
    codes[is_value] = numbers[value[is_value]]
    codes[state == SAYS_ABSENT] = ABSENT
    return AttributeVotes(
        attribute=attribute,
        rows=bucket.cells.rows[own],
        codes=codes,
        state=state,
        spelling=bucket.spelling[own],
    )


def categories_of(bucket: BucketVotes, rows: IntArray) -> npt.NDArray[np.object_]:
    """The category of each row, "" where the input has none."""
    column = bucket.products.column("category").fill_null("").combine_chunks()
    names: npt.NDArray[np.object_] = column.take(pa.array(rows)).to_numpy(zero_copy_only=False)
    return names


def cells_by_category(
    votes: AttributeVotes, bucket: BucketVotes, settings: Settings
) -> Iterator[tuple[str, IntArray]]:
    """The cells of each category, or all under "" where categories share their weights."""
    cells = np.arange(len(votes.rows))
    if settings.ensemble.group_by != "category":
        yield "", cells
        return
    categories = categories_of(bucket, votes.rows)
    for category in np.unique(categories):
        yield str(category), cells[categories == category]


def _used(places: Int32Array, texts: pa.StringArray) -> tuple[Int32Array, pa.StringArray]:
    """The texts that are named, and the places in them."""
    named_places = np.unique(places[places >= 0])
    new_place = np.full(len(texts) + 1, -1, np.int32)  # the last is read by -1
    new_place[named_places] = np.arange(len(named_places))
    named_texts = texts.take(pa.array(named_places))
    return new_place[places], named_texts


def _value_numbers(bucket: BucketVotes, attribute: Attribute) -> IntArray:
    """The code of each distinct value."""
    if attribute.open:
        return np.arange(1, len(bucket.values) + 1)
    config_values = pa.array(list(attribute.values), pa.string())
    place = pc.index_in(bucket.values, value_set=config_values)
    number = pc.fill_null(pc.add(place, 1), MISSING)
    code: IntArray = number.to_numpy(zero_copy_only=False)
    return code.astype(np.int64)
