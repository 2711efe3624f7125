"""The rank-one start of `chance: observed`: how good each model is, read from how pairs of models agree.

If models err independently, the chance-corrected agreement of two of them is the product of their
own qualities, kappa_ij = r_i r_j (docs/design.md#the-rank-one-start). Fitting r to the pairs needs
no vote, so lazy models that agree with each other by chance cannot outvote the good ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

import numpy as np

from .arrays import BoolArray, FloatArray
from .groups import Group
from .patterns import PatternCounts

FLOOR = 0.02
"""Smallest 1 - chance that anything is divided by."""
CAP = 0.98
"""Largest quality of a model; keeps the logarithm of the start finite."""
_SWEEPS, _START, _FEWEST_COMMON = 200, 0.7, 5


@dataclass(frozen=True, slots=True, eq=False)
class Agreement:
    """How pairs of models agree, for each group and over all groups; symmetric, 0 on the diagonal.

    Attributes:
        common: [n_groups, n_models, n_models], cells where both voted.
        agree: [n_groups, n_models, n_models], cells where both voted the same.
        chance: [n_groups, n_models, n_models], cells where both would vote the same by chance
            alone.
    """

    common: FloatArray
    agree: FloatArray
    chance: FloatArray

    @classmethod
    def of(cls, groups: Sequence[Group]) -> Agreement:
        """Count agreement in every group, and by chance in each of its parts."""
        n = groups[0].parts[0].n_models
        tables = [[_pairs(part) for part in group.parts] for group in groups]
        summed = np.array([np.sum(parts, axis=0) for parts in tables]).reshape(len(groups), 3, n, n)
        return cls(summed[:, 0], summed[:, 1], summed[:, 2])

    @property
    def known(self) -> BoolArray:
        """[n_models, n_models]: pairs with enough common cells, over all groups, to be judged."""
        return np.asarray(self.common.sum(axis=0) >= _FEWEST_COMMON)

    def kappa(self, shrink: float) -> FloatArray:
        """[n_groups, n_models, n_models]: agreement beyond chance, shrunk to all groups by `shrink` common cells."""
        observed = _mix(self.agree, self.common, shrink)
        chance = _mix(self.chance, self.common, shrink)
        return (observed - chance) / np.maximum(1 - chance, FLOOR)

    def pooled(self) -> Agreement:
        """All groups as one."""
        return Agreement(
            *(a.sum(axis=0, keepdims=True) for a in (self.common, self.agree, self.chance))
        )


def rank_one_start(agreement: Agreement, shrink: float) -> FloatArray:
    """The weights from which `chance: observed` starts: v_i = log((1 + r_i) / (1 - r_i)); all 1 where all are 0.

    Returns:
        [n_groups, n_models] float64, >= 0.
    """
    quality = np.array([fit_rank_one(kappa, agreement.known) for kappa in agreement.kappa(shrink)])
    return ones_where_all_zero(np.log((1 + quality) / (1 - quality)))


def fit_rank_one(kappa: FloatArray, known: BoolArray) -> FloatArray:
    """Fit r_i r_j to kappa_ij: the r in [0, .98] with the smallest sum of squares over known pairs.

    200 sweeps of coordinate updates from .7, as the contract says.
    The order of the coordinates matters only where the minimum is not unique (two models, say: any
    r_1 r_2 = kappa_12). So that the models' order in the config decides nothing even there, they
    are visited by falling sum of kappa, and models with the same sum move together, half-way, all
    sums being exactly rounded. A model none of whose pairs is known keeps .7; one whose partners
    all ended at 0 has nothing that speaks for it and gets 0.

    Args:
        kappa: [n_models, n_models] symmetric.
        known: [n_models, n_models], pairs that count.

    Returns:
        [n_models] float64.
    """
    n = len(kappa)
    pairs = [
        [(j, float(kappa[i, j])) for j in range(n) if j != i and known[i, j]] for i in range(n)
    ]
    quality = [_START] * n
    order = _visit([fsum(k for _, k in pairs[i]) for i in range(n)])
    for _ in range(_SWEEPS):
        before = quality.copy()
        for together in order:
            moves = [_best_coordinate(pairs[i], quality, quality[i]) for i in together]
            for i, move in zip(together, moves, strict=True):
                quality[i] = move if len(together) == 1 else (quality[i] + move) / 2
        if quality == before:
            break
    supported = [not pairs[i] or any(quality[j] > 0 for j, _ in pairs[i]) for i in range(n)]
    return np.where(supported, quality, 0.0)


def ones_where_all_zero(weight: FloatArray) -> FloatArray:
    """[n_groups, n_models]: where a group's weights are all 0, all are 1.

    What is below 1e-12 is 0: rounding must not decide whether a model that agrees as chance would
    has a weight.
    """
    weight = np.where(weight < 1e-12, 0.0, weight)
    return np.where((weight == 0).all(axis=1, keepdims=True), 1.0, weight)


def _pairs(part: PatternCounts) -> FloatArray:
    """[3, n_models, n_models]: common cells, agreeing cells, cells agreeing by chance, of one attribute."""
    voted = (part.blocks >= 0).astype(np.float64)
    common = (voted * part.cells[:, None]).T @ voted
    agree = np.zeros_like(common)
    for i in range(part.n_models):
        same = (part.blocks == part.blocks[:, i : i + 1]) & (part.blocks >= 0)
        agree[i] = (same * part.cells[:, None]).sum(axis=0)
    chance = np.zeros_like(common)
    for label in np.unique(part.labels[:, 2]) if part.closed else [0]:
        pattern, block, _, cells = part.labels[part.labels[:, 2] == label].T
        says = (part.blocks[pattern] == block[:, None]) * cells[:, None].astype(np.float64)
        said = says.T @ voted[pattern]  # [i, j]: how often i says the label where j votes too
        chance += said * said.T / np.maximum(common, 1)
    apart = 1 - np.eye(part.n_models)
    return np.asarray(np.stack([common, agree, chance]) * apart)


def _mix(cells: FloatArray, common: FloatArray, shrink: float) -> FloatArray:
    """A share of common cells, mixed with that of all groups, which counts as `shrink` common cells."""
    pooled = cells.sum(axis=0) / np.maximum(common.sum(axis=0), 1)
    weight = common + shrink
    return np.asarray(
        np.where(weight > 0, (cells + shrink * pooled) / np.where(weight > 0, weight, 1), pooled)
    )


def _best_coordinate(pairs: list[tuple[int, float]], quality: list[float], stay: float) -> float:
    """Where the sum of squares is smallest along one coordinate; where it is flat, the coordinate stays."""
    below = fsum(quality[j] ** 2 for j, _ in pairs)
    if below == 0:
        return stay
    return min(max(fsum(k * quality[j] for j, k in pairs) / below, 0.0), CAP)


def _visit(total: list[float]) -> list[list[int]]:
    """Coordinates by falling total; equal totals (but for rounding) together."""
    order: list[list[int]] = []
    for i in sorted(range(len(total)), key=lambda i: -total[i]):
        if order and total[order[-1][-1]] - total[i] <= 1e-9:
            order[-1].append(i)
        else:
            order.append([i])
    return order
