"""What the models said on cells whose true value is known: the data that the stack and the confidence are fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from ..patterns import blocks_of
from ..weighted_vote import filled


@dataclass(frozen=True, slots=True, eq=False)
class GoldVotes:
    """Votes on gold cells of any attributes, free of what the values are.

    Attributes:
        blocks: [n_cells, n_models] int8, block numbers, -1 where missing.
        right: [n_cells, n_models] bool, the model's vote is an accepted value.
        tilted: [n_cells, n_models] bool, the model's vote is the value that the tilt belongs to.
        weight: [n_cells] float64 > 0, sampling weights.
    """

    blocks: Blocks
    right: BoolArray
    tilted: BoolArray
    weight: FloatArray

    @property
    def n_blocks(self) -> IntArray:
        """[n_cells] int: different values voted for."""
        return np.asarray(filled(self.blocks).sum(axis=1, dtype=np.int64))

    @property
    def codes(self) -> Codes:
        """[n_cells, n_models] int32 that agree as the votes do: the tilted value is ABSENT, other blocks number + 1."""
        votes = np.where(self.blocks < 0, np.int32(MISSING), self.blocks.astype(np.int32) + 1)
        return np.where(self.tilted, np.int32(ABSENT), votes)

    def rows(self, keep: BoolArray) -> GoldVotes:
        """Some of the cells."""
        return GoldVotes(self.blocks[keep], self.right[keep], self.tilted[keep], self.weight[keep])


def gold_votes(
    codes: Codes,
    accepted: Sequence[Sequence[int]],
    *,
    absent: Absent,
    mark: int | None,
    weight: FloatArray | None = None,
) -> GoldVotes:
    """Gold cells of one attribute.

    Args:
        codes: [n_cells, n_models] int32.
        accepted: For each cell, the codes that are right: ABSENT where the gold is n/a; a code that
            no model gave (as -2) is right for nobody.
        absent: How an n/a votes.
        mark: The tilted code.
        weight: [n_cells] sampling weights; all 1 where left out.
    """
    votes = votes_of(codes, absent)
    width = max((len(values) for values in accepted), default=1)
    table = np.array(
        [[*values, *[-2] * (width - len(values))] for values in accepted], np.int32
    ).reshape(-1, width)
    right = (votes[:, :, None] == table[:, None, :]).any(axis=2)
    tilted = np.zeros(votes.shape, np.bool_) if mark is None else votes == mark
    return GoldVotes(
        blocks_of(votes), right, tilted, np.ones(len(votes)) if weight is None else weight
    )


def join(parts: Sequence[GoldVotes]) -> GoldVotes:
    """Gold cells of several attributes as one."""
    return GoldVotes(
        np.concatenate([part.blocks for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.tilted for part in parts]),
        np.concatenate([part.weight for part in parts]),
    )
