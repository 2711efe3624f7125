from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attrx.ensemble.arrays import ABSENT, MISSING
from attrx.ensemble.deciding import choose_spelling
from attrx.ensemble.decision_rule import (
    STATUS_ABSENT,
    STATUS_DECIDED,
    STATUS_NO_ANSWER,
    STATUS_TIE,
    Rule,
    decide,
)

THREE = Rule(weight=np.array([0.9, 0.5, 0.3]), agreement=np.array([0.9, 0.7, 0.6]))


def codes(*rows: list[int]) -> np.ndarray:
    return np.array(rows, np.int32)


def test_share_margin_support_and_voters_by_hand() -> None:
    # Scores .9 + .3 = 1.2 for value 4 and .5 for value 2, of 1.7 in all.
    got = decide(codes([4, 2, 4]), THREE)
    assert got.code.tolist() == [4]
    assert got.share[0] == pytest.approx(1.2 / 1.7)
    assert got.margin[0] == pytest.approx(0.7 / 1.7)
    assert (got.support[0], got.voters[0], got.n_blocks[0], got.status[0]) == (
        2,
        3,
        2,
        STATUS_DECIDED,
    )


def test_a_missing_vote_counts_for_nobody() -> None:
    got = decide(codes([MISSING, 2, 1]), THREE)
    assert (got.code[0], got.voters[0]) == (2, 2)
    assert got.share[0] == pytest.approx(0.5 / 0.8)


def test_no_vote_is_no_answer() -> None:
    got = decide(codes([MISSING] * 3), THREE)
    assert (got.code[0], got.status[0], got.voters[0], got.n_blocks[0]) == (
        MISSING,
        STATUS_NO_ANSWER,
        0,
        0,
    )
    assert np.isnan([got.share[0], got.margin[0]]).all()


def test_absent_can_win() -> None:
    got = decide(codes([ABSENT, ABSENT, 3]), THREE)
    assert (got.code[0], got.status[0], got.support[0]) == (ABSENT, STATUS_ABSENT, 2)


def test_with_absent_missing_an_na_never_wins_over_a_value() -> None:
    got = decide(codes([ABSENT, ABSENT, 3]), replace(THREE, absent="missing"))
    assert (got.code[0], got.status[0], got.voters[0], got.share[0]) == (3, STATUS_DECIDED, 1, 1)


def test_with_absent_missing_and_no_value_an_na_makes_the_cell_absent() -> None:
    got = decide(codes([ABSENT, MISSING, MISSING], [MISSING] * 3), replace(THREE, absent="missing"))
    assert got.status.tolist() == [STATUS_ABSENT, STATUS_NO_ANSWER]
    assert got.code.tolist() == [ABSENT, MISSING]
    assert np.isnan(got.share).all()


def test_a_tie_goes_to_the_model_with_the_higher_agreement() -> None:
    rule = Rule(weight=np.ones(2), agreement=np.array([0.6, 0.8]))
    got = decide(codes([1, 2]), rule)
    assert (got.code[0], got.status[0], got.margin[0]) == (2, STATUS_TIE, 0)


def test_a_tie_of_equal_agreement_goes_to_the_config_order() -> None:
    got = decide(codes([5, 2]), Rule(weight=np.ones(2), agreement=np.array([0.7, 0.7])))
    assert (got.code[0], got.status[0]) == (5, STATUS_TIE)


def test_a_tied_absent_is_marked_tie() -> None:
    got = decide(codes([ABSENT, 2]), Rule(weight=np.ones(2), agreement=np.array([0.7, 0.6])))
    assert (got.code[0], got.status[0]) == (ABSENT, STATUS_TIE)


def test_where_all_voters_weigh_0_plain_counts_decide() -> None:
    rule = Rule(weight=np.array([1.0, 0, 0, 0]), agreement=np.array([0.9, 0.5, 0.4, 0.3]))
    got = decide(codes([MISSING, 1, 2, 2], [3, 1, 2, 2]), rule)
    assert got.code.tolist() == [2, 3]
    assert got.no_weight.tolist() == [True, False]
    assert got.share[0] == pytest.approx(2 / 3)


def test_single_hears_one_model_only() -> None:
    rule = replace(THREE, weight=np.ones(3), voters=np.array([False, True, False]))
    got = decide(codes([1, 2, 1], [1, MISSING, 1], [1, ABSENT, 1]), rule)
    assert got.status.tolist() == [STATUS_DECIDED, STATUS_NO_ANSWER, STATUS_ABSENT]
    assert got.voters.tolist() == [1, 0, 1]


def test_the_method_paper_gives_ties_to_the_config_order_and_knows_negative_weights() -> None:
    rule = Rule(
        weight=np.array([-0.5, -0.2, -0.2]), agreement=np.array([0.1, 0.2, 0.3]), hard_ties=True
    )
    got = decide(codes([1, 2, 3], [1, 1, MISSING]), rule)
    assert got.code.tolist() == [2, 1]
    assert got.status.tolist() == [STATUS_TIE, STATUS_DECIDED]
    assert np.isnan(got.share).all()  # no block has any positive weight to have a part of


def test_a_logit_share_is_a_softmax_and_the_tilt_goes_to_the_marked_value() -> None:
    rule = Rule(
        np.array([1.0, 1.5]), np.array([0.8, 0.9]), logit=True, tilt=0.9, tilted_code=ABSENT
    )
    got = decide(codes([ABSENT, 4], [2, 4]), rule)
    assert got.code.tolist() == [ABSENT, 4]
    assert got.share[0] == pytest.approx(1 / (1 + np.exp(1.5 - 1.9)))
    assert got.share[1] == pytest.approx(1 / (1 + np.exp(-0.5)))


def test_nothing_to_decide_gives_nothing() -> None:
    got = decide(np.zeros((0, 3), np.int32), THREE)
    assert len(got.code) == len(got.share) == 0


def test_the_printed_spelling_is_the_one_most_winning_models_gave() -> None:
    spellings = codes([1, 2, 2, 3], [1, 2, 3, 3], [4, 5, 6, 6], [1, 1, 1, 1])
    backing = np.array([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0]], bool)
    # Row 1: two of three winners write 2. Rows 2, 3: one each, the first in the config; the losers'
    # spelling does not count.
    assert choose_spelling(spellings, backing).tolist() == [1, 0, 0, -1]
