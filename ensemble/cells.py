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
        every_row = np.arange(n_rows)
        rows = np.tile(every_row, n_attributes)
        starts = np.arange(n_attributes + 1) * n_rows
        return cls(rows, starts, n_rows)

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
        sizes = np.bincount(category, minlength=len(applies))
        ends = sizes.cumsum()
        rows_of_category = np.split(order, ends[:-1])
        nothing = np.zeros(0, np.int64)
        parts = [nothing]
        starts = [0]
        for of_attribute in applies.T:
            categories = np.flatnonzero(of_attribute)
            rows = [rows_of_category[each] for each in categories]
            part = np.concatenate([nothing, *rows])
            if len(rows) > 1:
                part.sort()
            parts.append(part)
            starts.append(starts[-1] + len(part))
        all_rows = np.concatenate(parts)
        return cls(all_rows, np.array(starts), n_rows)

    @classmethod
    def of_pairs(
        cls, rows: IntArray, attributes: IntArray, n_rows: int, n_attributes: int
    ) -> Cells:
        """The pairs that are named, perhaps more than once."""
        keys = np.unique(attributes * n_rows + rows)
        attribute, row = np.divmod(keys, max(n_rows, 1))
        every_attribute = np.arange(n_attributes + 1)
        starts = np.searchsorted(attribute, every_attribute)
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
        sizes = np.diff(self.starts)
        every_attribute = np.arange(self.n_attributes)
        return np.repeat(every_attribute, sizes)

    def of_attribute(self, attribute: int) -> slice:
        """The places of an attribute's cells."""
        start, end = self.starts[attribute : attribute + 2].tolist()
        return slice(start, end)

    def find(self, rows: IntArray, attributes: IntArray) -> IntArray:
        """The cell of each pair of a row and an attribute, -1 where there is none.

        Args:
            rows: [n] rows; below 0 is none.
            attributes: [n] attributes; below 0 is none.
        """
        has_row = rows >= 0
        has_attribute = attributes >= 0
        keys = attributes * self.n_rows + rows
        keys[~(has_row & has_attribute)] = -1
        if len(self) == self.n_rows * self.n_attributes:
            return keys
        if len(self) == 0:
            return np.full(len(keys), -1)
        places = np.searchsorted(self._keys, keys)
        places = np.minimum(places, len(self) - 1)
        is_there = self._keys[places] == keys
        return np.where(is_there, places, -1)

    def take(self, rows: IntArray) -> tuple[Cells, IntArray]:
        """Some rows in another order: their cells, and the place of each among those of all.

        Args:
            rows: Rows, none twice.
        """
        n_rows = len(rows)
        new_row = np.full(self.n_rows, -1)
        new_row[rows] = np.arange(n_rows)
        row_of_cell = new_row[self.rows]
        places = np.flatnonzero(row_of_cell >= 0)
        row = row_of_cell[places]
        attribute = self.attributes[places]
        order = np.lexsort((row, attribute))
        sizes = np.bincount(attribute, minlength=self.n_attributes)
        starts = np.append(0, sizes.cumsum())
        cells = Cells(row[order], starts, n_rows)
        return cells, places[order]

    @cached_property
    def _keys(self) -> IntArray:
        """[n_cells] a number for each pair, rising."""
        return self.attributes * self.n_rows + self.rows
