"""Two camps of models, and which of them a night believes."""

from __future__ import annotations

import numpy as np
from vote_tables import Votes, attribute

from attrx.ensemble.arrays import MISSING, Codes
from attrx.ensemble.diagnostics import diagnose
from attrx.ensemble.groups import Group
from attrx.ensemble.methods.fixed_points import choose_fixed_point
from attrx.ensemble.methods.iwmv import learn_iwmv
from attrx.ensemble.weights import EarlierWeights, Weights

NAMES = ("a", "b", "c", "d")


def camp_codes(cells_of_ab: int, cells_of_cd: int) -> Codes:
    """a and b against c and d, but for cells in which one camp is of two minds."""
    rng = np.random.default_rng(3)
    n_cells = 1000
    codes = np.empty((n_cells, 4), np.int32)
    codes[:, :2] = rng.integers(1, 5, n_cells)[:, None]
    codes[:, 2:] = rng.integers(1, 5, n_cells)[:, None]
    torn = codes[:, 0] % 4 + 1
    codes[:cells_of_cd, 0] = torn[:cells_of_cd]
    other_torn = codes[:, 2] % 4 + 1
    codes[-cells_of_ab:, 2] = other_torn[-cells_of_ab:]
    return codes


def camps(cells_of_ab: int, cells_of_cd: int) -> tuple[Group, ...]:
    return Votes((attribute("color", 4),), (camp_codes(cells_of_ab, cells_of_cd),)).groups()


def learn(groups: tuple[Group, ...], earlier: EarlierWeights | None = None) -> Weights:
    fresh = learn_iwmv(groups, chance="observed", shrink=100)
    if earlier is None:
        return fresh
    start = earlier.in_place_of(fresh, NAMES)
    other = learn_iwmv(groups, chance="observed", shrink=100, start=start)
    return choose_fixed_point(groups, fresh, other, start)


def as_earlier(weights: Weights) -> EarlierWeights:
    return EarlierWeights(
        {weights.pairs[0]: dict(zip(NAMES, weights.weight[0].tolist(), strict=True))}, 1000
    )


def believes_ab(weights: Weights) -> bool:
    return bool(weights.weight[0, :2].sum() > weights.weight[0, 2:].sum())


def test_a_few_cells_turn_the_catalog_over_without_an_earlier_run() -> None:
    assert believes_ab(learn(camps(20, 15))) != believes_ab(learn(camps(15, 20)))


def test_the_weights_of_the_night_before_stay_where_the_answers_leave_them() -> None:
    night_before = learn(camps(20, 15))
    tonight = learn(camps(15, 20), as_earlier(night_before))
    assert believes_ab(tonight) == believes_ab(night_before)
    texts = {notice.kind: notice.text for notice in diagnose(camps(15, 20), tonight, NAMES)}
    assert "more than one set of weights" in texts["weights_kept"]


def test_answers_that_lead_away_from_the_earlier_weights_win() -> None:
    night_before = learn(camps(20, 15))
    tonight = learn(camps(15, 400), as_earlier(night_before))
    assert not believes_ab(tonight)
    assert tonight.instead_of is None


def test_where_both_starts_meet_nothing_differs_by_a_bit() -> None:
    groups = camps(15, 400)
    fresh = learn(groups)
    again = learn(groups, as_earlier(fresh))
    assert again.weight.tobytes() == fresh.weight.tobytes()
    assert again.instead_of is None


def test_a_model_and_a_group_that_the_earlier_run_lacks_begin_as_learned_afresh() -> None:
    fresh = learn(camps(20, 15))
    earlier = EarlierWeights({fresh.pairs[0]: {"a": 0.25}, ("", "size"): {"b": 0.5}}, 1000)
    start = earlier.in_place_of(fresh, NAMES)
    assert start[0, 0] == 0.25
    assert start[0, 1:].tolist() == fresh.weight[0, 1:].tolist()


def test_the_camps_are_told_apart_with_a_silent_model_and_with_many() -> None:
    silent = np.full((1000, 1), MISSING, np.int32)
    for n_copies in (1, 80):
        nights = []
        for night in ((20, 15), (15, 20)):
            codes = np.hstack([np.repeat(camp_codes(*night), n_copies, axis=1), silent])
            nights.append(Votes((attribute("color", 4),), (codes,)).groups())
        before = learn_iwmv(nights[0], chance="observed", shrink=100)
        fresh = learn_iwmv(nights[1], chance="observed", shrink=100)
        again = learn_iwmv(nights[1], chance="observed", shrink=100, start=before.weight)
        with np.errstate(all="raise", under="ignore"):
            tonight = choose_fixed_point(nights[1], fresh, again, before.weight)
        assert tonight.instead_of is not None
        clearly = Votes(
            (attribute("color", 4),),
            (np.hstack([np.repeat(camp_codes(15, 400), n_copies, axis=1), silent]),),
        ).groups()
        fresh = learn_iwmv(clearly, chance="observed", shrink=100)
        again = learn_iwmv(clearly, chance="observed", shrink=100, start=before.weight)
        assert choose_fixed_point(clearly, fresh, again, before.weight).instead_of is None
