"""Agreement patterns: which models agree, how often, and what the agreeing blocks say.

Why counting patterns is exact, and not an approximation: a cell enters the learning of weights
(steps 2 to 4 of docs/design.md#learning-without-labels) only through (a) which models voted the
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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import (
    ABSENT,
    MISSING,
    Absent,
    Blocks,
    Codes,
    IntArray,
    votes_of,
)

_CHUNK = 1 << 17
"""Cells counted at once: a chunk's columns and ids stay near the processor, and memory stays flat."""
_DIRECT = 1 << 20
"""Largest table of possible ids; above it, ids are renumbered to those that occur."""
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

Ids = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PatternCounts:
    """How often each agreement pattern occurs, and what its blocks say; adding two of them merges the counts.

    Patterns are in sorted order and so are the rows of `labels`: the same counts give the same
    arrays, and the same bits in whatever is computed from them.

    Attributes:
        closed: Whether a label is the value's number (closed attribute), or only absent or not
            (open attribute).
        blocks: [n_patterns, n_models] int8, block numbers, -1 where missing.
        cells: [n_patterns] int64, cells with this pattern.
        labels: [n_rows, 4] int64: pattern, block, label (0 absent, else the value's number; 1 for
            all values of an open attribute), cells.
        absent: [n_models] int64, how often a model said n/a, also where an n/a is no vote.
    """

    closed: bool
    blocks: Blocks
    cells: IntArray
    labels: IntArray
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

    def to_rows(self) -> dict[str, list[Any]]:
        """A plain table to store: columns pattern, block, label, cells.

        A pattern is written as one character per model (its block, `-` where missing). Block -1
        counts the pattern's cells; a row without pattern says how often the model numbered `block`
        said n/a.
        """
        names = ["".join("-" if b < 0 else _DIGITS[b] for b in row) for row in self.blocks.tolist()]
        rows = [(name, -1, -1, n) for name, n in zip(names, self.cells.tolist(), strict=True)]
        rows += [(names[p], b, k, n) for p, b, k, n in self.labels.tolist()]
        rows += [("", i, ABSENT, n) for i, n in enumerate(self.absent.tolist())]
        columns = zip(*rows, strict=True)
        return dict(zip(("pattern", "block", "label", "cells"), map(list, columns), strict=True))

    @classmethod
    def from_rows(cls, rows: Mapping[str, Sequence[Any]], *, closed: bool) -> PatternCounts:
        """Read back what `to_rows` gave."""
        table = list(zip(rows["pattern"], rows["block"], rows["label"], rows["cells"], strict=True))
        patterns = [(name, n) for name, block, _, n in table if name and block < 0]
        place = {name: p for p, (name, _) in enumerate(patterns)}
        labels = [(place[name], b, k, n) for name, b, k, n in table if name and b >= 0]
        absent = [n for name, _, _, n in table if not name]
        blocks = [[-1 if d == "-" else _DIGITS.index(d) for d in name] for name, _ in patterns]
        return cls(
            closed=closed,
            blocks=np.array(blocks, np.int8).reshape(len(blocks), len(absent)),
            cells=np.array([n for _, n in patterns], np.int64),
            labels=np.array(labels, np.int64).reshape(len(labels), 4),
            absent=np.array(absent, np.int64),
        )


def count_patterns(codes: Codes, *, closed: bool, absent: Absent = "label") -> PatternCounts:
    """Count the agreement patterns of a batch of cells of one attribute.

    Args:
        codes: [n_cells, n_models] int32.
        closed: Whether the attribute has a list of values; decides what a label is.
        absent: How an n/a votes.
    """
    n_cells, n_models = codes.shape
    parts = [_empty(n_models, closed)]
    parts += [
        _count_chunk(codes[at : at + _CHUNK], closed, absent) for at in range(0, n_cells, _CHUNK)
    ]
    return merge_counts(parts)


def merge_counts(parts: Iterable[PatternCounts]) -> PatternCounts:
    """Add up the counts of one attribute from any number of buckets, machines or nights.

    Args:
        parts: At least one, all of the same models in the same order.
    """
    parts = list(parts)
    blocks, place = np.unique(
        np.concatenate([part.blocks for part in parts]), axis=0, return_inverse=True
    )
    cells = np.zeros(len(blocks), np.int64)
    np.add.at(cells, place, np.concatenate([part.cells for part in parts]))
    starts = np.cumsum([0, *(len(part.blocks) for part in parts)])
    rows = [
        part.labels + np.array([start, 0, 0, 0]) for start, part in zip(starts, parts, strict=False)
    ]
    labels = np.concatenate(rows)
    labels[:, 0] = place[labels[:, 0]]
    return PatternCounts(
        parts[0].closed, blocks, cells, _add_up(labels), sum(part.absent for part in parts)
    )  # type: ignore[arg-type]


def identify(columns: Codes, mark: int | None = None) -> tuple[Ids, Ids]:
    """Number the patterns of cells, so that two cells have the same number if and only if the same models agree.

    A model's digit is the first model that voted the same (itself, if none did; one more where it
    is missing), so the digits of models 0..j range over j + 2 numbers, and 5 models have (5 + 1)! =
    720 possible ids. Where the ids of many models would need too large a table, they are renumbered
    on the way to those that occur, which never exceed the number of cells.

    Args:
        columns: [n_models, n_cells] int32, contiguous along cells.
        mark: Tell patterns apart by which block, if any, has this code.

    Returns:
        ids: [n_cells] from 0 to n_patterns - 1.
        representative: [n_patterns], a cell that has this pattern.
    """
    n_models, n_cells = columns.shape
    ids, n_ids = np.zeros(n_cells, np.int64), 1
    for j in range(n_models):
        ids, n_ids = _append(ids, n_ids, _first_equal(columns, j), j + 2)
    if mark is not None:
        marked = np.full(n_cells, n_models, np.int8)
        for i in reversed(range(n_models)):
            np.copyto(marked, np.int8(i), where=columns[i] == mark)
        ids, n_ids = _append(ids, n_ids, marked, n_models + 1)
    ids, n_ids = _renumber(ids, n_ids)
    representative = np.zeros(n_ids, np.int64)
    representative[ids] = np.arange(n_cells)
    return ids, representative


def blocks_of(codes: Codes) -> Blocks:
    """Number the blocks of agreeing models in every row, in the order of their first model.

    Args:
        codes: [n_rows, n_models] int32.
    """
    n_rows, n_models = codes.shape
    blocks = np.full((n_rows, n_models), -1, np.int8)
    n_blocks = np.zeros(n_rows, np.int8)
    for j in range(n_models):
        voted = codes[:, j] != MISSING
        block = n_blocks.copy()
        for i in reversed(range(j)):
            np.copyto(block, blocks[:, i], where=codes[:, i] == codes[:, j])
        blocks[voted, j] = block[voted]
        n_blocks += voted & (block == n_blocks)
    return blocks


def _count_chunk(codes: Codes, closed: bool, absent: Absent) -> PatternCounts:
    columns = np.ascontiguousarray(codes.T)
    said_absent = np.count_nonzero(columns == ABSENT, axis=1).astype(np.int64)
    columns = votes_of(columns, absent)
    ids, representative = identify(columns)
    blocks = blocks_of(columns[:, representative].T)
    labels = np.concatenate(
        [_labels_of_model(columns[j], ids, blocks, j, closed) for j in range(len(columns))]
    )
    return PatternCounts(
        closed, blocks, np.bincount(ids, minlength=len(blocks)), labels, said_absent
    )


def _labels_of_model(column: Codes, ids: Ids, blocks: Blocks, j: int, closed: bool) -> IntArray:
    """Rows of `PatternCounts.labels` for the blocks whose first model is j."""
    label = column if closed else np.minimum(column, 1)
    n_labels = int(label.max(initial=0)) + 2
    key, cells = _tally(ids * n_labels + (label + 1), len(blocks) * n_labels)
    pattern, label_of_key = key // n_labels, key % n_labels - 1
    leads = (blocks[:, j] >= 0) & (blocks[:, :j] != blocks[:, j : j + 1]).all(axis=1)
    keep = leads[pattern]
    pattern = pattern[keep]
    return np.stack(
        [pattern, blocks[pattern, j].astype(np.int64), label_of_key[keep], cells[keep]], axis=1
    )


def _tally(keys: Ids, n_keys: int) -> tuple[Ids, IntArray]:
    """The keys that occur, ascending, and how often."""
    if n_keys > max(_DIRECT, len(keys)):
        found, cells = np.unique(keys, return_counts=True)
        return found, cells.astype(np.int64)
    counted = np.bincount(keys, minlength=n_keys)
    found = np.flatnonzero(counted)
    return found, counted[found]


def _first_equal(columns: Codes, j: int) -> npt.NDArray[np.int8]:
    digit = np.full(columns.shape[1], j, np.int8)
    for i in reversed(range(j)):
        np.copyto(digit, np.int8(i), where=columns[i] == columns[j])
    np.copyto(digit, np.int8(j + 1), where=columns[j] == MISSING)
    return digit


def _append(ids: Ids, n_ids: int, digit: npt.NDArray[np.int8], base: int) -> tuple[Ids, int]:
    if n_ids * base > _DIRECT:
        ids, n_ids = _renumber(ids, n_ids)
    return ids * base + digit, n_ids * base


def _renumber(ids: Ids, n_ids: int) -> tuple[Ids, int]:
    """Keep the ids that occur, in their order, numbered from 0."""
    seen = np.zeros(n_ids, np.bool_)
    seen[ids] = True
    number = np.cumsum(seen, dtype=np.int64) - 1
    return number[ids], int(seen.sum())


def _add_up(labels: IntArray) -> IntArray:
    """Sum the rows that speak of the same pattern, block and label; sorted."""
    keys, place = np.unique(labels[:, :3], axis=0, return_inverse=True)
    cells = np.zeros(len(keys), np.int64)
    np.add.at(cells, place, labels[:, 3])
    return np.column_stack([keys, cells])


def _empty(n_models: int, closed: bool) -> PatternCounts:
    none = np.zeros(0, np.int64)
    blocks = np.zeros((0, n_models), np.int8)
    return PatternCounts(closed, blocks, none, none.reshape(0, 4), np.zeros(n_models, np.int64))
