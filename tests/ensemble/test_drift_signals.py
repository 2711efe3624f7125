from __future__ import annotations

import numpy as np

from attrx.ensemble.drift_signals import (
    CellVotes,
    DriftSignal,
    agreement_with_others,
    measure_signals,
)

NAN = np.nan


def cells(codes: list[list[int]], *, absent_is_vote: bool = True) -> CellVotes:
    n = len(codes)
    return CellVotes(
        products=np.arange(n),
        categories=np.zeros(n, np.int64),
        attributes=np.zeros(n, np.int64),
        names=("color",),
        codes=np.array(codes, np.int32),
        absent_is_vote=np.array([absent_is_vote]),
        answers=({1: "red"},),
    )


def test_agreement_is_the_weight_of_the_others_that_say_the_same() -> None:
    # Weights 1, 2, 3. Cell 1: the first two agree: 2 of 5 for the first, 1 of 4 for the second.
    # Cell 2: the third is missing, so the first has 0 of 2. Cell 3: nobody else voted.
    agreement = agreement_with_others(
        cells([[1, 1, 2], [1, 2, -1], [1, -1, -1]]), np.array([1.0, 2.0, 3.0])
    )
    np.testing.assert_allclose(
        agreement, [[2 / 5, 1 / 4, 0], [0, 0, NAN], [NAN, NAN, NAN]], equal_nan=True
    )


def test_an_absence_that_is_no_vote_agrees_with_nobody() -> None:
    votes = cells([[0, 0, 1]], absent_is_vote=False)
    assert np.isnan(agreement_with_others(votes, np.ones(3))).all()
    counted = agreement_with_others(cells([[0, 0, 1]]), np.ones(3))
    assert counted.tolist() == [[0.5, 0.5, 0.0]]


def test_each_answer_is_a_signal_less_its_mean_over_the_models() -> None:
    signals = measure_signals(cells([[1, 1, 0], [2, -1, 1]]), np.ones(3), [0, 1, 2])
    column = signals.names.index(DriftSignal(1, "color", "red"))
    assert signals.plain[:, column].tolist() == [1, 0]
    np.testing.assert_allclose(signals.apart[:, column], [1 / 3, -1 / 3])
    nothing = signals.names.index(DriftSignal(1, "color", "nothing"))
    assert signals.plain[:, nothing].tolist() == [0, 1]
