from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attrx.ensemble.rank_one import fit_rank_one

ALL_KNOWN = np.ones((9, 9), bool)


def fit(kappa: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    known = ALL_KNOWN[: len(kappa), : len(kappa)] if known is None else known
    [fitted] = fit_rank_one(kappa[None], known)
    return np.asarray(fitted)


@settings(max_examples=60)
@given(r=st.lists(st.floats(0.3, 0.97), min_size=3, max_size=8))
def test_an_exact_product_is_recovered(r: list[float]) -> None:
    assert fit(np.outer(r, r)) == pytest.approx(r, abs=1e-6)


def test_three_models_by_hand() -> None:
    # r_1^2 = k12 k13 / k23 = .72 * .54 / .48 = .81, so r = .9, .72 / .9 = .8, .54 / .9 = .6
    kappa = np.array([[0, 0.72, 0.54], [0.72, 0, 0.48], [0.54, 0.48, 0]])
    assert fit(kappa) == pytest.approx([0.9, 0.8, 0.6], abs=1e-9)


def test_two_models_share_their_agreement_equally() -> None:
    assert fit(np.array([[0, 0.49], [0.49, 0]])) == pytest.approx([0.7, 0.7])
    assert fit(np.array([[0, 0.25], [0.25, 0]])) == pytest.approx([0.5, 0.5])


def test_two_models_that_disagree_beyond_chance_have_no_quality() -> None:
    assert fit(np.array([[0, -0.3], [-0.3, 0]])) == pytest.approx([0, 0], abs=1e-12)


def test_quality_is_capped() -> None:
    assert fit(np.ones((3, 3))) == pytest.approx([0.98] * 3, abs=1e-12)


def test_a_model_without_a_known_pair_keeps_the_start() -> None:
    known = np.array([[1, 1, 0], [1, 1, 0], [0, 0, 1]], bool)
    assert fit(np.full((3, 3), 0.49), known) == pytest.approx([0.7, 0.7, 0.7])


@settings(max_examples=80)
@given(n=st.integers(2, 8), seed=st.integers(0, 10_000))
def test_the_order_of_models_changes_nothing(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kappa = rng.uniform(-0.3, 1, (n, n)).round(1)  # rounded, so that models tie
    kappa = np.triu(kappa, 1) + np.triu(kappa, 1).T
    order = rng.permutation(n)
    np.testing.assert_array_equal(fit(kappa[np.ix_(order, order)]), fit(kappa)[order])


@settings(max_examples=30)
@given(n=st.integers(3, 7), seed=st.integers(0, 10_000))
def test_no_nearby_point_fits_better(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    r = rng.uniform(0.4, 0.95, n)
    kappa = np.outer(r, r) + rng.normal(0, 0.05, (n, n))
    kappa = np.triu(kappa, 1) + np.triu(kappa, 1).T
    above = np.triu_indices(n, 1)

    def squares(x: np.ndarray) -> float:
        return float(((kappa - np.outer(x, x))[above] ** 2).sum())

    fitted = fit(kappa)
    for step in (1e-2, 1e-4):
        for _ in range(50):
            nearby = np.clip(fitted + rng.normal(0, step, n), 0, 0.98)
            assert squares(fitted) <= squares(nearby) + 1e-12


@settings(max_examples=30)
@given(n=st.integers(2, 7), seed=st.integers(0, 10_000))
def test_a_group_is_fitted_as_if_it_were_alone(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    kappa = rng.uniform(-0.3, 1, (6, n, n)).round(1)
    kappa = np.triu(kappa, 1)
    kappa += np.swapaxes(kappa, 1, 2)
    together = fit_rank_one(kappa, ALL_KNOWN[:n, :n])
    np.testing.assert_array_equal(together, [fit(each) for each in kappa])
