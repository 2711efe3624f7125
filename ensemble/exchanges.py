"""Tests by exchange: how far apart would two sides be if who is on which side were chance?

Products are exchanged, not cells: a text that models read badly is read badly in several cells. The
largest distance of all signals decides, in the data and in every exchange, so that many models and
attributes raise no more alarms than one (Westfall and Young 1993). Exact for any distribution, and
the exchanges are drawn with a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .arrays import BoolArray, FloatArray, IntArray
from .drift_signals import CellVotes, DriftSignals

EXCHANGES = 4999
_AT_ONCE = 100
_HOPELESS = 3.0
"""Below this distance in standard deviations no exchange is drawn: one signal alone is as far off
by chance in 27 of 10,000 cases."""


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """How far each signal moved.

    Attributes:
        distance: [n_signals] in standard deviations, without sign.
        before: [n_signals] its mean before, in the mix of categories of now.
        after: [n_signals] its mean now.
        largest: The largest distances of the exchanges, ascending; empty where none was drawn.
    """

    __test__ = False  # pytest takes it for one of its own

    distance: FloatArray
    before: FloatArray
    after: FloatArray
    largest: FloatArray

    def alarms(self, false_alarm: float) -> list[int]:
        """The signals that moved more than all signals do by chance, but with this probability."""
        if not len(self.largest):
            return []
        n_exchanges = len(self.largest)
        n_nearer = np.searchsorted(self.largest, self.distance - 1e-9)
        n_as_far = n_exchanges - n_nearer
        probability = (1 + n_as_far) / (1 + n_exchanges)
        columns: list[int] = np.flatnonzero(probability <= false_alarm).tolist()
        return columns


def permute_products(cells: CellVotes, signals: DriftSignals, is_new: BoolArray) -> Test:
    """New products beside the others of their category, products changing sides within it.

    Args:
        cells: The cells.
        signals: Their signals.
        is_new: [n_cells], the cell's product is new.
    """
    strata = _numbers(cells.categories, cells.attributes)
    places, first_rows = _product_places(cells)
    new_products = is_new[first_rows]
    centred_values = _centre(signals.apart, strata)
    n_products = len(first_rows)
    sums = _sums(places, centred_values, n_products)
    sides = _Sides.of(cells.categories[first_rows], new_products)
    observed_sums = sums[new_products & sides.has_both].sum(axis=0)
    mean, deviation = sides.moments(sums)
    distance = _distances(observed_sums - mean, deviation)
    before, after = _means(signals.plain, strata, is_new)
    largest: list[FloatArray] = []
    if distance.max(initial=0.0) >= _HOPELESS:
        for chosen in sides.exchanges():
            exchanged_sums = chosen @ sums
            distances = _distances(exchanged_sums - mean, deviation)
            largest.append(distances.max(axis=1))
    return Test(distance, before, after, _ascending(largest))


def flip_signs(cells: CellVotes, earlier: DriftSignals, current: DriftSignals) -> Test:
    """The answers of now beside the earlier ones to the same cells; products change nights.

    Args:
        cells: The cells, in the order of both signals.
        earlier: What was measured on them.
        current: What is measured now.
    """
    movement = current.apart - earlier.apart
    places, first_rows = _product_places(cells)
    n_products = len(first_rows)
    sums = _sums(places, movement, n_products)
    has_moved = (sums != 0).any(axis=1)
    sums = sums[has_moved]
    variance = (sums**2).sum(axis=0)
    deviation = np.sqrt(variance)
    total = sums.sum(axis=0)
    distance = _distances(total, deviation)
    was_known = ~np.isnan(earlier.plain)
    is_known = ~np.isnan(current.plain)
    both = was_known & is_known
    before = _mean_where(both, earlier.plain)
    after = _mean_where(both, current.plain)
    largest: list[FloatArray] = []
    if distance.max(initial=0.0) >= _HOPELESS:
        luck = np.random.default_rng(0)
        for _ in range(0, EXCHANGES, _AT_ONCE):
            signs = luck.choice([-1.0, 1.0], (_AT_ONCE, len(sums)))
            distances = _distances(signs @ sums, deviation)
            largest.append(distances.max(axis=1))
    return Test(distance, before, after, _ascending(largest))


@dataclass(frozen=True, slots=True, eq=False)
class _Sides:
    """Which products are new, category by category.

    Attributes:
        members: For each category that has products of both sides, their places.
        n_new: How many of them are new.
        n_products: Products of all categories.
    """

    members: tuple[IntArray, ...]
    n_new: tuple[int, ...]
    n_products: int

    @classmethod
    def of(cls, categories: IntArray, is_new: BoolArray) -> _Sides:
        """The categories with products of both sides."""
        members = []
        n_new = []
        for category in np.unique(categories):
            places = np.flatnonzero(categories == category)
            n_new_here = int(is_new[places].sum())
            if 0 < n_new_here < len(places):
                members.append(places)
                n_new.append(n_new_here)
        return cls(tuple(members), tuple(n_new), len(categories))

    @property
    def has_both(self) -> BoolArray:
        """[n_products]: whether the product's category has products of both sides."""
        flags = np.zeros(self.n_products, np.bool_)
        for places in self.members:
            flags[places] = True
        return flags

    def moments(self, sums: FloatArray) -> tuple[FloatArray, FloatArray]:
        """[n_signals] mean and standard deviation of the new products' sum over all exchanges."""
        mean = np.zeros(sums.shape[1])
        variance = np.zeros(sums.shape[1])
        for places, n_new in zip(self.members, self.n_new, strict=True):
            own_sums = sums[places]
            n = len(places)
            n_others = n - n_new
            own_mean = own_sums.mean(axis=0)
            mean += n_new * own_mean
            spread = own_sums.var(axis=0, ddof=1)
            share = n_others / n
            variance += n_new * share * spread
        return mean, np.sqrt(variance)

    def exchanges(self) -> Iterator[FloatArray]:
        """Choices of as many products as are new: [_AT_ONCE, n_products], 1 where chosen."""
        luck = np.random.default_rng(0)
        for _ in range(0, EXCHANGES, _AT_ONCE):
            chosen = np.zeros((_AT_ONCE, self.n_products))
            for places, n_new in zip(self.members, self.n_new, strict=True):
                draws = luck.random((_AT_ONCE, len(places)))
                order = np.argpartition(draws, n_new - 1, axis=1)
                chosen_places = places[order[:, :n_new]]
                np.put_along_axis(chosen, chosen_places, 1.0, axis=1)
            yield chosen


def _product_places(cells: CellVotes) -> tuple[IntArray, IntArray]:
    """[n_cells] place of each cell's product, and [n_products] a row of each."""
    _, first_rows, places = np.unique(cells.products, return_index=True, return_inverse=True)
    return places, first_rows


def _numbers(*columns: IntArray) -> IntArray:
    """[n_cells]: equal where all columns are."""
    _, numbers = np.unique(np.stack(columns), axis=1, return_inverse=True)
    return np.asarray(numbers, np.int64)


def _sums(places: IntArray, values: FloatArray, n_places: int) -> FloatArray:
    """[n_places, n_signals]: sums of the rows of each place; nan counts as 0."""
    sums = np.zeros((n_places, values.shape[1]))
    np.add.at(sums, places, np.nan_to_num(values))
    return sums


def _centre(values: FloatArray, strata: IntArray) -> FloatArray:
    """The values, less the mean of their stratum; nan stays."""
    n_strata = int(strata.max(initial=-1)) + 1
    is_unknown = np.isnan(values)
    is_known = (~is_unknown).astype(np.float64)
    total = _sums(strata, values, n_strata)
    n_known = _sums(strata, is_known, n_strata)
    n_known = np.maximum(n_known, 1)
    mean = total / n_known
    return np.asarray(values - mean[strata])


def _means(
    values: FloatArray, strata: IntArray, is_new: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """[n_signals] mean of the others, in the mix of the new cells, and mean of the new cells."""
    n_strata = int(strata.max(initial=-1)) + 1
    is_unknown = np.isnan(values)
    is_known = (~is_unknown).astype(np.float64)
    new_strata = strata[is_new]
    new_total = _sums(new_strata, values[is_new], n_strata)
    n_new = _sums(new_strata, is_known[is_new], n_strata)
    is_other = ~is_new
    other_strata = strata[is_other]
    total = _sums(other_strata, values[is_other], n_strata)
    n_others = _sums(other_strata, is_known[is_other], n_strata)
    is_in_both = n_others > 0
    n_new = np.where(is_in_both, n_new, 0.0)
    new_total = np.where(is_in_both, new_total, 0.0)
    mean_of_others = total / np.maximum(n_others, 1)
    expected_total = n_new * mean_of_others
    n_in_all = n_new.sum(axis=0)
    n_in_all = np.maximum(n_in_all, 1)
    before = expected_total.sum(axis=0) / n_in_all
    after = new_total.sum(axis=0) / n_in_all
    return before, after


def _mean_where(rows: BoolArray, values: FloatArray) -> FloatArray:
    n_rows = rows.sum(axis=0)
    n_rows = np.maximum(n_rows, 1)
    known_values = np.where(rows, values, 0.0)
    total = known_values.sum(axis=0)
    return np.asarray(total / n_rows)


def _distances(sums: FloatArray, deviation: FloatArray) -> FloatArray:
    """In standard deviations, without sign; 0 where nothing varies."""
    is_constant = deviation < 1e-12
    distances = np.abs(sums) / np.where(is_constant, 1.0, deviation)
    return np.where(is_constant, 0.0, distances)


def _ascending(largest: list[FloatArray]) -> FloatArray:
    return np.sort(np.concatenate(largest)) if largest else np.zeros(0)
