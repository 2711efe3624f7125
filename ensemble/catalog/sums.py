"""Exact sums of whole numbers by key: added in any order, they are the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, IntArray
from ..product_hashes import Hashes


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """A table of sums.

    Attributes:
        keys: [n] int64, ascending.
        sums: [n] int64.
    """

    keys: IntArray
    sums: IntArray

    @classmethod
    def of(cls, keys: IntArray, parts: IntArray) -> Sums:
        """Add up the parts that have the same key."""
        different_keys, place = np.unique(keys, return_inverse=True)
        sums = np.zeros(len(different_keys), np.int64)
        np.add.at(sums, place, parts)
        return cls(different_keys, sums)

    @classmethod
    def counts(cls, keys: IntArray) -> Sums:
        """How often each key occurs."""
        different_keys, n = np.unique(keys, return_counts=True)
        return cls(different_keys, n.astype(np.int64))

    def at(self, keys: IntArray) -> IntArray:
        """The sums at some keys, 0 where there is none."""
        place, is_there = find(self.keys, keys)
        sums = np.zeros(len(keys), np.int64)
        own_place = place[is_there]
        sums[is_there] = self.sums[own_place]
        return sums


def find(sorted_keys: IntArray | Hashes, keys: IntArray | Hashes) -> tuple[IntArray, BoolArray]:
    """Where keys are in a sorted table, and whether they are there at all."""
    n_keys = len(sorted_keys)
    if not n_keys:
        nowhere = np.zeros(len(keys), np.int64)
        return nowhere, nowhere > 0
    place = np.searchsorted(sorted_keys, keys)
    place = np.minimum(place, n_keys - 1)
    is_there = sorted_keys[place] == keys
    return place, is_there


def pair_keys(one: IntArray, other: IntArray, n_others: int) -> IntArray:
    """One key for each pair of numbers; -1 where either is negative, which no table has.

    Args:
        one: [n].
        other: [n], each below `n_others`.
        n_others: How many there are.
    """
    key = one * n_others + other
    is_nothing = (one < 0) | (other < 0)
    return np.where(is_nothing, -1, key)
