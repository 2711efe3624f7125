"""The cells that exist: pairs of a row (a product, say) and an attribute that applies to it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .arrays import BoolArray, IntArray


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells, attribute by attribute, and in each in the order of the rows.

    A catalog of many categories has few cells beside rows x attributes, so that what is known of
    cells is an array with a place for each of these.

    Attributes:
        rows: [n_cells] row of each.
        starts: [n_attributes + 1] where the cells of each attribute start, and where the last end.
        n_rows: Number of rows, those without a cell included.
    """

    rows: IntArray
    starts: IntArray
    n_rows: int

    @classmethod
    def of_all(cls, n_rows: int, n_attributes: int) -> Cells:
        """Every attribute applies to every row."""
        rows = np.tile(np.arange(n_rows), n_attributes)
        return cls(rows, np.arange(n_attributes + 1) * n_rows, n_rows)

    @classmethod
    def of_categories(cls, category: IntArray, applies: BoolArray) -> Cells:
        """The attributes of a row are those of its category.

        Args:
            category: [n_rows] number of each row's category.
            applies: [n_categories, n_attributes].
        """
        n_rows = len(category)
        n_attributes = applies.shape[1]
        if applies.all():
            return cls.of_all(n_rows, n_attributes)
        order = np.argsort(category, kind="stable")
        ends = np.bincount(category, minlength=len(applies)).cumsum()
        rows_of_category = np.split(order, ends[:-1])
        parts = [np.zeros(0, np.int64)]
        sizes = np.zeros(n_attributes, np.int64)
        for attribute, of_attribute in enumerate(applies.T):
            rows = [rows_of_category[each] for each in np.flatnonzero(of_attribute)]
            part = rows[0] if len(rows) == 1 else np.sort(np.concatenate([parts[0], *rows]))
            parts.append(part)
            sizes[attribute] = len(part)
        return cls(np.concatenate(parts), np.append(0, sizes.cumsum()), n_rows)

    @classmethod
    def of_pairs(
        cls, rows: IntArray, attributes: IntArray, n_rows: int, n_attributes: int
    ) -> Cells:
        """The pairs that are named, perhaps more than once."""
        keys = np.unique(attributes * n_rows + rows)
        attribute, row = np.divmod(keys, max(n_rows, 1))
        starts = np.searchsorted(attribute, np.arange(n_attributes + 1))
        return cls(row, starts, n_rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def n_attributes(self) -> int:
        """Number of attributes, those without a cell included."""
        return len(self.starts) - 1

    @cached_property
    def attributes(self) -> IntArray:
        """[n_cells] attribute of each."""
        return np.repeat(np.arange(self.n_attributes), np.diff(self.starts))

    def of_attribute(self, attribute: int) -> slice:
        """The places of an attribute's cells."""
        return slice(int(self.starts[attribute]), int(self.starts[attribute + 1]))

    def find(self, rows: IntArray, attributes: IntArray) -> IntArray:
        """The cell of each pair of a row and an attribute, -1 where there is none.

        Args:
            rows: [n] rows; below 0 is none.
            attributes: [n] attributes; below 0 is none.
        """
        is_pair = (rows >= 0) & (attributes >= 0)
        keys = np.where(is_pair, attributes * self.n_rows + rows, -1)
        if len(self) == self.n_rows * self.n_attributes:
            return keys
        if len(self) == 0:
            return np.full(len(keys), -1)
        places = np.searchsorted(self._keys, keys)
        places = np.minimum(places, len(self) - 1)
        return np.where(self._keys[places] == keys, places, -1)

    def take(self, rows: IntArray) -> tuple[Cells, IntArray]:
        """Some rows in another order: their cells, and the place of each among those of all.

        Args:
            rows: Rows, none twice.
        """
        new_row = np.full(self.n_rows, -1)
        new_row[rows] = np.arange(len(rows))
        places = np.flatnonzero(new_row[self.rows] >= 0)
        row = new_row[self.rows[places]]
        attribute = self.attributes[places]
        order = np.lexsort((row, attribute))
        sizes = np.bincount(attribute, minlength=self.n_attributes)
        starts = np.append(0, sizes.cumsum())
        return Cells(row[order], starts, len(rows)), places[order]

    @cached_property
    def _keys(self) -> IntArray:
        """[n_cells] a number for each pair, rising."""
        return self.attributes * self.n_rows + self.rows
