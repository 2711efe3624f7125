from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.drift import Snapshot, find_shifts, homogeneity, two_proportions


def test_two_proportions_by_hand() -> None:
    # 90 of 100 and 80 of 100: pooled .85, error sqrt(.85 * .15 * .02) = .0505, z = -.1 / .0505.
    assert two_proportions((90, 80), (100, 100)) == pytest.approx(
        -0.1 / np.sqrt(0.85 * 0.15 * 0.02)
    )
    assert two_proportions((0, 0), (0, 10)) == 0
    assert two_proportions((10, 10), (10, 10)) == 0


def test_homogeneity_by_hand() -> None:
    # Rows (30, 70), (50, 50): expected 40 and 60, chi-square = 4 terms: 100/40 + 100/60 twice =
    # 8.333 at 1 degree.
    z = homogeneity([30, 70], [50, 50])
    assert z == pytest.approx((8.3333333 ** (1 / 3) - (1 - 2 / 9)) / np.sqrt(2 / 9))
    assert z == pytest.approx(2.65, abs=0.1)  # the normal value of the chi-square's own p = .0039


def test_rare_answers_are_put_together() -> None:
    assert homogeneity([100, 100, 1, 1], [100, 100, 2, 0]) == pytest.approx(
        homogeneity([100, 100], [100, 100]), abs=1
    )
    assert homogeneity([5], [5]) == 0
    assert homogeneity([], []) == 0


def night(agreed: int, votes: int, **said: int) -> Snapshot:
    return Snapshot(agreed, votes, said)


def test_a_swapped_model_is_noticed() -> None:
    before, after = (
        night(930, 1000, red=500, blue=450, absent=50),
        night(700, 1000, red=300, blue=300, absent=400),
    )
    same = night(925, 1000, red=510, blue=440, absent=50)
    found = find_shifts({("m1", "color"): (before, after), ("m2", "color"): (before, same)})
    assert [(m.model, m.what) for m in found] == [("m1", "agreement"), ("m1", "answers")]
    assert found[0].text == (
        "m1: its agreement on color went from 93.0% to 70.0%, more than chance would; has the vendor changed the model?"
    )
    assert found[1].text == (
        "m1: it says 'absent' for color on 40.0% of cells, 5.0% before, more than chance would"
    )


def test_chance_alone_raises_no_alarm() -> None:
    rng = np.random.default_rng(0)
    nights = {}
    for k in range(300):
        a, b = rng.binomial(400, 0.85, 2)
        x, y = rng.multinomial(400, [0.5, 0.3, 0.2], 2).tolist()
        nights[f"m{k}", "color"] = (
            night(int(a), 400, r=x[0], b=x[1], g=x[2]),
            night(int(b), 400, r=y[0], b=y[1], g=y[2]),
        )
    assert find_shifts(nights) == ()


def test_a_change_too_small_to_matter_is_not_told_whatever_the_number_of_cells() -> None:
    big = 10_000_000
    before, after = (
        night(int(0.90 * big), big, r=big // 2, b=big // 2),
        night(int(0.91 * big), big, r=big // 2, b=big // 2),
    )
    assert find_shifts({("m", "color"): (before, after)}) == ()


def test_a_model_without_votes_is_not_compared() -> None:
    assert find_shifts({("m", "color"): (night(0, 0), night(5, 9, r=9))}) == ()
