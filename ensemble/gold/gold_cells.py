"""Gold cells as they are met in the buckets: what the models said on them, and which values are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

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
from ..groups import Pair, tilted_code
from ..votes import AttributeVotes, BucketVotes, categories_of
from .gold_votes import GoldVotes, gold_votes, join
from .labels import Cell, Gold
from .sampling import product_hashes

NOBODY = -2
"""Code of an accepted value that no model gave."""


@dataclass(frozen=True)
class GoldCells:
    """Labelled cells of all attributes, one row each.

    Attributes:
        cells: [n] (product id, attribute).
        pairs: [n] (category, attribute).
        codes: [n, n_models] int32, n/a included.
        accepted: [n] codes that are right: ABSENT for n/a, NOBODY for a value that no model gave.
        weight: [n] sampling weights, scaled to a mean of 1.
    """

    cells: tuple[Cell, ...]
    pairs: tuple[Pair, ...]
    codes: Codes
    accepted: tuple[tuple[int, ...], ...]
    weight: FloatArray

    @property
    def products(self) -> npt.NDArray[np.intp]:
        """[n] number of each cell's product."""
        numbers: dict[str, int] = {}
        return np.array(
            [numbers.setdefault(product, len(numbers)) for product, _ in self.cells], np.intp
        )

    @property
    def product_hashes(self) -> npt.NDArray[np.uint64]:
        """[n] hash of each cell's product."""
        return product_hashes([product for product, _ in self.cells])

    @property
    def right(self) -> BoolArray:
        """[n, n_models]: whether a model alone would be right; a missing vote counts as n/a."""
        said = np.maximum(self.codes, ABSENT).tolist()
        rows = [
            [code in accepted for code in row]
            for row, accepted in zip(said, self.accepted, strict=True)
        ]
        return np.array(rows, np.bool_).reshape(self.codes.shape)

    def rows_of(self, attribute: str) -> IntArray:
        """Rows of one attribute."""
        return np.flatnonzero([name == attribute for _, name in self.cells])

    def votes(self, attributes: Sequence[Attribute]) -> tuple[GoldVotes, IntArray]:
        """The votes as the stack reads them, and the row of each: attribute by attribute."""
        parts, rows = [], []
        for attribute in attributes:
            own = self.rows_of(attribute.name)
            parts.append(_votes_on(self, own, attribute))
            rows.append(own)
        return join(parts), np.concatenate(rows)


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
    _accepted: list[tuple[int, ...]] = field(default_factory=list)

    def add(self, bucket: BucketVotes, votes: AttributeVotes) -> None:
        """Take over the gold cells of one attribute in one bucket."""
        attribute = votes.attribute
        labelled = {product for product, name in self.gold.accepted if name == attribute.name}
        ids = bucket.products.column("product_id").combine_chunks().take(pa.array(votes.rows))
        places = np.flatnonzero(
            pc.is_in(ids, value_set=pa.array(sorted(labelled), pa.string())).to_numpy(False)
        )
        if not len(places):
            return
        reader = _CodeReader(attribute, bucket)
        for place, category in zip(
            places.tolist(), categories_of(bucket, votes.rows[places]).tolist(), strict=True
        ):
            cell = (ids[place].as_py(), attribute.name)
            self._cells.append(cell)
            self._pairs.append((category, attribute.name))
            self._accepted.append(tuple(reader.code(value) for value in self.gold.canonical[cell]))
        self._codes.append(votes.codes[places])

    def collected(self) -> GoldCells:
        """All that was found."""
        weight = np.array([self.gold.weight[cell] for cell in self._cells])
        codes = np.concatenate([np.zeros((0, len(self.settings.models)), np.int32), *self._codes])
        scaled = weight / weight.mean() if len(weight) else weight
        return GoldCells(
            tuple(self._cells), tuple(self._pairs), codes, tuple(self._accepted), scaled
        )


class _CodeReader:
    """Gold values -> the codes that votes have in this bucket."""

    def __init__(self, attribute: Attribute, bucket: BucketVotes) -> None:
        values = list(attribute.values) if attribute.closed else bucket.values.to_pylist()
        self._number = {value: number for number, value in enumerate(values, 1)}

    def code(self, value: str | None) -> int:
        """The code of a gold value as its vocabulary reads it; None is n/a."""
        if value is None:
            return ABSENT
        return self._number.get(value, NOBODY)


def _votes_on(gold: GoldCells, rows: IntArray, attribute: Attribute) -> GoldVotes:
    accepted = [gold.accepted[row] for row in rows]
    mark = tilted_code(attribute, attribute.absent)
    return gold_votes(
        gold.codes[rows], accepted, absent=attribute.absent, mark=mark, weight=gold.weight[rows]
    )
