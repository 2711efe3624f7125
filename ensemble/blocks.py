"""Blocks of agreeing models: in which cells the same models agree, whatever the values are."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .arrays import MISSING, Blocks, BoolArray, Codes, block_type

DIRECT_TABLE = 1 << 20
"""Largest table of possible numbers; above it, numbers are given anew to those that occur."""

PatternNumbers = npt.NDArray[np.int64]
Digits = npt.NDArray[np.signedinteger[Any]]
"""[n_cells]: a model's place, or one more than the last."""


def blocks_of(codes: Codes) -> Blocks:
    """Number the blocks of agreeing models in every row, in the order of their first model.

    Args:
        codes: [n_rows, n_models] int32.
    """
    n_rows, n_models = codes.shape
    number_type = block_type(n_models)
    blocks = np.full((n_rows, n_models), -1, number_type)
    n_blocks = np.zeros(n_rows, number_type)
    for model in range(n_models):
        block = n_blocks.copy()
        for earlier in reversed(range(model)):
            same_vote = codes[:, earlier] == codes[:, model]
            np.copyto(block, blocks[:, earlier], where=same_vote)
        has_vote = codes[:, model] != MISSING
        blocks[has_vote, model] = block[has_vote]
        opens_block = has_vote & (block == n_blocks)
        n_blocks += opens_block
    return blocks


def nonempty_blocks(blocks: Blocks) -> BoolArray:
    """[n_patterns, n_models] bool: whether block b of the pattern has a model."""
    last_block = blocks.max(axis=1, initial=-1)
    return np.asarray(np.arange(blocks.shape[1]) <= last_block[:, None])


def number_patterns(
    columns: Codes, tilted_code: int | None = None
) -> tuple[PatternNumbers, PatternNumbers]:
    """Number the patterns of cells: equal numbers if and only if the same models agree.

    A model's digit is the first model that voted the same (itself, if none did; one more where it
    is missing), so the digits of models 0..j range over j + 2 numbers, and 5 models have (5 + 1)! =
    720 possible numbers. Where many models would need too large a table, numbers are given anew on
    the way to those that occur, which never exceed the number of cells.

    Args:
        columns: [n_models, n_cells] int32, contiguous along cells.
        tilted_code: Tell patterns apart by which block, if any, has this code.

    Returns:
        numbers: [n_cells] from 0 to n_patterns - 1.
        examples: [n_patterns], a cell that has this pattern.
    """
    n_models, n_cells = columns.shape
    numbering = _Numbering(n_cells)
    for model in range(n_models):
        numbering.append(_first_agreeing(columns, model), model + 2)
    if tilted_code is not None:
        numbering.append(_first_with(columns, tilted_code), n_models + 1)
    numbering.close_gaps()
    examples = np.zeros(numbering.size, np.int64)
    examples[numbering.numbers] = np.arange(n_cells)
    return numbering.numbers, examples


class _Numbering:
    """Numbers of cells, made of digits.

    Attributes:
        numbers: [n_cells], each below `size`.
        size: How many numbers are possible.
    """

    def __init__(self, n_cells: int) -> None:
        self.numbers = np.zeros(n_cells, np.int64)
        self.size = 1

    def append(self, digit: Digits, base: int) -> None:
        """Put a digit below `base` behind every number."""
        if self.size * base > DIRECT_TABLE:
            self.close_gaps()
        self.numbers = self.numbers * base + digit
        self.size *= base

    def close_gaps(self) -> None:
        """Keep the numbers that occur, in their order, counted from 0."""
        if self.size > DIRECT_TABLE:
            occurring_numbers, self.numbers = np.unique(self.numbers, return_inverse=True)
            self.size = len(occurring_numbers)
            return
        occurs = np.zeros(self.size, np.bool_)
        occurs[self.numbers] = True
        new_number = np.cumsum(occurs, dtype=np.int64) - 1
        self.numbers = new_number[self.numbers]
        self.size = int(occurs.sum())


def _first_agreeing(columns: Codes, model: int) -> Digits:
    """[n_cells]: the first model that voted as this one; its place + 1 where it is missing."""
    votes = columns[model]
    digit = np.full(len(votes), model, block_type(len(columns)))
    for earlier in reversed(range(model)):
        same_vote = columns[earlier] == votes
        digit[same_vote] = earlier
    is_missing = votes == MISSING
    digit[is_missing] = model + 1
    return digit


def _first_with(columns: Codes, code: int) -> Digits:
    """[n_cells]: the first model whose vote is this code; the number of models where none is."""
    n_models, n_cells = columns.shape
    digit = np.full(n_cells, n_models, block_type(n_models))
    for model in reversed(range(n_models)):
        has_code = columns[model] == code
        digit[has_code] = model
    return digit
