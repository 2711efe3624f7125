"""Confidence is fitted to gold, and rests on what is usual where gold says nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attrx.ensemble.arrays import ABSENT, MISSING, FloatArray
from attrx.ensemble.decision_rule import Rule, decide
from attrx.ensemble.gold.calibration import (
    PRIOR_MEAN,
    PRIOR_SPREAD,
    WITHOUT_GOLD,
    calibrate,
    confidence,
    confidence_features,
    expected_calibration_error,
)


def error(probability: list[float], right: list[bool], weight: list[float] | None = None) -> float:
    weights = np.ones(len(right)) if weight is None else np.array(weight)
    return expected_calibration_error(np.array(probability), np.array(right), weights)


def test_errors_within_a_bin_cancel_out_and_bins_are_a_tenth_wide() -> None:
    # .21 and .29 share a bin: |.21 - 1 + .29 - 0| / 2.
    assert error([0.21, 0.29], [True, False]) == pytest.approx(0.25)


def test_errors_of_different_bins_add_up() -> None:
    assert error([0.05, 0.95], [True, False]) == pytest.approx(0.95)
    assert error([0.85, 0.95], [True, False]) == pytest.approx((0.15 + 0.95) / 2)


def test_certainty_belongs_to_the_last_bin() -> None:
    # |1 - 0 + .95 - 1| / 2
    assert error([1.0, 0.95], [False, True]) == pytest.approx(0.475)


def test_a_bin_weighs_as_much_as_its_cells() -> None:
    # Three quarters of the weight are off by .2, one by .4.
    assert error([0.8, 0.4], [True, False], [3.0, 1.0]) == pytest.approx(0.75 * 0.2 + 0.25 * 0.4)


def logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def test_the_signs_on_a_cell_by_hand() -> None:
    codes = np.array([[1, 1, 2], [1, 1, 1], [ABSENT, ABSENT, 1], [MISSING] * 3], np.int32)
    decisions = decide(codes, Rule(np.ones(3), np.ones(3)))
    signals = np.array([[0.5, -1.0, 0.7], [1.0, 2.0, 0.0], [0.0] * 3, [0.0] * 3])
    group_logit = np.array([-1.0, -2.0, -1.5, -1.5])
    features = confidence_features(decisions, signals, group_logit)
    two_thirds = logit(2 / 3)
    assert features[0] == pytest.approx([1, two_thirds, 0, 0, -1.0, 0.5, -1.0, 0.7])
    assert features[1] == pytest.approx([1, 0, 1, 0, -2.0, 1.0, 2.0, 0.0])
    assert features[2] == pytest.approx([1, two_thirds, 0, 1, -1.5, 0, 0, 0])
    assert np.isnan(features[3]).all()
    # Without gold, that of the second is the logistic of 1 + 2.5 + .25 * 2 + .05 + .2 * 2 = 4.45.
    certainty = confidence(features, WITHOUT_GOLD)
    assert certainty[1] == pytest.approx(1 / (1 + np.exp(-4.45)))
    assert np.isnan(certainty[3])


def some_features(rng: np.random.Generator, n_cells: int) -> FloatArray:
    features = rng.normal(0, 1, (n_cells, 8))
    features[:, 0] = 1
    features[:, 2] = rng.integers(0, 2, n_cells)
    return features


def penalised(features: FloatArray, right: np.ndarray, weight: FloatArray, b: FloatArray) -> float:
    probability = 1 / (1 + np.exp(-(features @ b)))
    likelihood = np.where(right, probability, 1 - probability)
    prior = ((b - PRIOR_MEAN) ** 2 / PRIOR_SPREAD**2).sum() / 2
    return float(weight @ np.log(likelihood) / weight.mean() - prior)


@settings(max_examples=30)
@given(seed=st.integers(0, 1000), n_cells=st.integers(1, 60))
def test_the_fit_is_the_maximum_of_the_formula(seed: int, n_cells: int) -> None:
    rng = np.random.default_rng(seed)
    features = some_features(rng, n_cells)
    right = rng.random(n_cells) < 0.7
    weight = rng.uniform(0.5, 2, n_cells)
    best = calibrate(features, right, weight).coefficients
    highest = penalised(features, right, weight, best)
    for step in (1e-1, 1e-3):
        for _ in range(20):
            other = best + rng.normal(0, step, 8)
            assert penalised(features, right, weight, other) < highest + 1e-9


def test_the_scale_of_sampling_weights_means_nothing() -> None:
    rng = np.random.default_rng(1)
    features = some_features(rng, 20)
    right = rng.random(20) < 0.7
    weight = rng.uniform(0.5, 2, 20)
    one = calibrate(features, right, weight).coefficients
    assert calibrate(features, right, 7 * weight).coefficients == pytest.approx(one)


def test_gold_that_is_far_from_the_usual_does_not_let_the_fit_run_away() -> None:
    # All wrong, and signs of a size at which plain Newton steps overshoot.
    features = np.tile([1.0, 3.9, 0.0, 1.0, -6.0, -3.9, -6.2, 1.39], (500, 1))
    calibration = calibrate(features, np.zeros(500, bool), np.ones(500))
    assert np.isfinite(calibration.coefficients).all()
    assert confidence(features, calibration)[0] < 0.02


def test_cells_without_votes_tell_nothing_and_are_not_counted() -> None:
    rng = np.random.default_rng(2)
    features = some_features(rng, 10)
    right = rng.random(10) < 0.7
    silent = np.full((3, 8), np.nan)
    with_silent = calibrate(
        np.concatenate([features, silent]), np.append(right, [False] * 3), np.ones(13)
    )
    without = calibrate(features, right, np.ones(10))
    assert with_silent.coefficients == pytest.approx(without.coefficients)
    assert with_silent.unanimous + with_silent.disagreements == 10
    assert with_silent.has_gold


def test_gold_without_any_vote_leaves_what_is_usual() -> None:
    nothing = calibrate(np.full((2, 8), np.nan), np.zeros(2, bool), np.ones(2))
    assert nothing.coefficients == pytest.approx(PRIOR_MEAN)
    assert not nothing.has_gold
