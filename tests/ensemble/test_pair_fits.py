from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attrx.ensemble.pair_fits import explain_pairs
from attrx.ensemble.rank_one import fit_rank_one


def kappas(n_models: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    quality = rng.uniform(0.3, 0.95, n_models)
    kappa = np.outer(quality, quality) + rng.normal(0, 0.05, (n_models, n_models))
    kappa = np.triu(kappa, 1)
    return np.asarray(kappa + kappa.T)


@settings(max_examples=40)
@given(n_models=st.integers(4, 9), seed=st.integers(0, 10_000))
def test_all_fits_at_once_equal_one_fit_without_each_pair(n_models: int, seed: int) -> None:
    kappa = kappas(n_models, seed)
    explained = explain_pairs(kappa, np.ones(kappa.shape, bool))
    for first, second in zip(*np.triu_indices(n_models, 1), strict=True):
        without = np.ones(kappa.shape, bool)
        without[first, second] = without[second, first] = False
        quality = fit_rank_one(kappa[None], without)[0]
        assert explained[first, second] == pytest.approx(quality[first] * quality[second], abs=1e-5)


def test_pairs_that_do_not_count_are_left_blank_and_disturb_no_other() -> None:
    kappa = kappas(6, 1)
    enough = np.ones(kappa.shape, bool)
    enough[0, 1] = enough[1, 0] = False
    explained = explain_pairs(kappa, enough)
    other_kappa = kappa.copy()
    other_kappa[0, 1] = other_kappa[1, 0] = -0.9
    assert np.isnan(explained[0, 1])
    np.testing.assert_array_equal(explain_pairs(other_kappa, enough), explained)


def test_a_model_whose_only_pair_is_left_out_keeps_the_start() -> None:
    # d is compared with a alone, so that without (a, d) it has .7, and a is .9 by the other three:
    # r_a^2 = .72 * .54 / .48 = .81
    kappa = np.zeros((4, 4))
    for (first, second), value in {(0, 1): 0.72, (0, 2): 0.54, (1, 2): 0.48, (0, 3): 0.2}.items():
        kappa[first, second] = kappa[second, first] = value
    explained = explain_pairs(kappa, kappa > 0)
    assert explained[0, 3] == pytest.approx(0.9 * 0.7, abs=1e-5)
