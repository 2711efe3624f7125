from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.drift_signals import CellVotes, DriftSignal, DriftSignals
from attrx.ensemble.exchanges import flip_signs, permute_products


def cells(products: np.ndarray, categories: np.ndarray) -> CellVotes:
    n = len(products)
    return CellVotes(
        products=products,
        categories=categories,
        attributes=np.zeros(n, np.int64),
        names=("color",),
        codes=np.zeros((n, 1), np.int32),
        absent_is_vote=np.array([True]),
        answers=({},),
    )


def signals(*columns: np.ndarray) -> DriftSignals:
    values = np.stack(columns, axis=1)
    names = tuple(DriftSignal(model, "color") for model in range(len(columns)))
    return DriftSignals(names, values, values)


def test_the_distance_of_new_products_by_hand() -> None:
    # 4 products of one category, values 0 0 1 1, the last two new: sum 2, on average 1; variance
    # 2 * 2 / 4 * 1/3 = 1/3.
    values = np.array([0.0, 0, 1, 1])
    table = cells(np.arange(4), np.zeros(4, np.int64))
    test = permute_products(table, signals(values - 0.5), values > 0)
    assert test.distance == pytest.approx([1 / np.sqrt(1 / 3)])


def test_the_means_are_those_of_the_mix_of_now() -> None:
    # Earlier: 9 of category 0 at 1, 1 of category 1 at 0. New: one of each, as they were.
    categories = np.array([0] * 9 + [1] + [0, 1])
    values = np.where(categories == 0, 1.0, 0.0)
    is_new = np.arange(12) >= 10
    test = permute_products(cells(np.arange(12), categories), signals(values), is_new)
    assert test.before == pytest.approx([0.5])
    assert test.after == pytest.approx([0.5])
    assert test.distance.tolist() == [0]


def test_a_category_that_is_all_new_has_nothing_to_be_compared_with() -> None:
    categories = np.array([0, 0, 0, 1, 1])
    is_new = np.array([False, False, True, True, True])
    values = np.array([0.0, 1, 1, 50, 60])
    test = permute_products(cells(np.arange(5), categories), signals(values), is_new)
    assert test.before == pytest.approx([0.5])
    assert test.after == pytest.approx([1])


def test_products_change_sides_as_a_whole() -> None:
    # 200 products of 8 equal cells each, 20 of them new: as cells they would be 8 times as many.
    rng = np.random.default_rng(0)
    of_product = rng.random(200)
    products = np.repeat(np.arange(200), 8)
    is_new = products < 20
    one = permute_products(
        cells(np.arange(200), np.zeros(200, np.int64)), signals(of_product), np.arange(200) < 20
    )
    eight = permute_products(
        cells(products, np.zeros(1600, np.int64)), signals(of_product[products]), is_new
    )
    assert eight.distance == pytest.approx(one.distance)


def test_the_largest_of_many_signals_is_held_against_the_largest_of_chance() -> None:
    rng = np.random.default_rng(1)
    columns = [rng.normal(size=400) for _ in range(300)]
    is_new = np.arange(400) < 40
    table = cells(np.arange(400), np.zeros(400, np.int64))
    assert permute_products(table, signals(*columns), is_new).alarms(0.01) == []
    columns[7][:40] += 1.5
    assert permute_products(table, signals(*columns), is_new).alarms(0.01) == [7]


def test_the_distance_of_new_answers_by_hand() -> None:
    # Three of four products moved, by 1, 1 and -1: sum 1, deviation sqrt(3).
    before = np.array([0.0, 0, 1, 1])
    after = np.array([1.0, 1, 0, 1])
    table = cells(np.arange(4), np.zeros(4, np.int64))
    test = flip_signs(table, signals(before), signals(after))
    assert test.distance == pytest.approx([1 / np.sqrt(3)])
    assert test.before == pytest.approx([0.5])
    assert test.after == pytest.approx([0.75])


def test_nothing_that_is_far_off_draws_no_exchange() -> None:
    same = np.arange(10.0)
    test = flip_signs(cells(np.arange(10), np.zeros(10, np.int64)), signals(same), signals(same))
    assert len(test.largest) == 0
    assert test.alarms(0.5) == []
