"""What the agreement of two models with all others explains of their agreement with each other.

For every pair the rank-one fit is repeated without that pair (docs/design.md#honesty): of 130
models, 8,385 fits. They differ by one pair each, so all start from the fit to all pairs, and a
coordinate of all of them is moved by one product of matrices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .arrays import BoolArray, FloatArray, IntArray
from .rank_one import CAP, START, SWEEPS, fit_rank_one, turns

_STILL = 1e-7
"""Fits whose qualities move by less than this have come to rest."""
_FLAT = 1e-12


def explain_pairs(kappa: FloatArray, enough: BoolArray) -> FloatArray:
    """What r_i r_j is where r is fitted to all pairs but (i, j).

    Args:
        kappa: [n_models, n_models] symmetric.
        enough: [n_models, n_models], pairs that count.

    Returns:
        [n_models, n_models] float64 above the diagonal; nan elsewhere, and where a pair does not
        count.
    """
    fits = _Fits.to_all_pairs(kappa, enough)
    sums = fits.kappa.sum(axis=0)
    [turn] = turns(sums[None])
    last_turn = int(turn.max(initial=-1))
    order = []
    for now in range(last_turn + 1):
        models_of_turn = np.flatnonzero(turn == now)
        order.append(models_of_turn.tolist())
    moving = np.arange(len(fits.first))
    for _ in range(SWEEPS):
        if not len(moving):
            break
        part = fits.select(moving)
        for models in order:
            part.move(models)
        difference = part.quality - fits.quality[:, moving]
        movement = np.abs(difference).max(axis=0, initial=0.0)
        fits.quality[:, moving] = part.quality
        still_moves = movement > _STILL
        moving = moving[still_moves]
    return fits.products()


@dataclass(frozen=True, slots=True, eq=False)
class _Fits:
    """One fit for each pair that is left out.

    Attributes:
        first: [n_fits], the first model of the pair.
        second: [n_fits], the second.
        quality: [n_models, n_fits], r.
        squares: [n_models, n_fits], its squares, since to take them anew is most of the work.
        kappa: [n_models, n_models], 0 for pairs that do not count.
        counts: [n_models, n_models], 1 for pairs that count, else 0.
    """

    first: IntArray
    second: IntArray
    quality: FloatArray
    squares: FloatArray
    kappa: FloatArray
    counts: FloatArray

    @classmethod
    def to_all_pairs(cls, kappa: FloatArray, enough: BoolArray) -> _Fits:
        """The fits before anything is moved: that to all pairs, for each of them."""
        off_diagonal = enough & ~np.eye(len(kappa), dtype=np.bool_)
        first, second = np.nonzero(np.triu(off_diagonal))
        [quality_of_all] = fit_rank_one(kappa[None], off_diagonal)
        n_fits = len(first)
        quality = np.repeat(quality_of_all[:, None], n_fits, axis=1)
        n_partners = off_diagonal.sum(axis=1)
        for model in (first, second):
            n_own_partners = n_partners[model]
            is_alone = np.flatnonzero(n_own_partners == 1)
            lone_models = model[is_alone]
            quality[lone_models, is_alone] = START
        counted_kappa = np.where(off_diagonal, kappa, 0.0)
        return cls(
            first=first,
            second=second,
            quality=quality,
            squares=quality**2,
            kappa=counted_kappa,
            counts=off_diagonal.astype(np.float64),
        )

    def select(self, places: IntArray) -> _Fits:
        """Copies of some of the fits."""
        return _Fits(
            self.first[places],
            self.second[places],
            self.quality[:, places],
            self.quality[:, places] ** 2,
            self.kappa,
            self.counts,
        )

    def move(self, models: list[int]) -> None:
        """Move one coordinate of each fit to its best place, or several half-way there."""
        goals = [self._best_quality(model) for model in models]
        is_alone = len(models) == 1
        for model, goal in zip(models, goals, strict=True):
            half_way = (self.quality[model] + goal) / 2
            self.quality[model] = goal if is_alone else half_way
            self.squares[model] = self.quality[model] ** 2

    def products(self) -> FloatArray:
        """[n_models, n_models]: r_i r_j of each fit's own pair, nan for all other pairs."""
        explained = np.full(self.kappa.shape, np.nan)
        places = np.arange(len(self.first))
        first_quality = self.quality[self.first, places]
        second_quality = self.quality[self.second, places]
        explained[self.first, self.second] = first_quality * second_quality
        return explained

    def _best_quality(self, model: int) -> FloatArray:
        """[n_fits]: where the sum of squares is smallest along one coordinate.

        Where it is flat, that is the present place.
        """
        products = self.kappa[model] @ self.quality
        squares = self.counts[model] @ self.squares
        sides = [
            (self.first, self.second),
            (self.second, self.first),
        ]
        for own, other in sides:
            is_own = np.flatnonzero(own == model)
            partner = other[is_own]
            own_kappa = self.kappa[model, partner]
            own_quality = self.quality[partner, is_own]
            own_squares = self.squares[partner, is_own]
            products[is_own] -= own_kappa * own_quality
            squares[is_own] -= own_squares
        is_flat = squares < _FLAT
        divisor = np.where(is_flat, 1.0, squares)
        goal = np.clip(products / divisor, 0.0, CAP)
        present = self.quality[model]
        return np.asarray(np.where(is_flat, present, goal))
