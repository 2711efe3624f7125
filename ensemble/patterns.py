"""Agreement patterns: which models agree, how often, and what the agreeing blocks say.

Why counting patterns is exact, and not an approximation: a cell enters the learning of weights
(docs/design.md#learning-without-labels, steps 2 to 4) only through (a) which models voted the
same, which decides the scores, the winner, the ties and every model's credit, and (b) for `chance:
observed` and the rank-one start, how often a model, or the winner, says each value. Cells with the
same pattern have the same winning blocks whatever the weights are, so sums over cells are sums over
patterns times their counts; and (b) needs only how often a block of a pattern says a value, summed
over models and patterns, never two blocks at once. So the table holds all that any round of
learning can ask, and the counts, being whole numbers, add up without rounding: over buckets,
machines and nights. The tilted block of the stack is known as well: at most one block of a cell is
absent, so "pattern p with block b absent" occurs exactly as often as block b of p says absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from .arrays import (
    ABSENT,
    Absent,
    Blocks,
    BoolArray,
    Codes,
    IntArray,
    block_type,
    votes_of,
)
from .blocks import DIRECT_TABLE, PatternNumbers, blocks_of, number_patterns

CHUNK = 1 << 17
"""Cells counted at once: their columns stay near the processor, and memory stays flat."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelCounts:
    """How often the blocks of patterns say each label; one row per pattern, block and label.

    Attributes:
        pattern: [n_rows] int64, row of `PatternCounts.blocks`.
        block: [n_rows] int64, a block of that pattern.
        label: [n_rows] int64: 0 for absent, else the value's number; 1 for all values of an open
            attribute.
        cells: [n_rows] int64, how often.
    """

    pattern: IntArray
    block: IntArray
    label: IntArray
    cells: IntArray

    def __len__(self) -> int:
        return len(self.cells)

    def rows(self, keep: BoolArray) -> LabelCounts:
        """Some of the rows."""
        return LabelCounts(self.pattern[keep], self.block[keep], self.label[keep], self.cells[keep])

    def of_label(self, label: int) -> LabelCounts:
        """The rows of one label."""
        return self.rows(self.label == label)


@dataclass(frozen=True, slots=True, eq=False)
class PatternCounts:
    """How often each agreement pattern occurs, and what its blocks say; adding two merges them.

    Patterns are in sorted order and so are the rows of `labels`: the same counts give the same
    arrays, and the same bits in whatever is computed from them.

    Attributes:
        closed: Whether a label is the value's number (closed attribute), or only absent or not
            (open attribute).
        blocks: [n_patterns, n_models], block numbers, -1 where missing.
        cells: [n_patterns] int64, cells with this pattern.
        labels: What the blocks say.
        absent: [n_models] int64, how often a model said n/a, also where an n/a is no vote.
    """

    closed: bool
    blocks: Blocks
    cells: IntArray
    labels: LabelCounts
    absent: IntArray

    @property
    def n_models(self) -> int:
        """Number of models, those that never voted included."""
        return int(self.blocks.shape[1])

    @property
    def n_cells(self) -> int:
        """Number of cells counted, those without any vote included."""
        return int(self.cells.sum())

    def __add__(self, other: PatternCounts) -> PatternCounts:
        """Merge the counts of two buckets, machines or nights of one attribute."""
        return merge_counts((self, other))


def count_patterns(codes: Codes, *, closed: bool, absent: Absent = "label") -> PatternCounts:
    """Count the agreement patterns of a batch of cells of one attribute.

    Args:
        codes: [n_cells, n_models] int32.
        closed: Whether the attribute has a list of values; decides what a label is.
        absent: How an n/a votes.
    """
    n_cells, n_models = codes.shape
    parts = [_no_counts(n_models, closed)]
    for start in range(0, n_cells, CHUNK):
        parts.append(_count_chunk(codes[start : start + CHUNK], closed, absent))
    return merge_counts(parts)


def merge_counts(parts: Iterable[PatternCounts]) -> PatternCounts:
    """Add up the counts of one attribute from any number of buckets, machines or nights.

    Args:
        parts: At least one, all of the same models in the same order.
    """
    parts = list(parts)
    if len(parts) == 1:
        return parts[0]
    every_block = np.concatenate([part.blocks for part in parts])
    every_count = np.concatenate([part.cells for part in parts])
    blocks, place = np.unique(every_block, axis=0, return_inverse=True)
    cells = np.zeros(len(blocks), np.int64)
    np.add.at(cells, place, every_count)
    rows = []
    for start, part in zip(pattern_starts(parts), parts, strict=True):
        labels = part.labels
        pattern = place[labels.pattern + start]
        rows.append([pattern, labels.block, labels.label, labels.cells])
    return PatternCounts(
        closed=parts[0].closed,
        blocks=blocks,
        cells=cells,
        labels=_add_up(np.concatenate(rows, axis=1)),
        absent=np.sum([part.absent for part in parts], axis=0),
    )


def pattern_starts(parts: Sequence[PatternCounts]) -> IntArray:
    """[n_parts]: where each part's patterns begin, if all parts stand one after another."""
    sizes = [len(part.blocks) for part in parts]
    return np.cumsum([0, *sizes[:-1]])


def _count_chunk(codes: Codes, closed: bool, absent: Absent) -> PatternCounts:
    columns = np.ascontiguousarray(codes.T)
    absent_votes = np.count_nonzero(columns == ABSENT, axis=1).astype(np.int64)
    columns = votes_of(columns, absent)
    numbers, examples = number_patterns(columns)
    blocks = blocks_of(columns[:, examples].T)
    labels = []
    for model in range(len(columns)):
        label = columns[model] if closed else np.minimum(columns[model], 1)
        labels.append(_count_labels(label, numbers, blocks, model))
    return PatternCounts(
        closed=closed,
        blocks=blocks,
        cells=np.bincount(numbers, minlength=len(blocks)),
        labels=LabelCounts(*np.concatenate(labels, axis=1)),
        absent=absent_votes,
    )


def _count_labels(label: Codes, numbers: PatternNumbers, blocks: Blocks, model: int) -> IntArray:
    """[4, n_rows] rows of `LabelCounts` for the blocks whose first model is this one.

    Args:
        label: [n_cells], what the model says.
        numbers: [n_cells], each cell's pattern.
        blocks: [n_patterns, n_models].
        model: The model's place.
    """
    n_labels = int(label.max(initial=0)) + 2
    label_from_0 = label + 1
    keys = numbers * n_labels + label_from_0
    n_keys = len(blocks) * n_labels
    occurring_keys, cells = _count_keys(keys, n_keys)
    pattern = occurring_keys // n_labels
    own_block = blocks[:, model]
    earlier_blocks = blocks[:, :model]
    is_other = earlier_blocks != own_block[:, None]
    is_first = is_other.all(axis=1)
    leads_block = is_first & (own_block >= 0)
    keep = leads_block[pattern]
    pattern = pattern[keep]
    occurring_labels = occurring_keys[keep] % n_labels - 1
    block = own_block[pattern].astype(np.int64)
    return np.stack([pattern, block, occurring_labels, cells[keep]])


def _count_keys(keys: PatternNumbers, n_keys: int) -> tuple[PatternNumbers, IntArray]:
    """The keys that occur, ascending, and how often."""
    if n_keys > max(DIRECT_TABLE, len(keys)):
        occurring_keys, cells = np.unique(keys, return_counts=True)
        return occurring_keys, cells.astype(np.int64)
    per_key = np.bincount(keys, minlength=n_keys)
    occurring_keys = np.flatnonzero(per_key)
    return occurring_keys, per_key[occurring_keys]


def _add_up(rows: IntArray) -> LabelCounts:
    """Sum the rows that speak of the same pattern, block and label; sorted.

    Args:
        rows: [4, n_rows]: pattern, block, label, cells.
    """
    keys, place = np.unique(rows[:3], axis=1, return_inverse=True)
    cells = np.zeros(keys.shape[1], np.int64)
    np.add.at(cells, place, rows[3])
    pattern, block, label = keys
    return LabelCounts(pattern, block, label, cells)


def _no_counts(n_models: int, closed: bool) -> PatternCounts:
    nothing = np.zeros(0, np.int64)
    return PatternCounts(
        closed=closed,
        blocks=np.zeros((0, n_models), block_type(n_models)),
        cells=nothing,
        labels=LabelCounts(nothing, nothing, nothing, nothing),
        absent=np.zeros(n_models, np.int64),
    )
