"""The cells that exist, against a full grid of rows and attributes."""

from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.arrays import BoolArray
from attrx.ensemble.cells import Cells


def grid(seed: int) -> tuple[BoolArray, Cells]:
    """[n_rows, n_attributes] which pairs exist, and the same as cells."""
    luck = np.random.default_rng(seed)
    n_rows, n_attributes, n_categories = luck.integers(1, 12, 3)
    category = luck.integers(0, n_categories, n_rows)
    applies = luck.random((n_categories, n_attributes)) < luck.choice([0.0, 0.3, 1.0])
    return applies[category], Cells.of_categories(category, applies)


@pytest.mark.parametrize("seed", range(60))
def test_cells_are_the_pairs_that_exist_attribute_by_attribute(seed: int) -> None:
    exists, cells = grid(seed)
    attributes, rows = np.nonzero(exists.T)
    assert cells.rows.tolist() == rows.tolist()
    assert cells.attributes.tolist() == attributes.tolist()
    assert len(cells) == exists.sum()
    for attribute in range(cells.n_attributes):
        own_rows = cells.rows[cells.of_attribute(attribute)]
        assert own_rows.tolist() == np.flatnonzero(exists[:, attribute]).tolist()


@pytest.mark.parametrize("seed", range(60))
def test_a_pair_is_found_where_it_exists_and_only_there(seed: int) -> None:
    exists, cells = grid(seed)
    n_rows, n_attributes = exists.shape
    pairs = [(row, each) for row in range(-1, n_rows) for each in range(-1, n_attributes)]
    rows, attributes = np.array(pairs).T
    for (row, attribute), place in zip(pairs, cells.find(rows, attributes), strict=True):
        if row < 0 or attribute < 0 or not exists[row, attribute]:
            assert place == -1
        else:
            assert (cells.rows[place], cells.attributes[place]) == (row, attribute)


@pytest.mark.parametrize("seed", range(60))
def test_rows_in_another_order_keep_their_cells(seed: int) -> None:
    exists, cells = grid(seed)
    luck = np.random.default_rng(seed)
    rows = luck.permutation(len(exists))[: luck.integers(0, len(exists) + 1)]
    taken, places = cells.take(rows)
    attributes, new_rows = np.nonzero(exists[rows].T)
    assert taken.rows.tolist() == new_rows.tolist()
    assert taken.attributes.tolist() == attributes.tolist()
    assert taken.n_rows == len(rows)
    assert cells.rows[places].tolist() == rows[new_rows].tolist()


def test_pairs_that_are_named_twice_are_one_cell() -> None:
    rows, attributes = np.array([2, 0, 2, 1]), np.array([1, 0, 1, 1])
    cells = Cells.of_pairs(rows, attributes, 3, 2)
    assert cells.rows.tolist() == [0, 1, 2]
    assert cells.attributes.tolist() == [0, 1, 1]
    assert cells.find(rows, attributes).tolist() == [2, 0, 2, 1]


def test_without_rows_or_attributes_there_is_no_cell() -> None:
    nowhere = np.zeros(0, np.int64)
    for cells in (
        Cells.of_all(0, 3),
        Cells.of_all(3, 0),
        Cells.of_categories(nowhere, np.zeros((0, 2), np.bool_)),
        Cells.of_pairs(nowhere, nowhere, 0, 2),
    ):
        assert len(cells) == 0
        assert cells.find(np.array([-1]), np.array([-1])).tolist() == [-1]
