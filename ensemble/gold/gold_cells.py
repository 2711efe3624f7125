"""Gold cells as they are met in the buckets: what models said on them, what is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.settings import Attribute, Settings
from ..arrays import (
    ABSENT,
    BoolArray,
    Codes,
    FloatArray,
    IntArray,
)
from ..catalog.signals import Signals, centre, join_signals
from ..catalog.witness import Witness
from ..groups import Pair, tilted_code_of
from ..product_hashes import product_hashes
from ..votes import AttributeVotes, BucketVotes, categories_of, votes_on
from .gold_votes import NOBODY, GoldVotes, gold_votes, is_accepted, join
from .labels import Cell, Gold


@dataclass(frozen=True)
class GoldCells:
    """Labelled cells of all attributes, one row each.

    Attributes:
        cells: [n] (product id, attribute).
        pairs: [n] (category, attribute).
        codes: [n, n_models] int32, n/a included.
        accepted_codes: [n] codes that are right: ABSENT for n/a, NOBODY for a value that no model
            gave.
        weight: [n] sampling weights, scaled to a mean of 1.
        signals: What the catalog says of the votes; None = nothing.
    """

    cells: tuple[Cell, ...]
    pairs: tuple[Pair, ...]
    codes: Codes
    accepted_codes: tuple[tuple[int, ...], ...]
    weight: FloatArray
    signals: Signals | None = None

    @property
    def products(self) -> npt.NDArray[np.intp]:
        """[n] number of each cell's product, in the order in which products come."""
        numbers: dict[str, int] = {}
        products = []
        for product, _ in self.cells:
            new_number = len(numbers)
            number = numbers.setdefault(product, new_number)
            products.append(number)
        return np.array(products, np.intp)

    @property
    def product_hashes(self) -> npt.NDArray[np.uint64]:
        """[n] hash of each cell's product."""
        return product_hashes([product for product, _ in self.cells])

    @property
    def right(self) -> BoolArray:
        """[n, n_models]: whether a model alone would be right; a missing vote counts as n/a."""
        predictions = np.maximum(self.codes, ABSENT)
        return is_accepted(predictions, self.accepted_codes)

    def is_right(self, code: npt.NDArray[np.int32]) -> BoolArray:
        """[n]: whether a decided code is right; no answer counts as n/a."""
        predictions = np.maximum(code, ABSENT)
        return is_accepted(predictions[:, None], self.accepted_codes)[:, 0]

    def rows_of_pair(self, pair: Pair) -> IntArray:
        """Rows of one category and attribute."""
        return np.flatnonzero([own_pair == pair for own_pair in self.pairs])

    def rows_of(self, attribute: str) -> IntArray:
        """Rows of one attribute."""
        return np.flatnonzero([name == attribute for _, name in self.cells])

    def votes(self, attributes: Sequence[Attribute]) -> tuple[GoldVotes, IntArray]:
        """The votes as the stack reads them, and the row of each: attribute by attribute."""
        rows = [self.rows_of(attribute.name) for attribute in attributes]
        parts = [
            self._votes_on(attribute, number, rows[number])
            for number, attribute in enumerate(attributes)
        ]
        return join(parts), np.concatenate(rows)

    def _votes_on(self, attribute: Attribute, number: int, rows: IntArray) -> GoldVotes:
        votes = gold_votes(
            self.codes[rows],
            [self.accepted_codes[row] for row in rows],
            absent=attribute.absent,
            tilted_code=tilted_code_of(attribute, attribute.absent),
            weight=self.weight[rows],
            attribute=number,
        )
        if self.signals is None:
            return votes
        signals = self.signals.rows(rows).of_votes()
        return replace(votes, signals=centre(signals, self.codes[rows] > ABSENT))


@dataclass
class GoldCollector:
    """Picks the gold cells out of the buckets.

    Attributes:
        settings: The configuration.
        gold: The gold file.
    """

    settings: Settings
    gold: Gold
    _cells: list[Cell] = field(default_factory=list)
    _pairs: list[Pair] = field(default_factory=list)
    _codes: list[Codes] = field(default_factory=list)
    _buckets: list[tuple[BucketVotes, str]] = field(default_factory=list)
    _accepted_codes: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, bucket: BucketVotes, votes: AttributeVotes) -> None:
        """Take over the gold cells of one attribute in one bucket."""
        attribute = votes.attribute
        places, products = gold_places(self.gold, bucket, votes)
        if not len(places):
            return
        categories = categories_of(bucket, votes.rows[places])
        code_of = _code_numbers(attribute, bucket)
        for product, category in zip(products, categories.tolist(), strict=True):
            cell = (product, attribute.name)
            accepted_codes = []
            for value in self.gold.canonical[cell]:
                code = ABSENT if value is None else code_of.get(value, NOBODY)
                accepted_codes.append(code)
            self._cells.append(cell)
            self._pairs.append((category, attribute.name))
            self._accepted_codes.append(tuple(accepted_codes))
        own_rows = votes.rows[places]
        self._codes.append(votes.codes[places])
        self._buckets.append((bucket.take(own_rows), attribute.name))

    def gold_cells(self, witness: Witness | None = None) -> GoldCells:
        """All gold cells that were met, and what a witness says of the votes on them."""
        no_codes = np.zeros((0, len(self.settings.models)), np.int32)
        weight = np.array([self.gold.weight[cell] for cell in self._cells])
        if len(weight):
            weight = weight / weight.mean()
        return GoldCells(
            cells=tuple(self._cells),
            pairs=tuple(self._pairs),
            codes=np.concatenate([no_codes, *self._codes]),
            accepted_codes=tuple(self._accepted_codes),
            weight=weight,
            signals=None if witness is None else self._signals(witness),
        )

    def _signals(self, witness: Witness) -> Signals:
        names = [attribute.name for attribute in self.settings.attributes]
        parts = [Signals.none(0, len(self.settings.models))]
        for bucket, name in self._buckets:
            index = names.index(name)
            votes = votes_on(bucket, self.settings, index)
            parts.append(witness.signals(bucket, votes, index))
        return join_signals(parts)


def gold_places(
    gold: Gold, bucket: BucketVotes, votes: AttributeVotes
) -> tuple[IntArray, list[str]]:
    """The gold cells of one attribute in one bucket.

    Returns:
        places: Their rows in `votes`.
        products: The ids of their products.
    """
    labelled_products = gold.products_with(votes.attribute.name)
    labelled_ids = pa.array(labelled_products, pa.string())
    every_id = bucket.products.column("product_id").combine_chunks()
    ids = every_id.take(pa.array(votes.rows))
    has_label = pc.is_in(ids, value_set=labelled_ids)
    flags = has_label.to_numpy(zero_copy_only=False)
    places = np.flatnonzero(flags)
    products = ids.take(pa.array(places))
    return places, products.to_pylist()


def _code_numbers(attribute: Attribute, bucket: BucketVotes) -> dict[str, int]:
    """Value -> the code that votes for it have in this bucket."""
    values = list(attribute.values) if attribute.closed else bucket.values.to_pylist()
    return {value: number for number, value in enumerate(values, 1)}
