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
    pooled_total = total.sum(axis=0)
    pooled_share = cells.sum(axis=0) / np.maximum(pooled_total, 1)
    numerator = cells + shrink * pooled_share
    denominator = total + shrink
    has_cells = denominator > 0
    own_share = numerator / np.where(has_cells, denominator, 1)
    return np.asarray(np.where(has_cells, own_share, pooled_share))
