"""How often models disagree on other cells of the same category and attribute."""

from __future__ import annotations

import numpy as np
import pytest
from vote_tables import attribute

from attrx.ensemble.arrays import ABSENT, MISSING
from attrx.ensemble.disagreement import Disagreement, vote_kinds


def test_votes_that_count_make_a_disagreement() -> None:
    codes = np.array(
        [[1, 1], [1, 2], [1, MISSING], [MISSING, MISSING], [1, ABSENT], [ABSENT, ABSENT]], np.int32
    )
    has_vote, disagrees = vote_kinds(codes, "label")
    assert has_vote.tolist() == [True, True, True, False, True, True]
    assert disagrees.tolist() == [False, True, False, False, True, False]
    has_vote, disagrees = vote_kinds(codes, "missing")
    assert has_vote.tolist() == [True, True, True, False, True, False]
    assert disagrees.tolist() == [False, True, False, False, False, False]


def test_the_own_cell_is_left_out_and_small_groups_lean_on_all() -> None:
    color = attribute("color", 0)
    categories = np.array(["shoes", "shoes", "shoes", "tea"], object)
    codes = np.array([[1, 2], [1, 1], [1, 1], [3, 4]], np.int32)
    disagreement = Disagreement()
    disagreement.count(categories[:2], color, codes[:2])
    disagreement.count(categories[2:], color, codes[2:])
    # Of 4 cells models disagree on 2: m = .5. Shoes: (1 - 1 + 5) / (2 + 10) for the first cell,
    # (1 - 0 + 5) / (2 + 10) for another.
    pairs = [("shoes", "color"), ("shoes", "color"), ("tea", "color"), ("none", "color")]
    logits = disagreement.logits(pairs, np.array([True, False, True, False]))
    share = np.array([5 / 12, 6 / 12, 5 / 10, 5 / 10])
    assert logits == pytest.approx(np.log(share / (1 - share)))
