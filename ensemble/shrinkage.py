"""Shares from few cells, drawn towards the share over all groups."""

from __future__ import annotations

import numpy as np

from .arrays import FloatArray


def shrink_to_pooled(cells: FloatArray, total: FloatArray, shrink: float) -> FloatArray:
    """The share of cells in a total, mixed with that of all groups, which counts as `shrink` cells.

    Args:
        cells: [n_groups, ...], at most `total`.
        total: [n_groups, ...].
        shrink: At least 0.

    Returns:
        [n_groups, ...]; the share of all groups where there is nothing else.
    """
    pooled_share = cells.sum(axis=0) / np.maximum(total.sum(axis=0), 1)
    denominator = total + shrink
    own_share = (cells + shrink * pooled_share) / np.where(denominator > 0, denominator, 1)
    return np.asarray(np.where(denominator > 0, own_share, pooled_share))
