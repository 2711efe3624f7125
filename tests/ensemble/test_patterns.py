from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vote_tables import Votes, votes

from attrx.ensemble import blocks, patterns
from attrx.ensemble.blocks import blocks_of, number_patterns
from attrx.ensemble.patterns import PatternCounts, count_patterns, merge_counts

TABLE = np.array(
    [
        [1, 1, 2],  # the first two agree
        [2, 2, 1],  # the same pattern, other values
        [1, 2, 0],  # nobody agrees; the third says n/a
        [0, 0, 0],  # all say n/a
        [-1, 3, 3],  # the first is missing
        [-1, -1, -1],
    ],
    np.int32,
)


def assert_same_counts(a: PatternCounts, b: PatternCounts) -> None:
    columns = [
        *((getattr(a, name), getattr(b, name)) for name in ("blocks", "cells", "absent")),
        *zip(label_columns(a), label_columns(b), strict=True),
    ]
    for one, other in columns:
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def label_columns(counts: PatternCounts) -> list[np.ndarray]:
    labels = counts.labels
    return [labels.pattern, labels.block, labels.label, labels.cells]


def label_rows(counts: PatternCounts) -> list[list[int]]:
    """Pattern, block, label, cells."""
    rows: list[list[int]] = np.column_stack(label_columns(counts)).tolist()
    return rows


def test_a_table_counted_by_hand() -> None:
    counts = count_patterns(TABLE, closed=True)
    assert counts.blocks.tolist() == [[-1, -1, -1], [-1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 1, 2]]
    assert counts.cells.tolist() == [1, 1, 1, 2, 1]
    assert counts.absent.tolist() == [1, 1, 2]
    assert label_rows(counts) == [
        [1, 0, 3, 1],
        [2, 0, 0, 1],
        [3, 0, 1, 1],  # of the two cells with pattern 001, block 0 says value 1 once
        [3, 0, 2, 1],
        [3, 1, 1, 1],
        [3, 1, 2, 1],
        [4, 0, 1, 1],
        [4, 1, 2, 1],
        [4, 2, 0, 1],
    ]


def test_labels_of_an_open_attribute_are_absent_or_not() -> None:
    counts = count_patterns(TABLE, closed=False)
    assert label_rows(counts) == [
        [1, 0, 1, 1],
        [2, 0, 0, 1],
        [3, 0, 1, 2],
        [3, 1, 1, 2],
        [4, 0, 1, 1],
        [4, 1, 1, 1],
        [4, 2, 0, 1],
    ]


def test_with_absent_missing_an_na_is_no_vote_but_is_still_counted_as_said() -> None:
    counts = count_patterns(TABLE, closed=True, absent="missing")
    assert counts.blocks.tolist() == [[-1, -1, -1], [-1, 0, 0], [0, 0, 1], [0, 1, -1]]
    assert counts.cells.tolist() == [2, 1, 2, 1]
    assert counts.absent.tolist() == [1, 1, 2]
    assert 0 not in counts.labels.label


def test_no_cells_give_empty_counts_that_add_up() -> None:
    none = count_patterns(np.zeros((0, 3), np.int32), closed=True)
    assert none.n_cells == 0
    assert_same_counts(
        none + count_patterns(TABLE, closed=True), count_patterns(TABLE, closed=True)
    )


def test_five_models_have_at_most_203_patterns() -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(-1, 6, (50_000, 5)).astype(np.int32)
    assert (
        len(count_patterns(codes, closed=True).cells) == 203
    )  # the Bell number of 5 models and "missing"


@pytest.mark.parametrize("n_models", [1, 9, 15, 40])
def test_any_number_of_models_can_be_counted(n_models: int) -> None:
    rng = np.random.default_rng(n_models)
    codes = rng.integers(-1, 4, (500, n_models)).astype(np.int32)
    ids, representative = number_patterns(np.ascontiguousarray(codes.T))
    blocks = blocks_of(codes)
    np.testing.assert_array_equal(blocks[representative][ids], blocks)
    assert len(np.unique(blocks, axis=0)) == len(representative)


def test_a_tilted_code_tells_apart_which_block_holds_it() -> None:
    columns = np.array(
        [[0, 1, 2], [1, 0, 1]], np.int32
    )  # one pattern; absent in block 0, in block 1, nowhere
    assert len(number_patterns(columns)[1]) == 1
    assert number_patterns(columns, tilted_code=0)[0].tolist() in ([0, 1, 2], [1, 0, 2])
    assert len(set(number_patterns(columns, tilted_code=0)[0].tolist())) == 3


@settings(max_examples=60)
@given(table=votes(), cut=st.integers(0, 60), chunk=st.sampled_from([1, 7, 1 << 17]))
def test_splitting_the_cells_and_merging_the_counts_changes_no_bit(
    table: Votes, cut: int, chunk: int
) -> None:
    codes, closed = table.codes[0], table.attributes[0].closed
    whole = count_patterns(codes, closed=closed)
    assert_same_counts(
        count_patterns(codes[cut:], closed=closed) + count_patterns(codes[:cut], closed=closed),
        whole,
    )
    parts = [
        count_patterns(codes[at : at + chunk], closed=closed) for at in range(0, len(codes), chunk)
    ]
    assert_same_counts(merge_counts(parts[::-1]), whole)


@settings(max_examples=60)
@given(table=votes(), seed=st.integers(0, 1000))
def test_the_order_of_rows_changes_no_bit(table: Votes, seed: int) -> None:
    codes, closed = table.codes[0], table.attributes[0].closed
    shuffled = np.random.default_rng(seed).permutation(codes)
    assert_same_counts(
        count_patterns(shuffled, closed=closed), count_patterns(codes, closed=closed)
    )


def test_chunks_are_counted_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = count_patterns(TABLE, closed=True)
    monkeypatch.setattr(patterns, "CHUNK", 2)
    assert_same_counts(count_patterns(TABLE, closed=True), whole)


def test_a_small_id_table_gives_the_same_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    codes = rng.integers(-1, 9, (300, 6)).astype(np.int32)
    whole = count_patterns(codes, closed=True)
    for module in (patterns, blocks):
        monkeypatch.setattr(module, "DIRECT_TABLE", 50)
    assert_same_counts(count_patterns(codes, closed=True), whole)


def test_130_models_that_all_differ_are_130_blocks() -> None:
    codes = np.arange(1, 131, dtype=np.int32)[None, :].repeat(3, axis=0)
    codes[1] = 1  # all agree
    codes[2, :129] = -1  # the last is alone
    counts = count_patterns(codes, closed=True)
    assert counts.n_cells == 3
    np.testing.assert_array_equal(blocks_of(codes)[0], np.arange(130))
    assert blocks_of(codes)[1].tolist() == [0] * 130
    assert blocks_of(codes)[2, 129] == 0
    assert len(set(number_patterns(np.ascontiguousarray(codes.T))[0].tolist())) == 3


@pytest.mark.parametrize("n_models", [127, 128, 130])
def test_many_models_are_counted_as_few_are(n_models: int) -> None:
    rng = np.random.default_rng(n_models)
    codes = rng.integers(1, 3, (40, n_models)).astype(np.int32)
    counts = count_patterns(codes, closed=True)
    n_first_value = (codes == 1).sum(axis=1)
    said = counts.labels.of_label(1)
    assert counts.n_cells == 40
    sizes = (counts.blocks[said.pattern] == said.block[:, None]).sum(axis=1)
    assert sorted(sizes.tolist()) == sorted(n_first_value.tolist())
