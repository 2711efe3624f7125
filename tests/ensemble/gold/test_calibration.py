from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.gold.calibration import expected_calibration_error


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
