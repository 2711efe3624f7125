from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.gold.doubt import (
    LEAST_DOUBT,
    MOST_DOUBT,
    DoubtCounts,
    JointWeights,
    doubt_of,
    draw_order,
    smallest,
)
from attrx.ensemble.gold.sampling import cell_hashes
from attrx.ensemble.product_hashes import product_hashes


def test_doubt_by_hand() -> None:
    # .5 * .5 = .25 = 256 / 1024, .9 * .1 = .09 -> 92; .99 * .01 and 1 are raised to the least.
    doubt = doubt_of(np.array([0.5, 0.9, 0.99, 1.0, 0.0]))
    assert doubt.tolist() == [MOST_DOUBT, 92, LEAST_DOUBT, LEAST_DOUBT, LEAST_DOUBT]


def test_probabilities_are_in_proportion_to_the_doubt_and_add_up_to_the_sample() -> None:
    counts = DoubtCounts()
    counts.add(np.array([16] * 100 + [64] * 50))
    probability = counts.probability(24)
    assert probability[64] == pytest.approx(4 * probability[16])
    assert 100 * probability[16] + 50 * probability[64] == pytest.approx(24)


def test_cells_that_are_drawn_for_certain_leave_the_rest_to_the_others() -> None:
    # 10 of 30: 256 would be drawn with 10 * 256 / (2 * 256 + 28 * 16) > 1 -> both are, and 8 of 28.
    counts = DoubtCounts()
    counts.add(np.array([256] * 2 + [16] * 28))
    probability = counts.probability(10)
    assert probability[256] == 1
    assert probability[16] == pytest.approx(8 / 28)
    assert counts.probability(500)[16] == 1
    assert not DoubtCounts().probability(5).any()


def test_totals_are_estimated_without_bias() -> None:
    """Over many draws both samples together give the true total, doubtful cells or not."""
    rng = np.random.default_rng(0)
    n_cells, n_labelled, n = 3000, 150, 100
    confidence = rng.beta(4, 1, n_cells)
    is_right = rng.random(n_cells) < confidence
    doubt = doubt_of(confidence)
    products = product_hashes([f"p{k}" for k in range(n_cells)])
    estimates = []
    for seed in range(300):
        is_labelled = np.zeros(n_cells, np.bool_)
        chosen = np.random.default_rng(seed).choice(n_cells, n_labelled, replace=False)
        is_labelled[chosen] = True
        counts = DoubtCounts()
        counts.add(doubt[~is_labelled])
        probability = counts.probability(n)
        order = draw_order(cell_hashes(products, "a", seed), doubt, probability)
        drawn = smallest(order, ~is_labelled, n)
        assert len(drawn) == n
        drawn_probabilities = tuple(probability[doubt[drawn]].tolist())
        weights = JointWeights(n_cells, n_labelled, drawn_probabilities)
        of_drawn = np.array([weights.of_drawn(each) for each in drawn_probabilities])
        of_labelled = weights.of_labelled(1.0)
        assert n_labelled * of_labelled + of_drawn.sum() == pytest.approx(n_labelled + n)
        total = of_labelled * is_right[is_labelled].sum() + of_drawn @ is_right[drawn]
        estimates.append(total / (n_labelled + n))
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert np.mean(estimates) == pytest.approx(is_right.mean(), abs=4 * error)
