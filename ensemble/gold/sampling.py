"""Which cells are worth labelling, and how many labelled cells each stands for.

The contract: docs/design.md#the-sample.

Four fifths of the sample, or as many as in the catalog where that is more, come from cells where
models disagree, since only there gold says who is right; the others from those where they agree,
since otherwise nothing is known about them. Both parts
are spread over the attributes in proportion. Everything is decided by hashes of product ids, so
that the same cache gives the same sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, IntArray
from ..product_hashes import Hashes, text_hash

FROM_DISAGREEMENT = 0.8
"""The least share of the sample that comes from cells where models disagree."""


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """Cells of one attribute where models disagree, or where they agree.

    Cells without any vote are in neither.
    """

    disagree: bool
    attribute: str

    @property
    def label(self) -> str:
        """As written in the column `stratum`."""
        kind = "disagree" if self.disagree else "agree"
        return f"{self.attribute}:{kind}"


def allocate(sizes: Mapping[Stratum, int], n: int, seed: int = 0) -> dict[Stratum, int]:
    """How many cells to draw from each stratum: every cell of one kind with the same probability.

    Both kinds are walked in equal steps through their attributes (systematic sampling), so that a
    stratum's part differs from its proportion by less than one cell, and small attributes are not
    left out for being small. Where one kind has too few cells, the other makes up for it.

    Args:
        sizes: Cells in each stratum.
        n: Cells to draw in all, if there are so many.
        seed: Where the walk starts.
    """
    n_disagreeing = _cells_of_kind(sizes, disagree=True)
    n_agreeing = _cells_of_kind(sizes, disagree=False)
    n_cells = max(n_disagreeing + n_agreeing, 1)
    share = max(FROM_DISAGREEMENT, n_disagreeing / n_cells)
    from_disagreement = min(n_disagreeing, round(share * n))
    from_agreement = min(n_agreeing, n - from_disagreement)
    from_disagreement = min(n_disagreeing, n - from_agreement)
    return {
        **_allocate_kind(sizes, from_disagreement, seed, disagree=True),
        **_allocate_kind(sizes, from_agreement, seed, disagree=False),
    }


def sampling_weight(
    sizes: Mapping[Stratum, int], sample_sizes: Mapping[Stratum, int], disagree: bool
) -> float:
    """How many cells a drawn cell of this kind stands for, scaled to a mean of 1 over the sample.

    Args:
        sizes: Cells in each stratum.
        sample_sizes: Cells drawn from each.
        disagree: The kind: where models disagree, or where they agree.
    """
    n_sample = _cells_of_kind(sample_sizes, disagree=disagree)
    n_cells = _cells_of_kind(sizes, disagree=disagree)
    if not n_sample:
        return 0.0
    return n_cells / n_sample * sum(sample_sizes.values()) / sum(sizes.values())


def cell_hashes(product: Hashes, attribute: str, seed: int = 0) -> Hashes:
    """A hash of each cell, from hashes of its product and its attribute.

    The mixing is splitmix64 (Steele et al. 2014).
    """
    with np.errstate(over="ignore"):
        bits = product + np.uint64(text_hash(f"{seed}:{attribute}"))
        bits ^= bits >> np.uint64(30)
        bits *= np.uint64(0xBF58476D1CE4E5B9)
        bits ^= bits >> np.uint64(27)
        bits *= np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
    return bits


def smallest_hashes(hashes: Hashes, among: BoolArray, n: int) -> IntArray:
    """Places of the n cells with the smallest hashes among some; the draw within a stratum.

    The smallest of all are among the smallest of each batch, so batches can be drawn from one by
    one.
    """
    places = np.flatnonzero(among)
    return places[np.argsort(hashes[places], kind="stable")[:n]].astype(np.int64)


def product_folds(products: Hashes, n_folds: int = 5) -> IntArray:
    """[n_cells] fold of each cell, by product: all cells of a product are in one fold.

    Folds differ by one product at most.

    Args:
        products: [n_cells] uint64, hash of each cell's product.
        n_folds: At most as many folds as there are products are used.
    """
    different_products, place = np.unique(products, return_inverse=True)
    fold_of_product = np.arange(len(different_products)) % n_folds
    return fold_of_product[place].astype(np.int64)


def _cells_of_kind(sizes: Mapping[Stratum, int], *, disagree: bool) -> int:
    return sum(size for stratum, size in sizes.items() if stratum.disagree is disagree)


def _allocate_kind(
    sizes: Mapping[Stratum, int], n: int, seed: int, *, disagree: bool
) -> dict[Stratum, int]:
    """Split n cells over the strata of one kind."""
    strata = sorted(stratum for stratum in sizes if stratum.disagree is disagree)
    own_sizes = [sizes[stratum] for stratum in strata]
    start = f"{seed}:{disagree}"
    parts = _walk(own_sizes, n, start)
    return dict(zip(strata, parts, strict=True))


def _walk(sizes: Sequence[int], n: int, seed: str) -> list[int]:
    """Split n over strata by equal steps along their sizes."""
    if not n:
        return [0] * len(sizes)
    start = text_hash(seed) / 2**64
    position = np.arange(n) + start
    steps = np.floor(position * sum(sizes) / n)
    stratum_ends = np.cumsum(sizes)
    strata = np.searchsorted(stratum_ends, steps, side="right")
    counts: list[int] = np.bincount(strata, minlength=len(sizes)).tolist()
    return counts
