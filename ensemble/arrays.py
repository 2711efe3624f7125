"""The numbers that stand for votes, and the array types that the whole folder uses."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

MISSING = -1
"""No usable answer."""
ABSENT = 0
"""The model looked and says n/a. A value is 1 and above."""

Absent = Literal["label", "missing"]
"""How an n/a votes (docs/design.md#votes)."""

Codes = npt.NDArray[np.int32]
"""[n_cells, n_models]: MISSING, ABSENT or a value's number.

Equal numbers in one row mean equal values.
Closed attribute: 1 + the value's place in the canonical list. Open attribute: any numbering that
holds within the batch.
"""
Blocks = npt.NDArray[np.signedinteger[Any]]
"""[n_patterns, n_models]: number of the block that a model's vote is in, -1 where it is missing.

A byte each, or two where `block_type` says so.

Blocks are numbered in the order of their first model (a restricted growth string), so block 0 holds
the first model that voted, and a lower block number means an earlier model in the config.
"""
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def block_type(n_models: int) -> type[np.int8] | type[np.int16]:
    """The smallest whole number that counts to one more than the models."""
    return np.int8 if n_models < np.iinfo(np.int8).max else np.int16


def votes_of(codes: Codes, absent: Absent) -> Codes:
    """The votes that count: with `absent: missing`, an n/a is no vote.

    Args:
        codes: [n_cells, n_models].
        absent: How an n/a votes.

    Returns:
        [n_cells, n_models]; `codes` itself where nothing changes.
    """
    return codes if absent == "label" else np.where(codes == ABSENT, np.int32(MISSING), codes)
