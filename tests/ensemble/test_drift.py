from __future__ import annotations

import numpy as np
import pytest

from attrx.configs.notices import Notice
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


def wilson_hilferty(chi_square: float, degrees: int) -> float:
    spread = 2 / (9 * degrees)
    return float(((chi_square / degrees) ** (1 / 3) - (1 - spread)) / np.sqrt(spread))


def test_two_proportions_of_nights_of_different_length_by_hand() -> None:
    # 90 of 100 and 160 of 200: pooled 250 / 300, and 1 / 100 + 1 / 200 = .015.
    assert two_proportions((90, 160), (100, 200)) == pytest.approx(
        (0.8 - 0.9) / np.sqrt(250 / 300 * 50 / 300 * 0.015)
    )


def test_homogeneity_at_two_degrees_by_hand() -> None:
    # Rows (20, 10), (20, 30), (60, 60): expected 15, 25, 60 on both nights, chi-square = 2 * 25/15
    # + 2 * 25/25.
    assert homogeneity([20, 20, 60], [10, 30, 60]) == pytest.approx(
        wilson_hilferty(2 * 25 / 15 + 2, 2)
    )


def test_rare_answers_are_put_together() -> None:
    # Of 207 and 204 cells, 3 + 3 and 4 + 1 are too rare by themselves; together they are (7, 4).
    assert homogeneity([100, 100, 3, 4], [100, 100, 3, 1]) == homogeneity(
        [100, 100, 7], [100, 100, 4]
    )
    # Together (7, 3) is too rare still: 10 * 203 / 410 < 5.
    assert homogeneity([100, 100, 3, 4], [100, 100, 2, 1]) == homogeneity([100, 100], [100, 100])
    assert homogeneity([100, 100, 1, 1], [100, 100, 2, 0]) == homogeneity([100, 100], [100, 100])
    assert homogeneity([5], [5]) == 0
    assert homogeneity([], []) == 0


def test_an_answer_that_is_expected_five_times_is_not_rare() -> None:
    # Nights of one length: (5, 5) and twice (5, 5) are expected 5 times each, and stand alone.
    assert homogeneity([95, 5], [95, 5]) == pytest.approx(wilson_hilferty(0, 1))
    assert homogeneity([90, 5, 5], [90, 5, 5]) == pytest.approx(wilson_hilferty(0, 2))
    # (2, 3) and (3, 2) do together.
    assert homogeneity([95, 2, 3], [95, 3, 2]) == pytest.approx(wilson_hilferty(0, 1))
    assert homogeneity([96, 4, 0], [98, 1, 1]) == 0  # together (4, 2): expected 3 times


def night(agreed: int, votes: int, **said: int) -> Snapshot:
    return Snapshot(agreed, votes, said)


def test_a_swapped_model_is_noticed() -> None:
    before, after = (
        night(930, 1000, red=500, blue=450, absent=50),
        night(700, 1000, red=300, blue=300, absent=400),
    )
    same = night(925, 1000, red=510, blue=440, absent=50)
    found = find_shifts({("m1", "color"): (before, after), ("m2", "color"): (before, same)})
    assert [(m.model, m.attribute, m.what) for m in found] == [
        ("m1", "color", "agreement"),
        ("m1", "color", "answers"),
    ]
    assert [(m.before, m.after) for m in found] == [(0.93, 0.7), (0.05, 0.4)]
    assert [m.notice for m in found] == [
        Notice("agreement_shift", found[0].text, ("m1",), (("*", "color"),)),
        Notice("answers_shift", found[1].text, ("m1",), (("*", "color"),)),
    ]
    assert found[0].text == (
        "m1: its agreement on color went from 93.0% to 70.0%, more than chance would;"
        " has the vendor changed the model?"
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


def of_1000(agreements: int, **answers: int) -> Snapshot:
    return Snapshot(agreements, 1000, answers or {"a value": 1000})


@pytest.mark.parametrize(
    ("models", "last_quiet", "first_told"),
    [
        # A normal value is above 3.481 by chance with p = .001 / 2 tests / 2 sides. 500 and 577 of
        # 1000 give .077 / sqrt(.5385 * .4615 / 500) = 3.454, 578 gives 3.499.
        (1, 577, 578),
        # 4 tests: 3.662. 581 gives 3.634, 582 gives 3.680.
        (2, 581, 582),
    ],
)
def test_a_false_alarm_is_raised_once_in_a_thousand_runs(
    models: int, last_quiet: int, first_told: int
) -> None:
    def shifts(agreements: int) -> int:
        nights = (of_1000(500), of_1000(agreements))
        return len(find_shifts({(f"m{k}", "color"): nights for k in range(models)}))

    assert shifts(last_quiet) == 0
    assert shifts(first_told) == models


def test_a_false_alarm_on_answers_is_as_rare() -> None:
    # The limit is 3.481 again. 500 of each against 417 and 583 has a chi-square of 13.82, a normal
    # value of 3.447; against 416 and 584 one of 14.15, 3.488.
    def shifts(red: int) -> int:
        nights = (of_1000(500, red=500, blue=500), of_1000(500, red=red, blue=1000 - red))
        return len(find_shifts({("m", "color"): nights}))

    assert (shifts(417), shifts(416)) == (0, 1)


def test_answers_that_were_not_given_before_or_are_not_given_any_more_are_told() -> None:
    before = of_1000(500, red=500, blue=500)
    after = of_1000(500, red=500, green=500)
    [shift] = find_shifts({("m", "color"): (before, after)})
    assert (shift.before, shift.after) == (0.5, 0)
    assert "says 'blue' for color on 0.0% of cells, 50.0% before" in shift.text


@pytest.mark.parametrize(("share", "told"), [(0.544, 0), (0.556, 1)])
def test_a_mix_that_moves_by_less_than_a_twentieth_is_not_told(share: float, told: int) -> None:
    # Half of the sum of what all answers moved by: |.5 - share|.
    big = 1_000_000
    red = round(share * big)
    before = Snapshot(0.9 * big, big, {"red": big // 2, "blue": big // 2})
    after = Snapshot(0.9 * big, big, {"red": red, "blue": big - red})
    assert len(find_shifts({("m", "color"): (before, after)})) == told
