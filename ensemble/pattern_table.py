"""The patterns of all groups in one table: a round of learning is a few array operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .arrays import Blocks, BoolArray, FloatArray, IntArray
from .groups import Group, Pair
from .patterns import LabelCounts, PatternCounts, pattern_starts
from .shrinkage import shrink_to_pooled
from .weighted_vote import score_blocks, share_credit, winning_blocks

Places = npt.NDArray[np.intp]


class PatternTable:
    """The patterns of all parts of all groups, one after another.

    Args:
        groups: At least one.

    Attributes:
        pairs: The groups' (category, attribute).
        votes: [n_groups, n_models] float64, cells on which the model voted.
    """

    pairs: tuple[Pair, ...]
    votes: FloatArray

    def __init__(self, groups: Sequence[Group]) -> None:
        parts: list[PatternCounts] = []
        n_labels: list[int] = []
        pairs = []
        n_parts = []
        for group in groups:
            parts += group.parts
            n_labels += group.n_labels
            pairs.append(group.pair)
            n_parts.append(len(group.parts))
        cells = []
        blocks = []
        n_patterns = []
        for part in parts:
            cells.append(part.cells)
            blocks.append(part.blocks)
            n_patterns.append(len(part.blocks))
        self.pairs = tuple(pairs)
        self._group_of_part = _numbers(n_parts)
        self._part_of_pattern = _numbers(n_patterns)
        self._blocks = np.concatenate(blocks)
        self._cells = np.concatenate(cells).astype(np.float64)
        self._has_vote = self._blocks >= 0
        has_vote = self._has_vote.astype(np.float64)
        self._votes_per_part = self._sum_by_part(has_vote)
        self.votes = self._sum_by_group(self._votes_per_part)
        self._n_labels = np.array(n_labels, np.float64)
        self._chance_labels = _chance_labels(parts, self._blocks)

    def vote(self, weight: FloatArray, *, hard_ties: bool = False) -> FloatArray:
        """Step 2: who wins under these weights.

        Args:
            weight: [n_groups, n_models].
            hard_ties: As in `share_credit`.

        Returns:
            [n_patterns, n_models], what each block gets of the win.
        """
        weight = self._per_pattern(weight)
        scores = score_blocks(self._blocks, weight)
        winning = winning_blocks(self._blocks, weight, scores)
        return share_credit(winning, hard_ties=hard_ties)

    def has_weight(self, weight: FloatArray) -> BoolArray:
        """[n_patterns]: whether anybody who votes has a weight; weight: [n_groups, n_models]."""
        weighs = self._per_pattern(weight) != 0
        return np.asarray((self._has_vote & weighs).any(axis=1))

    def credit(self, win: FloatArray) -> FloatArray:
        """[n_groups, n_models]: cells in which the model voted for the winner.

        Where the winner tied, a cell counts in part.

        Args:
            win: What `vote` gave.
        """
        block = np.maximum(self._blocks, 0).astype(np.intp)
        own_win = np.take_along_axis(win, block, axis=1)
        own_win[~self._has_vote] = 0.0
        return self._sum_by_group(self._sum_by_part(own_win))

    def chance_credit(self, win: FloatArray) -> FloatArray:
        """[n_groups, n_models]: votes * sum_k p_i(k) q(k), the credit that chance alone would give.

        Args:
            win: What `vote` gave.
        """
        labels = self._chance_labels
        n_parts = len(self._n_labels)
        own_win = win[labels.pattern, labels.block]
        label_wins = labels.cells * own_win
        n_labels = len(labels.part)
        wins = np.bincount(labels.number, label_wins, n_labels)
        has_any_vote = self._has_vote.any(axis=1)
        decided_cells = self._cells * has_any_vote
        decisions = np.bincount(self._part_of_pattern, decided_cells, n_parts)
        decisions = np.maximum(decisions, 1)
        win_share = wins / decisions[labels.part]
        credit = labels.votes * win_share[:, None]
        credit_per_part = _sum_by(labels.part, credit, n_parts)
        return self._sum_by_group(credit_per_part)

    def uniform_chance(self) -> FloatArray:
        """[n_groups, n_models]: 1 / L.

        Over attributes of different L, that is the mean over the model's votes, or over attributes
        where it has none.
        """
        n_labels = self._n_labels[:, None]
        every_part = np.ones_like(self._votes_per_part)
        n_parts = self._sum_by_group(every_part)
        mean_of_parts = self._sum_by_group(1 / n_labels * every_part) / n_parts
        chance_votes = self._sum_by_group(self._votes_per_part / n_labels)
        mean_of_votes = chance_votes / np.maximum(self.votes, 1)
        return np.where(self.votes > 0, mean_of_votes, mean_of_parts)

    @property
    def cells(self) -> FloatArray:
        """[n_patterns]: how often each pattern occurs."""
        return self._cells

    def shrunk_share(self, cells: FloatArray, shrink: float) -> FloatArray:
        """Step 3: a share of votes, mixed with that of all groups, which counts as `shrink` votes.

        Args:
            cells: [n_groups, n_models], votes of some kind.
            shrink: Votes, at least 0.
        """
        return shrink_to_pooled(cells, self.votes, shrink)

    def nan_without_votes(self, share: FloatArray) -> FloatArray:
        """The same shares, nan for models that voted in no group."""
        return np.where(self.votes.sum(axis=0) > 0, share, np.nan)

    def _per_pattern(self, weight: FloatArray) -> FloatArray:
        """[n_patterns, n_models], from [n_groups, n_models]."""
        return weight[self._group_of_part[self._part_of_pattern]]

    def _sum_by_part(self, share: FloatArray) -> FloatArray:
        cells = share * self._cells[:, None]
        return _sum_by(self._part_of_pattern, cells, len(self._group_of_part))

    def _sum_by_group(self, cells: FloatArray) -> FloatArray:
        return _sum_by(self._group_of_part, cells, len(self.pairs))


@dataclass(frozen=True, slots=True, eq=False)
class _ChanceLabels:
    """What agrees by chance: every value of a closed attribute, absent of an open one.

    Rows are those of `LabelCounts` of all parts; labels are numbered over all parts.

    Attributes:
        number: [n_rows], the label's number.
        pattern: [n_rows], place of the pattern in the table.
        block: [n_rows], the block that says it.
        cells: [n_rows], how often.
        part: [n_labels], the part that a label belongs to.
        votes: [n_labels, n_models], how often a model says it.
    """

    number: Places
    pattern: IntArray
    block: IntArray
    cells: FloatArray
    part: IntArray
    votes: FloatArray


def _chance_labels(parts: Sequence[PatternCounts], blocks: Blocks) -> _ChanceLabels:
    """Number the labels of all parts, and count how often each model says them."""
    n_rows = []
    labels = []
    blocks_of_rows = []
    counts = []
    patterns = []
    for each in parts:
        rows = _labels_by_chance(each)
        n_rows.append(len(rows))
        labels.append(rows.label)
        blocks_of_rows.append(rows.block)
        counts.append(rows.cells)
        patterns.append(rows.pattern)
    part = _numbers(n_rows)
    label = np.concatenate(labels)
    block = np.concatenate(blocks_of_rows)
    cells = np.concatenate(counts).astype(np.float64)
    own_pattern = np.concatenate(patterns)
    pattern = own_pattern + pattern_starts(parts)[part]
    labels_per_part = 1 + int(label.max(initial=0))
    keys = part * labels_per_part + label
    occurring_keys, number = np.unique(keys, return_inverse=True)
    votes = np.empty((len(occurring_keys), blocks.shape[1]))
    for model in range(blocks.shape[1]):
        in_block = blocks[pattern, model] == block
        votes[:, model] = np.bincount(number, in_block * cells, len(occurring_keys))
    return _ChanceLabels(
        number=number,
        pattern=pattern,
        block=block,
        cells=cells,
        part=occurring_keys // labels_per_part,
        votes=votes,
    )


def _labels_by_chance(part: PatternCounts) -> LabelCounts:
    return part.labels if part.closed else part.labels.of_label(0)


def _numbers(sizes: Sequence[int]) -> Places:
    """The number of each member of a row of sets of these sizes: [2, 1] -> 0, 0, 1."""
    return np.repeat(np.arange(len(sizes)), sizes)


def _sum_by(key: Places, rows: FloatArray, n_keys: int) -> FloatArray:
    """[n_keys, n_models]: sums of rows with the same key, added in their order."""
    return np.stack([np.bincount(key, column, n_keys) for column in rows.T], axis=1)
