from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vote_tables import Votes, attribute

from attrx.ensemble.arrays import FloatArray
from attrx.ensemble.pattern_table import PatternTable
from attrx.ensemble.weights import Round, fixed_weights, follow_leader, learn_in_rounds

# Two closed attributes of two values, n/a is no vote.
#   color  A B C      size  A B C
#   1      1 1 2      1     2 1 -
#   2      1 2 2      2     2 2 -
#   3      2 2 2
#   4      1 1 1
VOTES = Votes(
    (attribute("color", 2, "missing"), attribute("size", 2, "missing")),
    (
        np.array([[1, 1, 2], [1, 2, 2], [2, 2, 2], [1, 1, 1]], np.int32),
        np.array([[2, 1, -1], [2, 2, -1]], np.int32),
    ),
)


def test_majority_by_hand() -> None:
    weights = fixed_weights(VOTES.groups(), np.ones(3))
    # color: 1, 2, 2, 1 win; A agrees in 1 3 4, B in all, C in 2 3 4. size: a tie and 2; A and B
    # get half of the tie. C has no vote on size: what it is over all groups stands in.
    assert weights.agreement == pytest.approx(
        np.array([[3 / 4, 1, 3 / 4], [1.5 / 2, 1.5 / 2, 3 / 4]])
    )
    assert weights.pairs == (("*", "color"), ("*", "size"))
    assert weights.votes.tolist() == [[4, 4, 4], [2, 2, 0]]
    assert weights.weight.tolist() == [[1, 1, 1], [1, 1, 1]]
    # color: 1 and 2 win half of the cells each, so chance is 1/2 for everybody. size: 1 wins a
    # quarter, 2 three quarters; A always says 2, B each once.
    assert weights.chance == pytest.approx(np.array([[1 / 2, 1 / 2, 1 / 2], [3 / 4, 1 / 2, 1 / 2]]))
    assert (weights.iterations, weights.converged, weights.tilt) == (0, True, 0)


def test_where_nobody_who_votes_has_a_weight_nobody_wins() -> None:
    weights = fixed_weights(VOTES.groups(), np.array([0, 0, 1.0]))
    # C decides color. On size it has no vote, and so neither A nor B agrees with anybody.
    assert weights.agreement == pytest.approx(np.array([[2 / 4, 3 / 4, 1], [0, 0, 1]]))
    assert weights.row(("*", "size")) == 1


def test_a_leader_outweighs_the_others_and_the_rounds_of_learning_are_kept() -> None:
    groups = VOTES.groups()
    weights = fixed_weights(groups, np.array([[0.5, 0.25, 0.125], [1, 2, 4.0]]))
    led = follow_leader(groups, replace(weights, iterations=7, converged=False), 0)
    assert (led.iterations, led.converged) == (7, False)
    assert led.weight.tolist() == [[1.375, 0.25, 0.125], [7, 2, 4]]
    assert led.agreement[:, 0].tolist() == [1, 1]
    assert weights.weight[:, 0].tolist() == [0.5, 1]  # the learned ones stay as they are


def rounds(agreements: list[float]) -> tuple[int, bool, float]:
    """Iterations, convergence and weight, where round k has an agreement of its own."""
    table = PatternTable(VOTES.groups())
    shape = table.votes.shape
    calls: list[FloatArray] = []

    def learn_round(weight: FloatArray) -> Round:
        agreement = agreements[min(len(calls), len(agreements) - 1)]
        calls.append(weight)
        return Round(weight + 1, np.full(shape, agreement), np.full(shape, 0.25))

    weights = learn_in_rounds(table, np.zeros(shape), learn_round)
    assert len(calls) == weights.iterations
    assert calls[0].tolist() == np.zeros(shape).tolist()
    assert weights.pairs == table.pairs
    assert weights.chance.tolist() == np.full(shape, 0.25).tolist()
    assert weights.votes.tolist() == table.votes.tolist()
    assert np.unique(weights.agreement).tolist() == [agreements[-1]]
    return weights.iterations, weights.converged, float(weights.weight[0, 0])


def test_learning_ends_once_agreements_rest() -> None:
    assert rounds([0.5, 0.6, 0.6]) == (3, True, 3)
    assert rounds([0.5, 0.6, 0.6 + 5e-13]) == (3, True, 3)  # less than 1e-12
    assert rounds([0.5, 0.6, 0.6 + 2e-12]) == (4, True, 4)


def test_learning_that_never_rests_ends_after_100_rounds() -> None:
    assert rounds([k / 1000 for k in range(100)]) == (100, False, 100)
