from __future__ import annotations

import math

import numpy as np
import pytest
from vote_tables import Votes, attribute

from attrx.ensemble.methods.iwmv import learn_iwmv
from attrx.ensemble.methods.paper import learn_paper
from attrx.ensemble.rank_one import PairCounts, rank_one_start
from attrx.ensemble.weights import fixed_weights

# Three models, one closed attribute with the values 1 and 2; n/a is no vote, so L = 2.
#   cell   A B C   majority
#   1      1 1 2   1
#   2      1 1 1   1
#   3      2 2 1   2
#   4      1 2 1   1
#   5      2 2 2   2
FIVE_CELLS = Votes(
    (attribute("size", 2, "missing"),),
    (np.array([[1, 1, 2], [1, 1, 1], [2, 2, 1], [1, 2, 1], [2, 2, 2]], np.int32),),
)


def test_uniform_chance_by_hand() -> None:
    # A agrees in 5 of 5, B in 1 2 3 5, C in 2 4 5; e = 1/2, so v = (a - 1/2) / (1/2) = 1, .6, .2.
    # With these the winners stay: cell 1 has 1.6 against .2, cell 4 has 1.2 against .6. The second
    # round moves nothing.
    weights = learn_iwmv(FIVE_CELLS.groups(), chance="uniform", shrink=0)
    assert weights.chance[0].tolist() == [0.5, 0.5, 0.5]
    assert weights.agreement[0] == pytest.approx([1, 0.8, 0.6])
    assert weights.weight[0] == pytest.approx([1, 0.6, 0.2])
    assert (weights.iterations, weights.converged) == (2, True)


def test_observed_chance_by_hand() -> None:
    # The same winners 1 1 2 1 2, so q = 3/5, 2/5. A says 1 in 3 of 5: e_A = .6 * .6 + .4 * .4 =
    # .52; B in 2: .4 * .6 + .6 * .4 = .48; C in 3: .52. v_A = (1 - .52) / .48 = 1, capped at .98;
    # v_B = (.8 - .48) / .52 = 8/13; v_C = (.6 - .52) / .48 = 1/6.
    weights = learn_iwmv(FIVE_CELLS.groups(), chance="observed", shrink=0)
    assert weights.chance[0] == pytest.approx([0.52, 0.48, 0.52])
    assert weights.weight[0] == pytest.approx([0.98, 8 / 13, 1 / 6])


def test_paper_by_hand() -> None:
    # v = L * agreement - 1 = 2 * (1, .8, .6) - 1: the same as above, but without a floor.
    assert learn_paper(FIVE_CELLS.groups(absent="missing")).weight[0] == pytest.approx(
        [1, 0.6, 0.2]
    )


def test_paper_weights_can_be_negative() -> None:
    # C contradicts A and B in both cells: agreement 0, v = 2 * 0 - 1 = -1.
    table = Votes((attribute("size", 2),), (np.array([[1, 1, 2], [2, 2, 1]], np.int32),))
    assert learn_paper(table.groups(absent="missing")).weight[0] == pytest.approx([1, 1, -1])
    assert learn_iwmv(table.groups(), chance="uniform", shrink=0).weight[0].tolist() == [1, 1, 0]


def hundred_open_cells() -> Votes:
    """45 cells where all agree, 27 only A and B, 9 only A and C, 3 only B and C, 16 nobody."""
    rows = (
        [[1, 1, 1]] * 45 + [[1, 1, 2]] * 27 + [[1, 2, 1]] * 9 + [[1, 2, 2]] * 3 + [[1, 2, 3]] * 16
    )
    return Votes((attribute("brand", 0),), (np.array(rows, np.int32),))


def test_the_rank_one_start_by_hand() -> None:
    # Nobody says n/a, so nothing agrees by chance: kappa_AB = .72, kappa_AC = .54, kappa_BC = .48,
    # r = .9, .8, .6 and v = log((1 + r) / (1 - r)) = log 19, log 9, log 4.
    start = rank_one_start(PairCounts.of(hundred_open_cells().groups()), 0.0)
    assert start[0] == pytest.approx([math.log(19), math.log(9), math.log(4)])


def test_an_open_attribute_by_hand() -> None:
    # With the start above A wins where nobody agrees, B and C together win over A (log 36 > log
    # 19).
    # Agreement: A 45 + 27 + 9 + 16 = 97, B 45 + 27 + 3 = 75, C 45 + 9 + 3 = 57 of 100; e = 0, so
    #     these are the weights.
    weights = learn_iwmv(hundred_open_cells().groups(), chance="observed", shrink=0)
    assert weights.weight[0] == pytest.approx([0.97, 0.75, 0.57])


def test_ties_share_the_credit_while_learning() -> None:
    # Two open votes that never agree: each gets half a credit per cell, agreement 1/2, e = 1/2, v =
    # 0 for both: all 1.
    table = Votes((attribute("brand", 0),), (np.array([[1, 2]] * 4, np.int32),))
    weights = learn_iwmv(table.groups(), chance="uniform", shrink=0)
    assert weights.agreement[0].tolist() == [0.5, 0.5]
    assert weights.weight[0].tolist() == [1, 1]


def test_agreement_is_shrunk_to_all_groups() -> None:
    # Group 1: A and B agree, C not, in 3 cells; group 2: all agree in 1 cell. Credit C: 0 of 3 and
    # 1 of 1, pooled 1/4. With s = 4: C gets (0 + 4/4) / (3 + 4) = 1/7 and (1 + 4/4) / (1 + 4) =
    # 2/5.
    codes = (np.array([[1, 1, 2]] * 3, np.int32), np.array([[1, 1, 1]], np.int32))
    table = Votes((attribute("a", 0), attribute("b", 0)), codes)
    weights = learn_iwmv(table.groups(), chance="uniform", shrink=4)
    assert weights.agreement[:, 2] == pytest.approx([1 / 7, 2 / 5])
    assert weights.agreement[:, 0].tolist() == [1, 1]


def test_lazy_models_that_agree_by_chance_get_next_to_no_weight() -> None:
    # Two good models (90 % right) beside three that say n/a to all but 5 % of cells.
    rng = np.random.default_rng(3)
    truth = rng.integers(1, 6, (4000, 1))
    good = np.where(rng.random((4000, 2)) < 0.9, truth, rng.integers(1, 6, (4000, 2)))
    lazy = np.where(rng.random((4000, 3)) < 0.95, 0, truth)
    table = Votes((attribute("color", 5),), (np.hstack([good, lazy]).astype(np.int32),))
    observed = learn_iwmv(table.groups(), chance="observed", shrink=100)
    uniform = learn_iwmv(table.groups(), chance="uniform", shrink=100)
    assert observed.weight[0, :2].min() > 0.7
    assert observed.weight[0, 2:].max() < 0.1
    assert uniform.weight[0, 2:].min() > uniform.weight[0, :2].max()


def test_a_model_that_never_votes_has_no_weight_and_no_agreement() -> None:
    table = Votes((attribute("a", 3),), (np.array([[1, -1, 1], [2, -1, 2]], np.int32),))
    for weights in (
        learn_iwmv(table.groups(), chance="observed", shrink=100),
        learn_iwmv(table.groups(), chance="uniform", shrink=0),
        fixed_weights(table.groups(), np.ones(3)),
    ):
        assert np.isnan(weights.agreement[0, 1])
        assert np.isfinite(weights.weight).all()
    assert learn_iwmv(table.groups(), chance="uniform", shrink=0).weight[0, 1] == 0


@pytest.mark.parametrize(
    "rows",
    [
        [[-1, -1]],  # no votes
        [[1], [2], [-1]],  # one model
        [[1, 1], [1, 1]],  # unanimous, one value
        [[0, 0, 0]] * 9,  # all say n/a
        [[1, 2, 3]],
    ],
)
@pytest.mark.parametrize("n_values", [0, 3])
def test_degenerate_votes_give_finite_weights(rows: list[list[int]], n_values: int) -> None:
    table = Votes((attribute("a", n_values),), (np.array(rows, np.int32),))
    for chance in ("observed", "uniform"):
        for shrink in (0.0, 100.0):
            weights = learn_iwmv(table.groups(), chance=chance, shrink=shrink)
            assert np.isfinite(weights.weight).all()
            assert weights.converged
    assert np.isfinite(learn_paper(table.groups(absent="missing")).weight).all()
