"""How often models disagree, by category and attribute: what is hard for one cell is for others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..configs.settings import Attribute
from .arrays import MISSING, Absent, BoolArray, Codes, FloatArray, IntArray, votes_of
from .catalog.signals import bounded_logit
from .groups import Pair
from .votes import AttributeVotes, BucketVotes, categories_of

PRIOR_CELLS = 10
"""So many cells count for how often models disagree anywhere."""
_BOUND = 1e-4


@dataclass
class Disagreement:
    """Counts the cells on which models disagree, bucket by bucket; whole numbers, in any order."""

    _cells: Counter[Pair] = field(default_factory=Counter)
    _disagreements: Counter[Pair] = field(default_factory=Counter)

    def add(self, bucket: BucketVotes, votes: AttributeVotes) -> None:
        """Count the cells of one attribute in one bucket."""
        self.count(categories_of(bucket, votes.rows), votes.attribute, votes.codes)

    def count(
        self, categories: npt.NDArray[np.object_], attribute: Attribute, codes: Codes
    ) -> None:
        """Count cells of one attribute.

        Args:
            categories: [n_cells].
            attribute: The attribute.
            codes: [n_cells, n_models].
        """
        has_vote, disagrees = vote_kinds(codes, attribute.absent)
        for category in np.unique(categories):
            pair = (str(category), attribute.name)
            is_own = categories == category
            self._cells[pair] += int(has_vote[is_own].sum())
            self._disagreements[pair] += int(disagrees[is_own].sum())

    def logits(self, pairs: Sequence[Pair], disagrees: BoolArray) -> FloatArray:
        """How often models disagree on the other cells of a cell's category and attribute.

        Args:
            pairs: [n_cells].
            disagrees: [n_cells], whether they do on the cell itself.

        Returns:
            [n_cells] logits.
        """
        n_cells = self._cells.total()
        n_disagreements = self._disagreements.total()
        overall = n_disagreements / max(n_cells, 1)
        cells = _counts_of(self._cells, pairs)
        disagreements = _counts_of(self._disagreements, pairs)
        other_cells = np.maximum(cells - 1, 0)
        other_disagreements = np.maximum(disagreements - disagrees, 0)
        expected = other_disagreements + PRIOR_CELLS * overall
        share = expected / (other_cells + PRIOR_CELLS)
        return bounded_logit(share, _BOUND)


def _counts_of(counts: Counter[Pair], pairs: Sequence[Pair]) -> IntArray:
    return np.array([counts[pair] for pair in pairs], np.int64)


def vote_kinds(codes: Codes, absent: Absent) -> tuple[BoolArray, BoolArray]:
    """[n_cells] twice: whether anybody votes on a cell, and whether models disagree there."""
    votes = votes_of(codes, absent)
    is_vote = votes != MISSING
    highest = votes.max(axis=1, initial=MISSING, keepdims=True)
    differs = is_vote & (votes != highest)
    return is_vote.any(axis=1), differs.any(axis=1)
