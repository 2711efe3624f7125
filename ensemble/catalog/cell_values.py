"""The different values that were given on each cell, and each one's share of the votes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import ABSENT, MISSING, Absent, Blocks, Codes, IntArray, votes_of
from ..blocks import blocks_of

WHOLE = 1024
"""Shares are counted in 1024ths, so that sums of them are exact in any order."""


@dataclass(frozen=True, slots=True, eq=False)
class CellValues:
    """One row for each cell and different value on it, cells in order; n/a is no value.

    Attributes:
        cell: [n] int64, row of the codes.
        block: [n] int64, number of the block of models that gave it.
        code: [n] int64, the value.
        share: [n] int64, how many 1024ths of the votes on the cell are for it.
        blocks: [n_cells, n_models], the block of each vote, n/a included, -1 where it is missing.
    """

    cell: IntArray
    block: IntArray
    code: IntArray
    share: IntArray
    blocks: Blocks


def cell_values(codes: Codes, absent: Absent) -> CellValues:
    """Find the different values of each cell.

    Every vote counts the same here, whatever the models weigh: so the counts of the catalog need
    no weights, and add up over buckets and nights.

    Args:
        codes: [n_cells, n_models] int32.
        absent: How an n/a votes.
    """
    blocks = blocks_of(codes)
    votes = votes_of(codes, absent)
    has_vote = votes != MISSING
    n_voters = has_vote.sum(axis=1, dtype=np.int64)
    n_blocks = 1 + int(blocks.max(initial=-1))
    rows = [_nothing()]
    for block in range(n_blocks):
        own_rows = _of_block(codes, blocks, block, n_voters)
        rows.append(own_rows)
    all_rows = np.concatenate(rows, axis=1)
    cell, number, _, _ = all_rows
    order = np.lexsort((number, cell))
    cell, number, code, share = all_rows[:, order]
    return CellValues(
        cell=cell,
        block=number,
        code=code,
        share=share,
        blocks=blocks,
    )


def _of_block(codes: Codes, blocks: Blocks, block: int, n_voters: IntArray) -> IntArray:
    """[4, n] cell, block, code and share where this block gave a value."""
    in_block = blocks == block
    first_backer = in_block.argmax(axis=1)
    every_cell = np.arange(len(codes))
    code = codes[every_cell, first_backer].astype(np.int64)
    has_block = in_block.any(axis=1)
    gives_value = has_block & (code > ABSENT)
    cell = np.flatnonzero(gives_value)
    backers = in_block[cell]
    n_backers = backers.sum(axis=1, dtype=np.int64)
    share = _rounded_part(n_backers, n_voters[cell])
    number = np.full(len(cell), block)
    columns = [
        cell,
        number,
        code[cell],
        share,
    ]
    return np.stack(columns)


def _rounded_part(n_backers: IntArray, n_voters: IntArray) -> IntArray:
    """So many 1024ths of the voters; halves are rounded up."""
    return (2 * WHOLE * n_backers + n_voters) // (2 * n_voters)


def _nothing() -> IntArray:
    return np.zeros((4, 0), np.int64)
