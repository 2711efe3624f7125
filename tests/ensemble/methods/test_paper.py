from __future__ import annotations

import numpy as np
import pytest
from vote_tables import Votes, attribute

from attrx.ensemble.decision_rule import STATUS_TIE, decide
from attrx.ensemble.methods.paper import Paper, learn_paper

# Two attributes of two values; an n/a is no vote, so L = 2.
#   color  A B      size  A B
#   1      1 2      1     - 1
#   2      1 1
#   3      2 1
VOTES = Votes(
    (attribute("color", 2), attribute("size", 2)),
    (np.array([[1, 2], [1, 1], [2, 1]], np.int32), np.array([[0, 1]], np.int32)),
)


def test_weights_and_ties_by_hand() -> None:
    # With v = 1 cells 1 and 3 tie, and A comes first: A agrees in 3 of 3, B in 1 of 3, so that
    # v = 2 - 1 and 2/3 - 1. With these the winners stay. On size A has no vote and no weight.
    weights = learn_paper(VOTES.groups(absent="missing"))
    assert weights.agreement == pytest.approx(np.array([[1, 1 / 3], [1, 1]]))
    assert weights.weight == pytest.approx(np.array([[1, -1 / 3], [0, 1]]))
    assert weights.chance.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    assert (weights.iterations, weights.converged) == (2, True)


def test_a_tie_goes_to_the_first_model_of_the_config_and_an_na_is_no_vote() -> None:
    weights = learn_paper(VOTES.groups(absent="missing"))
    color, size = VOTES.attributes
    rule = Paper().rule(weights, 1, size)
    assert decide(VOTES.codes[1], rule).code.tolist() == [1]
    assert Paper().absent_of(color) == "missing"
    equal = decide(np.array([[2, 1], [0, 0]], np.int32), Paper().rule(weights, 0, color))
    assert equal.code.tolist() == [2, 0]
    weights.weight[0] = 1
    weights.agreement[0] = [0.3, 0.9]  # has no say
    tie = decide(np.array([[2, 1]], np.int32), Paper().rule(weights, 0, color))
    assert (tie.code.tolist(), tie.status.tolist()) == ([2], [STATUS_TIE])
