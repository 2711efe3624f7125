"""Rows of different lengths, one after another in a flat array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from ..arrays import IntArray


@dataclass(frozen=True, slots=True, eq=False)
class Ragged:
    """Numbers in rows of different lengths.

    Attributes:
        flat: [n] int64, all rows one after another.
        starts: [n_rows + 1] int64, where each row begins, and where the last one ends.
    """

    flat: IntArray
    starts: IntArray

    @classmethod
    def of(cls, rows: Sequence[Sequence[int]]) -> Ragged:
        """Put rows together."""
        starts = [0]
        for row in rows:
            end = starts[-1] + len(row)
            starts.append(end)
        content = list(chain.from_iterable(rows))
        return cls(
            flat=np.array(content, np.int64),
            starts=np.array(starts, np.int64),
        )

    @classmethod
    def of_lengths(cls, flat: IntArray, lengths: IntArray) -> Ragged:
        """Cut a flat array into rows of these lengths."""
        ends = np.cumsum(lengths)
        starts = np.append(0, ends)
        return cls(flat, starts.astype(np.int64))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> IntArray:
        """[n_rows]."""
        return np.diff(self.starts)

    @property
    def row_of(self) -> IntArray:
        """[n]: the row that each number of `flat` is in."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def expand(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """The contents of some rows, one row after another, each as often as it is named.

        Args:
            rows: [k].

        Returns:
            which: [n], place in `rows`.
            flat: [n], its numbers.
        """
        lengths = self.lengths[rows]
        own_rows = np.arange(len(rows))
        which = np.repeat(own_rows, lengths)
        new_starts = np.cumsum(lengths) - lengths
        shift = self.starts[rows] - new_starts
        place = np.arange(len(which)) + shift[which]
        return which, self.flat[place]

    def different(self) -> Ragged:
        """The different numbers of each row, ascending."""
        order = np.lexsort((self.flat, self.row_of))
        row = self.row_of[order]
        number = self.flat[order]
        is_repeated = np.zeros(len(row), np.bool_)
        same_row = np.diff(row) == 0
        same_number = np.diff(number) == 0
        is_repeated[1:] = same_row & same_number
        is_first = ~is_repeated
        first_row = row[is_first]
        lengths = np.bincount(first_row, minlength=len(self))
        return Ragged.of_lengths(number[is_first], lengths)
