"""Which values can go out unread, so that of these a given share is right."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.ensemble.acceptance import STEPS, Acceptance, ConfidenceCounts


def accept(*confidences: list[float], precision: float = 0.9) -> Acceptance:
    counts = ConfidenceCounts()
    for bucket in confidences:
        counts.add(np.array(bucket, np.float64))
    return counts.accept(precision)


def test_the_rule_by_hand() -> None:
    # Wanted is .9 + .3 * .1 = .93. Means from above: .99, .98, .95 with .89, and .90 with .75.
    acceptance = accept([0.99, 0.75], [0.89, 0.97])
    assert acceptance.threshold == 890_000
    assert (acceptance.accepted_cells, acceptance.cells) == (3, 4)
    assert acceptance.accepts(np.array([0.89, 0.8899, np.nan])).tolist() == [True, False, False]
    # mu = .1 and alpha = .1: all could go out, if it were known which are wrong.
    assert acceptance.best_share == pytest.approx(1)
    assert acceptance.sentence == (
        "75% of the values can go out unread, as far as is known with 0.9 of them right; at best"
        " 100% could"
    )


def test_cells_of_one_confidence_go_out_together_or_stay_together() -> None:
    assert accept([0.92] * 5).accepted_cells == 0
    assert accept([0.94] * 5).accepted_cells == 5


def test_what_could_go_out_at_best_leaves_as_many_errors_as_are_allowed() -> None:
    # Half of 100 cells are wrong, and a tenth may be: 1 - (.5 - .1) / .9 = 5/9 of them, of which
    # 50 are right and 5.6 wrong.
    assert accept([0.5] * 100).best_share == pytest.approx(5 / 9)


def test_where_nothing_is_sure_enough_nothing_goes_out() -> None:
    acceptance = accept([0.5, 0.6, np.nan])
    assert acceptance.threshold > STEPS
    assert not acceptance.accepts(np.array([1.0])).any()
    assert (acceptance.share, acceptance.cells) == (0.0, 2)
    assert accept([]).share == 0.0


@given(st.lists(st.floats(0, 1), max_size=30), st.integers(0, 30), st.floats(0.5, 0.99))
def test_buckets_and_order_change_nothing_and_the_mean_is_reached(
    confidences: list[float], cut: int, precision: float
) -> None:
    whole = accept(confidences, precision=precision)
    assert accept(confidences[cut:], confidences[:cut][::-1], precision=precision) == whole
    rounded = np.rint(np.array(confidences) * STEPS)
    out = rounded[rounded >= whole.threshold]
    assert len(out) == whole.accepted_cells
    if len(out):
        assert out.mean() / STEPS >= precision + 0.3 * (1 - precision) - 1e-12
