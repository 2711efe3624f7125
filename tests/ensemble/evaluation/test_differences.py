from __future__ import annotations

from dataclasses import replace
from math import sqrt

import numpy as np
import pytest

from attrx.ensemble.evaluation.differences import compare_with_best, paired_difference
from attrx.ensemble.evaluation.measures import GoldOutcomes, Outcome

NN, NV, VN, VC, VW = Outcome


def outcomes_of(
    right: dict[str, np.ndarray], products: np.ndarray | None = None, n_folds: int = 5
) -> GoldOutcomes:
    """Cells on which each side is right or wrong, each of a product of its own unless said."""
    n = len(next(iter(right.values())))
    products = np.arange(n) if products is None else products
    columns = np.stack(list(right.values()))
    return GoldOutcomes(
        products=products,
        pairs=np.zeros(n, int),
        names=(("", "a"),),
        weight=np.ones(n),
        outcomes={who: np.where(cells, VC, VW).astype(np.int8) for who, cells in right.items()},
        missing={who: np.zeros(n, bool) for who in right},
        folds=products % n_folds,
        disputed=(columns != columns[0]).any(axis=0),
    )


def drawn(n: int, seed: int, **accuracy: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {who: rng.random(n) < p for who, p in accuracy.items()}


def test_an_interval_by_hand() -> None:
    # Of 100 cells a alone is right on 6, b alone on 2: difference .04. The variance is
    # (8 - 100 * .04^2) * 100 / 99 + 2 pseudo cells = 9.919, the error sqrt(9.919) / 100.
    a = np.arange(100) < 96
    b = a.copy()
    b[:6] = False
    b[96:98] = True
    interval = paired_difference(outcomes_of({"a": a, "b": b}), "a", "b")
    error = sqrt((8 - 100 * 0.04**2) * 100 / 99 + 2) / 100
    assert interval.difference == pytest.approx(0.04)
    assert interval.standard_error == pytest.approx(error)
    assert interval.low == pytest.approx(0.04 - 1.96 * error)


def test_sides_that_are_right_alike_are_not_known_to_be_equal() -> None:
    right = np.arange(50) < 40
    interval = paired_difference(outcomes_of({"a": right, "b": right}), "a", "b")
    assert interval.difference == 0
    assert interval.standard_error == pytest.approx(sqrt(2) / 50)


def test_what_may_differ_sets_the_weight_of_the_pseudo_cells() -> None:
    # A sample of disagreements that count .5 each, and of agreements that count 2.
    right = np.arange(40) < 30
    other = np.arange(40) < 31
    table = outcomes_of({"a": right, "b": right, "c": other})
    table = replace(table, weight=np.where(table.disputed, 0.5, 2.0))
    interval = paired_difference(table, "a", "b")
    assert interval.standard_error == pytest.approx(sqrt(2 * 0.5**2) / table.weight.sum())


def test_cells_of_one_product_count_together() -> None:
    # 50 products of 8 equal cells each hold no more information than 50 cells.
    right = np.repeat(drawn(50, 1, a=0.7)["a"], 8)
    sides = {"a": right, "b": np.zeros(400, bool)}
    apart = paired_difference(outcomes_of(sides), "a", "b").standard_error
    together = outcomes_of(sides, np.repeat(np.arange(50), 8))
    assert paired_difference(together, "a", "b").standard_error == pytest.approx(
        sqrt(8) * (apart or 0.0), rel=0.05
    )


def test_an_undefined_measure_has_no_interval() -> None:
    table = outcomes_of(drawn(2, 0, a=0.5, b=0.5))
    nothing = {who: np.full(2, NN, np.int8) for who in table.outcomes}
    interval = paired_difference(replace(table, outcomes=nothing), "a", "b", "f1")
    assert (interval.difference, interval.low) == (None, None)


def test_an_f1_interval_is_as_wide_as_resampling_says() -> None:
    rng = np.random.default_rng(3)
    codes = {who: rng.choice(5, 2000, p=p).astype(np.int8) for who, p in MIXES.items()}
    table = replace(outcomes_of(drawn(2000, 0, a=0.5, b=0.5)), outcomes=codes)
    interval = paired_difference(table, "a", "b", "f1")
    resamples = []
    for _ in range(400):
        rows = rng.integers(0, 2000, 2000)
        counts = {who: np.bincount(column[rows], minlength=5) for who, column in codes.items()}
        resamples.append(f1(counts["a"]) - f1(counts["b"]))
    assert interval.standard_error == pytest.approx(np.std(resamples), rel=0.1)


MIXES = {"a": [0.1, 0.1, 0.1, 0.6, 0.1], "b": [0.15, 0.05, 0.2, 0.5, 0.1]}


def f1(counts: np.ndarray) -> float:
    _, nv, vn, vc, vw = counts
    return float(2 * vc / (2 * vc + nv + vn + 2 * vw))


def test_a_model_that_is_picked_by_luck_does_not_look_better_for_it() -> None:
    # 20 equal models and an ensemble as good as they are: picked on all gold, the luckiest of them
    # would lie far above it.
    names = [f"m{k}" for k in range(20)]
    differences = []
    for seed in range(20):
        sides = drawn(200, seed, ensemble=0.8, **dict.fromkeys(names, 0.8))
        table = outcomes_of(sides)
        comparison = compare_with_best(table, "ensemble", names)
        lucky = paired_difference(table, "ensemble", comparison.best).difference
        in_folds = comparison.interval.difference
        assert in_folds is not None
        assert lucky is not None
        differences.append((in_folds, lucky))
    mean_in_folds, mean_on_all = np.mean(differences, axis=0)
    assert abs(mean_in_folds) < 0.02
    assert mean_on_all < -0.04


def test_not_knowing_which_model_is_best_widens_the_interval() -> None:
    sides = drawn(300, 1, ensemble=0.8, good=0.8, poor=0.3)
    clear = compare_with_best(outcomes_of(sides), "ensemble", ["good", "poor"])
    rival = drawn(300, 2, rival=0.8)["rival"]
    unclear_sides = {**sides, "rival": rival}
    table = outcomes_of(unclear_sides)
    unclear = compare_with_best(table, "ensemble", ["good", "poor", "rival"])
    assert clear.interval.standard_error is not None
    assert unclear.interval.standard_error is not None
    plain = paired_difference(table, "ensemble", "good").standard_error
    assert clear.interval.standard_error == pytest.approx(plain, rel=0.02)
    assert unclear.interval.standard_error > 1.02 * clear.interval.standard_error


def test_the_order_of_rows_changes_no_figure() -> None:
    sides = drawn(301, 5, ensemble=0.83, a=0.8, b=0.8, c=0.79)
    table = outcomes_of(sides, np.arange(301) // 2)
    rng = np.random.default_rng(0)
    table = replace(table, weight=rng.choice([0.3, 1.7], 301))
    names = ["a", "b", "c"]
    for _ in range(20):
        shuffled = table.rows(np.asarray(rng.permutation(301), np.int64))
        for measure in ("accuracy", "f1"):
            assert compare_with_best(shuffled, "ensemble", names, measure) == compare_with_best(
                table, "ensemble", names, measure
            )


def test_one_product_cannot_tell() -> None:
    table = outcomes_of(drawn(5, 0, ensemble=0.8, a=0.7), np.zeros(5, int))
    comparison = compare_with_best(table, "ensemble", ["a"])
    assert (comparison.best, comparison.interval.difference) == ("a", None)
