"""Which cells are worth labelling, and how many labelled cells each stands for.

The contract: docs/design.md#the-sample.

Four fifths of the sample come from cells where models disagree, since only there gold says who is
right; a fifth from those where they agree, since otherwise nothing is known about them. Both parts
are spread over the attributes in proportion. Everything is decided by hashes of product ids, so
that the same cache gives the same sample.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, IntArray

FROM_DISAGREEMENT = 0.8

Hashes = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """Cells of one attribute where models disagree, or where they agree; cells without any vote are in neither."""

    disagree: bool
    attribute: str

    @property
    def label(self) -> str:
        """As written in the column `stratum`."""
        return f"{self.attribute}:{'disagree' if self.disagree else 'agree'}"


def allocate(sizes: Mapping[Stratum, int], n: int, seed: int = 0) -> dict[Stratum, int]:
    """How many cells to draw from each stratum: every cell of one kind with the same probability.

    Both kinds are walked in equal steps through their attributes (systematic sampling), so that a
    stratum's part differs from its proportion by less than one cell, and small attributes are not
    left out for being small. Where one kind has too few cells, the other makes up for it.

    Args:
        sizes: Cells in each stratum.
        n: Cells wanted.
        seed: Where the walk starts.
    """
    total = {
        kind: sum(size for stratum, size in sizes.items() if stratum.disagree is kind)
        for kind in (True, False)
    }
    wanted = min(total[True], round(FROM_DISAGREEMENT * n))
    agreeing = min(total[False], n - wanted)
    parts = {True: min(total[True], n - agreeing), False: agreeing}
    drawn: dict[Stratum, int] = {}
    for kind, part in parts.items():
        strata = sorted(stratum for stratum in sizes if stratum.disagree is kind)
        drawn |= dict(
            zip(strata, _walk([sizes[s] for s in strata], part, f"{seed}:{kind}"), strict=True)
        )
    return drawn


def sampling_weight(
    sizes: Mapping[Stratum, int], drawn: Mapping[Stratum, int], disagree: bool
) -> float:
    """How many cells a drawn cell of this kind stands for, scaled so that the mean over the sample is 1."""
    part = sum(n for stratum, n in drawn.items() if stratum.disagree is disagree)
    size = sum(n for stratum, n in sizes.items() if stratum.disagree is disagree)
    return size / part * sum(drawn.values()) / sum(sizes.values()) if part else 0.0


def cell_hashes(product: Hashes, attribute: str, seed: int = 0) -> Hashes:
    """A hash of each cell, from hashes of its product and its attribute (splitmix64, Steele et al. 2014)."""
    with np.errstate(over="ignore"):
        mixed = product + np.uint64(_hash(f"{seed}:{attribute}"))
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))


def product_hashes(products: Sequence[str]) -> Hashes:
    """[n_products] uint64, from the ids alone."""
    return np.array([_hash(product) for product in products], np.uint64)


def smallest(hashes: Hashes, among: BoolArray, n: int) -> IntArray:
    """Places of the n cells with the smallest hashes among some; the draw within a stratum.

    The smallest of all are among the smallest of each batch, so batches can be drawn from one by
    one.
    """
    places = np.flatnonzero(among)
    return places[np.argsort(hashes[places], kind="stable")[:n]].astype(np.int64)


def product_folds(products: Hashes, n_folds: int = 5) -> IntArray:
    """[n_cells] fold of each cell, by product: all cells of a product are in one fold, and folds differ by one product.

    Args:
        products: [n_cells] uint64, hash of each cell's product.
        n_folds: At most as many folds as there are products are used.
    """
    unique, place = np.unique(products, return_inverse=True)
    return (np.arange(len(unique)) % n_folds)[place].astype(np.int64)


def _walk(sizes: Sequence[int], n: int, seed: str) -> list[int]:
    """Split n over strata by equal steps along their sizes."""
    total = sum(sizes)
    if not n:
        return [0] * len(sizes)
    start = _hash(seed) / 2**64
    marks = np.floor((np.arange(n) + start) * total / n)
    ends = np.cumsum(sizes)
    found = np.searchsorted(ends, marks, side="right")
    return np.bincount(found, minlength=len(sizes)).tolist()  # type: ignore[no-any-return]


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
