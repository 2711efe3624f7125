from __future__ import annotations

import numpy as np
from vote_tables import attribute

from attrx.ensemble.arrays import ABSENT, MISSING
from attrx.ensemble.gold.gold_cells import GoldCells
from attrx.ensemble.gold.gold_votes import NOBODY

RED, BLUE = 1, 2
CELLS = GoldCells(
    cells=(("p1", "color"), ("p2", "size"), ("p1", "size"), ("p3", "color")),
    pairs=(("shoes", "color"), ("", "size"), ("shoes", "size"), ("", "color")),
    codes=np.array(
        [[RED, BLUE, MISSING], [MISSING, ABSENT, 1], [1, 2, 3], [MISSING, BLUE, ABSENT]], np.int32
    ),
    accepted_codes=((RED,), (ABSENT,), (2, 3), (NOBODY, BLUE)),
    weight=np.array([1.0, 2.0, 0.5, 0.5]),
)


def test_a_model_is_right_with_any_accepted_value_and_a_missing_vote_counts_as_na() -> None:
    assert CELLS.right.tolist() == [
        [True, False, False],
        [True, True, False],  # gold says n/a: so does the first model, which gave no usable answer
        [False, True, True],
        [False, True, False],
    ]


def test_products_are_numbered_in_the_order_in_which_they_come() -> None:
    assert CELLS.products.tolist() == [0, 1, 0, 2]
    hashes = CELLS.product_hashes
    assert hashes[0] == hashes[2]
    assert len(set(hashes.tolist())) == 3


def test_votes_go_attribute_by_attribute_and_keep_their_rows_and_weights() -> None:
    votes, rows = CELLS.votes([attribute("size", 3, "missing"), attribute("color", 2)])
    assert rows.tolist() == [1, 2, 0, 3]
    assert votes.weight.tolist() == [2.0, 0.5, 1.0, 0.5]
    # Of size, an n/a is no vote, and nothing is tilted: it has three values.
    assert votes.blocks.tolist() == [[-1, -1, 0], [0, 1, 2], [0, 1, -1], [-1, 0, 1]]
    assert votes.right.tolist() == [
        [False, False, False],
        [False, True, True],
        [True, False, False],
        [False, True, False],
    ]
    assert votes.tilted_votes.tolist() == [*[[False] * 3] * 3, [False, False, True]]


def test_no_gold_cells_have_nobody_right() -> None:
    none = GoldCells((), (), np.zeros((0, 3), np.int32), (), np.zeros(0))
    assert none.right.shape == (0, 3)
    assert none.products.shape == (0,)
