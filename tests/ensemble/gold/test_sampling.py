from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attrx.ensemble.gold.sampling import (
    Stratum,
    allocate,
    cell_hashes,
    product_folds,
    sampling_weight,
    smallest_hashes,
)
from attrx.ensemble.product_hashes import product_hashes

SIZES = {
    Stratum(True, "brand"): 300,
    Stratum(True, "color"): 100,
    Stratum(False, "brand"): 600,
    Stratum(False, "color"): 1000,
}


def test_four_fifths_come_from_disagreement_in_proportion_to_the_attributes() -> None:
    # 80 from 400 disagreements: 60 of brand, 20 of color. 20 from 1600 others: 7.5 and 12.5.
    drawn = allocate(SIZES, 100)
    assert drawn[Stratum(True, "brand")] == 60
    assert drawn[Stratum(True, "color")] == 20
    assert sorted((drawn[Stratum(False, "brand")], drawn[Stratum(False, "color")])) in (
        [7, 13],
        [8, 12],
    )


def test_weights_say_how_many_cells_a_drawn_cell_stands_for() -> None:
    # Disagreements are 400 of 2000 cells but 80 of 100 labels: (400 / 80) * 100 / 2000 = .25; the
    # others (1600 / 20) / 20 = 4.
    drawn = allocate(SIZES, 100)
    assert sampling_weight(SIZES, drawn, True) == pytest.approx(0.25)
    assert sampling_weight(SIZES, drawn, False) == pytest.approx(4)
    assert 80 * 0.25 + 20 * 4 == 100  # the mean is 1


def test_one_kind_makes_up_for_the_other() -> None:
    few = {Stratum(True, "a"): 10, Stratum(False, "a"): 500}
    assert allocate(few, 100) == {Stratum(True, "a"): 10, Stratum(False, "a"): 90}
    unlike = {Stratum(True, "a"): 500, Stratum(False, "a"): 3}
    assert allocate(unlike, 502) == {Stratum(True, "a"): 499, Stratum(False, "a"): 3}


def test_more_than_there_are_gives_all() -> None:
    assert allocate(SIZES, 10_000) == SIZES
    assert allocate({}, 5) == {}


@settings(max_examples=100)
@given(
    sizes=st.lists(st.integers(0, 50), min_size=1, max_size=8),
    n=st.integers(0, 300),
    seed=st.integers(0, 5),
)
def test_no_stratum_gives_more_than_it_has_and_all_that_is_wanted_is_drawn(
    sizes: list[int], n: int, seed: int
) -> None:
    strata = {Stratum(k % 2 == 0, f"a{k}"): size for k, size in enumerate(sizes)}
    drawn = allocate(strata, n, seed)
    assert all(0 <= drawn[s] <= strata[s] for s in strata)
    assert sum(drawn.values()) == min(n, sum(sizes))


def test_small_attributes_are_drawn_from_as_often_as_their_size_says() -> None:
    # 40 attributes of 5 cells, 20 labels: over many seeds each gets half a label.
    sizes = {Stratum(False, f"a{k:02}"): 5 for k in range(40)}
    drawn = [sum(allocate(sizes, 20, seed)[s] for seed in range(200)) for s in sizes]
    assert np.mean(drawn) == pytest.approx(100)
    assert min(drawn) > 60


def test_the_draw_is_by_hash_and_the_same_in_batches() -> None:
    hashes = cell_hashes(product_hashes([f"p{k}" for k in range(100)]), "brand")
    among = np.arange(100) % 3 == 0
    whole = smallest_hashes(hashes, among, 5)
    halves = np.concatenate(
        [
            smallest_hashes(hashes[:50], among[:50], 5),
            50 + smallest_hashes(hashes[50:], among[50:], 5),
        ]
    )
    again = halves[np.argsort(hashes[halves])[:5]]
    assert set(whole.tolist()) == set(again.tolist())
    assert among[whole].all()


def test_attributes_of_one_product_are_drawn_independently() -> None:
    products = product_hashes([f"p{k}" for k in range(2000)])
    brand, color = cell_hashes(products, "brand"), cell_hashes(products, "color")
    assert abs(np.corrcoef(brand.astype(float), color.astype(float))[0, 1]) < 0.1
    assert len(set(brand.tolist())) == 2000


def test_folds_go_by_product_and_are_even() -> None:
    products = np.repeat(product_hashes([f"p{k}" for k in range(23)]), 3)
    folds = product_folds(products)
    assert all(len(set(folds[products == p].tolist())) == 1 for p in products)
    assert np.bincount(folds).tolist() == [15, 15, 15, 12, 12]


def test_strata_are_written_by_name() -> None:
    assert [s.label for s in sorted(SIZES)] == [
        "brand:agree",
        "color:agree",
        "brand:disagree",
        "color:disagree",
    ]


def test_where_nearly_all_cells_disagree_the_sample_does_too() -> None:
    # 950 of 1,000 cells disagree: 95 % of the sample, not 80 %, so that no cell counts much more
    # than another.
    sizes = {Stratum(True, "a"): 950, Stratum(False, "a"): 50}
    sample = allocate(sizes, 100)
    assert (sample[Stratum(True, "a")], sample[Stratum(False, "a")]) == (95, 5)
    assert sampling_weight(sizes, sample, True) == sampling_weight(sizes, sample, False) == 1
