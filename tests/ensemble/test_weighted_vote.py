from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.weighted_vote import score_blocks, share_credit, winning_blocks

BLOCKS = np.array([[0, 1, 0], [-1, 0, 1], [-1, -1, -1]], np.int8)


def winners(blocks: np.ndarray, weight: np.ndarray) -> list[list[bool]]:
    winning: list[list[bool]] = winning_blocks(
        blocks, weight, score_blocks(blocks, weight)
    ).tolist()
    return winning


def test_a_block_scores_the_sum_of_its_models_weights() -> None:
    scores = score_blocks(BLOCKS, np.array([0.5, 0.7, 0.1]))
    empty = -np.inf
    assert scores.tolist() == [[0.6, 0.7, empty], [0.7, 0.1, empty], [empty, empty, empty]]


def test_each_pattern_may_have_weights_of_its_own() -> None:
    weight = np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [1.0, 1.0, 1.0]])
    assert score_blocks(BLOCKS, weight)[:2, :2].tolist() == [[5.0, 2.0], [16.0, 32.0]]
    assert winners(BLOCKS, weight) == [
        [True, False, False],
        [False, True, False],
        [False, False, False],
    ]


@pytest.mark.parametrize(
    ("distance", "second_wins"),
    [(0.5e-9, True), (2e-9, False)],
)
def test_scores_within_a_billionth_tie(distance: float, second_wins: bool) -> None:
    two = np.array([[0, 1]], np.int8)
    for size in (1.0, 1e-6, 1e6):  # the distance is a relative one
        weight = np.array([size, size * (1 - distance)])
        assert winners(two, weight) == [[True, second_wins]]


def test_the_distance_is_relative_to_the_weights_of_the_same_pattern() -> None:
    two = np.array([[0, 1], [0, 1]], np.int8)
    weight = np.array([[1e6, 1.0], [1.0, 1.0 - 1e-6]])
    assert winners(two, weight) == [[True, False], [True, False]]


def test_negative_weights_tie_by_their_absolute_size() -> None:
    # 1 - 1 + 1e-10 and 0: told apart by less than a billionth of the 2 that the first block weighs.
    blocks = np.array([[0, 0, 1]], np.int8)
    assert winners(blocks, np.array([1.0, -1.0 + 1e-10, 0.0])) == [[True, True, False]]
    assert winners(blocks, np.array([1.0, -1.0 + 1e-8, 0.0])) == [[True, False, False]]


def test_a_tie_shares_the_win_or_the_first_block_has_it() -> None:
    winning = np.array([[True, False, True], [False, True, False], [False, False, False]])
    assert share_credit(winning, hard_ties=False).tolist() == [[0.5, 0, 0.5], [0, 1, 0], [0, 0, 0]]
    assert share_credit(winning, hard_ties=True).tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 0]]
