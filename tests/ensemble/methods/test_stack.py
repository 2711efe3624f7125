from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vote_tables import Votes, attribute, votes

from attrx.ensemble.arrays import MISSING, IntArray
from attrx.ensemble.decision_rule import decide
from attrx.ensemble.gold.calibration import expected_calibration_error
from attrx.ensemble.gold.cross_validation import cross_validate
from attrx.ensemble.gold.gold_votes import GoldVotes, gold_votes, join
from attrx.ensemble.groups import tilted_code_of
from attrx.ensemble.methods.stack import (
    fit_stack,
    probably_best,
    stack_rule,
    stack_weights,
    winners,
)
from attrx.ensemble.rank_one import PairCounts, rank_one_start


def gold(
    rows: list[list[int]],
    accepted: list[list[int]],
    tilted_code: int | None = 0,
    weight: list[float] | None = None,
) -> GoldVotes:
    return gold_votes(
        np.array(rows, np.int32).reshape(len(rows), -1),
        accepted,
        absent="label",
        tilted_code=tilted_code,
        weight=None if weight is None else np.array(weight),
    )


def objective(data: GoldVotes, anchor: np.ndarray, w: np.ndarray, t: float) -> float:
    """The formula of docs/design.md#the-stack, cell by cell.

    Sampling weights have a mean of 1 where models disagree.
    """
    disagree = [len(set(row[row >= 0].tolist())) > 1 for row in data.blocks]
    scale = data.weight[disagree].mean() if any(disagree) else 1.0
    total = -((w - anchor) ** 2).sum() / (2 * 0.3**2) - t**2 / 2
    for cell in range(len(data.blocks)):
        blocks = data.blocks[cell]
        if not data.right[cell].any():
            continue
        scores = {}
        right = []
        for b in sorted({int(x) for x in blocks if x >= 0}):
            members = np.flatnonzero(blocks == b)
            scores[b] = w[members].sum() + t * data.tilted_votes[cell, members].any()
            right += [b] * bool(data.right[cell, members].any())
        log_total = np.log(sum(np.exp(s) for s in scores.values()))
        total += data.weight[cell] / scale * np.mean([scores[b] - log_total for b in right])
    return float(total)


def random_gold(seed: int, n_models: int, n_cells: int) -> GoldVotes:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, n_cells)
    skill = rng.random(n_models)
    codes = np.where(
        rng.random((n_cells, n_models)) < skill,
        truth[:, None],
        rng.integers(-1, 4, (n_cells, n_models)),
    )
    return gold(
        codes.tolist(), [[int(k)] for k in truth], weight=rng.uniform(0.5, 2, n_cells).tolist()
    )


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), n_models=st.integers(1, 6), n_cells=st.integers(1, 60))
def test_the_fit_is_the_maximum_of_the_formula_over_cells(
    seed: int, n_models: int, n_cells: int
) -> None:
    data = random_gold(seed, n_models, n_cells)
    fit = fit_stack(data, np.ones(n_models))
    assert fit.converged
    best = objective(data, fit.anchor, fit.weight, fit.tilt)
    rng = np.random.default_rng(seed)
    for step in (1e-1, 1e-3):
        for _ in range(20):
            moved = rng.normal(0, step, n_models + 1)
            assert (
                objective(data, fit.anchor, fit.weight + moved[:-1], fit.tilt + moved[-1])
                < best + 1e-9
            )


def test_a_fit_by_hand() -> None:
    # One model is right alone on one cell, equal anchors a: maximise log sigmoid(x - y) - ((x -
    # a)^2 + (y - a)^2) / .18. By symmetry x - a = a - y = d, and the slope is 0 where 1 -
    # sigmoid(2d) = d / .09.
    data = gold([[1, 2]], [[1]])
    anchor = fit_stack(data, np.ones(2)).anchor
    fit = fit_stack(data, np.ones(2))
    d = (fit.weight - anchor)[0]
    gap = fit.weight[0] - fit.weight[1]
    assert (fit.weight - anchor)[1] == pytest.approx(-d)
    assert 1 - 1 / (1 + np.exp(-gap)) == pytest.approx(d / 0.09)


def test_the_probable_best_by_hand() -> None:
    # A is right in 4 cells, B in 1 of these, C in another 2 of these and 1 more: hits 4, 1, 3.
    # z_B = 3 / sqrt(3 + 1) = 1.5; C differs from A in 2 + 1 cells: z_C = 1 / sqrt(3 + 1) = .5.
    rows = [[1, 1, 2], [1, 2, 1], [1, 2, 1], [1, 2, 3], [2, 3, 1]]
    likely = np.exp([0, -(1.5**2) / 2, -(0.5**2) / 2])
    assert probably_best(gold(rows, [[1]] * 5), np.ones(3)) == pytest.approx(likely / likely.sum())


def test_the_scale_of_sampling_weights_means_nothing() -> None:
    rows, accepted, weight = (
        [[1, 2], [1, 1], [2, 1], [1, 2]],
        [[1], [1], [1], [1]],
        [1.0, 3.0, 2.0, 1.0],
    )
    small, large = (
        fit_stack(gold(rows, accepted, weight=[f * w for w in weight]), np.ones(2))
        for f in (0.01, 50.0)
    )
    assert small.weight == pytest.approx(large.weight)


def test_a_named_leader_counts_half_beforehand() -> None:
    # Without gold only what is known beforehand remains: .5 for the leader, .25 for each of the
    # other two.
    nothing = gold([[1, 1, 1]], [[1]]).rows(np.zeros(1, bool))
    assert probably_best(nothing, np.ones(3), 1) == pytest.approx([0.25, 0.5, 0.25])


def test_equal_hits_are_led_by_the_model_with_the_higher_agreement() -> None:
    rows = gold([[1, 2], [2, 1]], [[1], [1]])
    assert probably_best(rows, np.array([1.0, 2.0])) == pytest.approx([0.5, 0.5])
    fit = fit_stack(rows, np.array([1.0, 3.0]))
    assert fit.anchor == pytest.approx([0.2 * 0.5 + 1, 0.2 * 1.5 + 1])


def test_cells_where_no_model_is_right_do_not_move_the_fit() -> None:
    useful = [[1, 2, 1], [2, 2, 1], [1, 3, 3]]
    with_lost = gold([*useful, [1, 2, 3], [4, 4, 2]], [[1], [1], [3], [9], [9]])
    without = gold(useful, [[1], [1], [3]])
    assert fit_stack(with_lost, np.ones(3)).weight == pytest.approx(
        fit_stack(without, np.ones(3)).weight, abs=1e-9
    )
    assert fit_stack(with_lost, np.ones(3)).fitted_cells == 3


@pytest.mark.parametrize(
    ("rows", "accepted"),
    [
        ([[1, 2]], [[1]]),  # one gold cell
        ([[1, 2], [3, 4]], [[9], [9]]),  # no model is right
        ([[1, 1], [2, 2]], [[1], [2]]),  # all unanimous
        ([[MISSING, MISSING]], [[1]]),  # no votes
        ([[1], [2]], [[1], [1]]),  # one model
        ([[1, 2]], [[1, 2]]),  # both accepted
    ],
)
def test_poor_gold_gives_finite_weights(rows: list[list[int]], accepted: list[list[int]]) -> None:
    data = gold(rows, accepted)
    fit = fit_stack(data, np.ones(len(rows[0])))
    assert fit.converged
    assert np.isfinite([*fit.weight, fit.tilt]).all()


def test_the_tilt_belongs_to_absent_or_to_the_first_of_two_values() -> None:
    assert tilted_code_of(attribute("a", 3), "label") == 0
    assert tilted_code_of(attribute("a", 0), "label") == 0
    assert tilted_code_of(attribute("a", 2), "missing") == 1
    assert tilted_code_of(attribute("a", 3), "missing") is None
    assert tilted_code_of(attribute("a", 0), "missing") is None


def test_expected_calibration_error_by_hand() -> None:
    # Bin .2: stated .25, right 1 of 2 -> off by .25 on half the weight; bin .9: stated .9, right 2
    # of 2 -> .1 on the other.
    stated, right = np.array([0.25, 0.25, 0.9, 0.9]), np.array([True, False, True, True])
    assert expected_calibration_error(stated, right, np.ones(4)) == pytest.approx(
        0.5 * 0.25 + 0.5 * 0.1
    )


def test_cross_validation_never_sees_the_cells_it_decides() -> None:
    # One product per fold, so each cell is decided by weights from the other cells only.
    data = random_gold(5, 3, 12)
    folds = np.arange(12) % 4

    def decide_fold(training: GoldVotes, fold: GoldVotes) -> IntArray:
        return winners(fit_stack(training, np.ones(3)), np.ones(3), fold)

    winner = cross_validate(data, folds, decide_fold)
    for fold in range(4):
        held = folds == fold
        rule = stack_rule(fit_stack(data.rows(~held), np.ones(3)), np.ones(3), "label", 0)
        got = decide(data.codes[held], rule)
        chosen = data.codes[held][np.arange(held.sum()), np.maximum(winner[held], 0)]
        np.testing.assert_array_equal(np.where(winner[held] >= 0, chosen, MISSING), got.code)


def start_of(table: Votes) -> np.ndarray:
    return np.asarray(rank_one_start(PairCounts.of(table.groups()).pool(), 0.0)[0])


def gold_of(table: Votes, seed: int) -> GoldVotes:
    rng = np.random.default_rng(seed)
    parts = []
    for each, codes in zip(table.attributes, table.codes, strict=True):
        truth = rng.integers(0, 3, len(codes))
        parts.append(
            gold_votes(
                codes,
                truth[:, None].tolist(),
                absent=each.absent,
                tilted_code=tilted_code_of(each, each.absent),
            )
        )
    return join(parts)


@settings(max_examples=40)
@given(table=votes(), seed=st.integers(0, 100))
def test_the_agreement_of_the_stack_on_patterns_equals_that_on_cells(
    table: Votes, seed: int
) -> None:
    stack = fit_stack(gold_of(table, seed), start_of(table))
    names = [each.name for each in table.attributes]
    weights = stack_weights(table.groups(), names, stack, start_of(table))
    for row, (each, codes) in enumerate(zip(table.attributes, table.codes, strict=True)):
        votes_cast = np.where(codes == 0, MISSING, codes) if each.absent == "missing" else codes
        got = decide(
            codes,
            stack_rule(stack, start_of(table), each.absent, tilted_code_of(each, each.absent)),
        )
        for i in range(codes.shape[1]):
            voted = votes_cast[:, i] != MISSING
            if voted.any():
                assert weights.agreement[row, i] == pytest.approx(
                    (votes_cast[voted, i] == got.code[voted]).mean()
                )
            else:
                assert np.isnan(weights.agreement[row, i])


def test_which_of_two_equal_front_runners_comes_first_says_nothing() -> None:
    rows = [[1, 2, 3], [2, 1, 3], [1, 2, 2], [2, 1, 1]]
    ties = gold(rows, [[1], [1], [1], [1]])
    one = probably_best(ties, np.array([0.5, 0.5 + 1e-16, 0.2]))
    other = probably_best(ties, np.array([0.5 + 1e-16, 0.5, 0.2]))
    assert one == pytest.approx(other)
    assert one[0] == pytest.approx(one[1])


@settings(max_examples=40)
@given(table=votes(min_models=2), seed=st.integers(0, 100))
def test_permuting_the_models_permutes_the_stack(table: Votes, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(table.codes[0].shape[1])
    permuted = Votes(table.attributes, tuple(c[:, order] for c in table.codes))
    before = fit_stack(gold_of(table, seed), start_of(table))
    after = fit_stack(gold_of(permuted, seed), start_of(permuted))
    assert after.weight == pytest.approx(before.weight[order], abs=1e-6)
    assert after.tilt == pytest.approx(before.tilt, abs=1e-6)
