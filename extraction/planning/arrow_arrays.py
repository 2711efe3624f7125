"""Arrow's columns as numpy's arrays, without nulls."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Column: TypeAlias = "pa.Array | pa.ChunkedArray"


def as_bool(values: Column, *, null: bool = False) -> BoolArray:
    """Booleans; `null` stands for those that are not there."""
    values = values.fill_null(null)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    array = values.to_numpy(zero_copy_only=False)
    return np.asarray(array, np.bool_)


def as_int(values: Column, *, null: int) -> IntArray:
    """Whole numbers; `null` stands for those that are not there."""
    numbers = values.fill_null(null).to_numpy()
    return np.asarray(numbers, np.int64)


def equals(values: Column, value: str) -> BoolArray:
    """Which of the values are this one."""
    return as_bool(pc.equal(values, value))


def index_in(values: Column, choices: Column) -> IntArray:
    """Position of each value in the choices, -1 where it is none of them."""
    positions = pc.index_in(values, value_set=choices)
    return as_int(positions, null=-1)


def flatten(lists: Column) -> tuple[pa.Array, IntArray]:
    """All entries of a column of lists, and the row of each."""
    array = lists
    if isinstance(lists, pa.ChunkedArray):
        chunks = lists.chunks or [pa.array([], lists.type)]
        array = pa.concat_arrays(chunks)
    entries = pc.list_flatten(array)
    rows = as_int(pc.list_parent_indices(array), null=-1)
    return entries, rows
