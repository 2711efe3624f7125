"""What the models said on cells whose true value is known: what is fitted and calibrated with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from ..arrays import (
    ABSENT,
    MISSING,
    Absent,
    Blocks,
    BoolArray,
    Codes,
    FloatArray,
    IntArray,
    votes_of,
)
from ..blocks import blocks_of, nonempty_blocks
from ..catalog.signals import N_SIGNALS, Signals

NOBODY = -2
"""Code of an accepted value that no model gave."""


@dataclass(frozen=True, slots=True, eq=False)
class GoldVotes:
    """Votes on gold cells of any attributes, free of what the values are.

    Attributes:
        blocks: [n_cells, n_models], block numbers, -1 where missing.
        right: [n_cells, n_models] bool, the model's vote is an accepted value.
        tilted_votes: [n_cells, n_models] bool, the model's vote is the value that the tilt belongs
            to.
        weight: [n_cells] float64 > 0, sampling weights.
        attribute: [n_cells] number of the cell's attribute, in the order of the config.
        signals: [n_cells, n_models, 3], what the catalog says of each vote, as it differs between
            the values of a cell; all 0 where it says nothing.
    """

    blocks: Blocks
    right: BoolArray
    tilted_votes: BoolArray
    weight: FloatArray
    attribute: IntArray
    signals: FloatArray

    @property
    def n_blocks(self) -> IntArray:
        """[n_cells] int: different values voted for."""
        return np.asarray(nonempty_blocks(self.blocks).sum(axis=1, dtype=np.int64))

    @property
    def codes(self) -> Codes:
        """[n_cells, n_models] int32 that agree as the votes do.

        The tilted value is ABSENT, other blocks are number + 1.
        """
        codes = codes_of_blocks(self.blocks)
        codes[self.tilted_votes] = ABSENT
        return codes

    def rows(self, keep: BoolArray) -> GoldVotes:
        """Some of the cells."""
        return GoldVotes(*(getattr(self, each.name)[keep] for each in fields(self)))

    @property
    def catalog_signals(self) -> Signals:
        """What the catalog says, as cells are decided with it."""
        n_cells, n_models = self.blocks.shape
        own_place = np.tile(np.arange(n_models), (n_cells, 1))
        return Signals(own_place, self.signals)


def gold_votes(
    codes: Codes,
    accepted_codes: Sequence[Sequence[int]],
    *,
    absent: Absent,
    tilted_code: int | None,
    weight: FloatArray | None = None,
    attribute: int = 0,
) -> GoldVotes:
    """Gold cells of one attribute.

    Args:
        codes: [n_cells, n_models] int32.
        accepted_codes: For each cell, the codes that are right: ABSENT where the gold is n/a,
            NOBODY where no model gave the value.
        absent: How an n/a votes.
        tilted_code: The value that the tilt belongs to.
        weight: [n_cells] sampling weights; all 1 where left out.
        attribute: Its number, in the order of the config.
    """
    votes = votes_of(codes, absent)
    no_tilt = np.zeros(votes.shape, np.bool_)
    return GoldVotes(
        blocks=blocks_of(votes),
        right=is_accepted(votes, accepted_codes),
        tilted_votes=no_tilt if tilted_code is None else votes == tilted_code,
        weight=np.ones(len(votes)) if weight is None else weight,
        attribute=np.full(len(votes), attribute),
        signals=np.zeros((*votes.shape, N_SIGNALS)),
    )


def codes_of_blocks(blocks: Blocks) -> Codes:
    """[n_rows, n_models] int32: codes that agree as the blocks do, each its block's number + 1."""
    codes = blocks.astype(np.int32) + 1
    codes[blocks < 0] = MISSING
    return codes


def is_accepted(codes: Codes, accepted_codes: Sequence[Sequence[int]]) -> BoolArray:
    """[n_cells, n_models]: whether a code is one of those that are right on its cell.

    Args:
        codes: [n_cells, n_models] int32.
        accepted_codes: For each cell, the codes that are right.
    """
    is_right = np.zeros(codes.shape, np.bool_)
    for row, own_codes in enumerate(accepted_codes):
        for code in own_codes:
            is_right[row] |= codes[row] == code
    return is_right


def join(parts: Sequence[GoldVotes]) -> GoldVotes:
    """Gold cells of several attributes as one."""
    columns = []
    for each in fields(GoldVotes):
        columns.append(np.concatenate([getattr(part, each.name) for part in parts]))
    return GoldVotes(*columns)
