from __future__ import annotations

import numpy as np
from vote_tables import Votes, attribute

from attrx.ensemble.diagnostics import diagnose, pair_agreements
from attrx.ensemble.methods.iwmv import learn_iwmv
from attrx.ensemble.weights import Weights

NAMES = ("a", "b", "c", "d", "e")


def mocks(accuracies: list[float], n_cells: int = 2000, n_values: int = 4) -> np.ndarray:
    rng = np.random.default_rng(7)
    truth = rng.integers(1, n_values + 1, (n_cells, 1))
    wrong = rng.integers(1, n_values + 1, (n_cells, len(accuracies)))
    return np.where(rng.random(wrong.shape) < accuracies, truth, wrong).astype(np.int32)


def kinds(codes: np.ndarray, **options: bool) -> list[str]:
    table = Votes((attribute("color", 4),), (codes,))
    groups = table.groups()
    weights = learn_iwmv(groups, chance="observed", shrink=100)
    return [c.kind for c in diagnose(groups, weights, NAMES[: codes.shape[1]], **options)]


def test_five_independent_models_need_no_caution() -> None:
    assert kinds(mocks([0.95, 0.93, 0.88, 0.80, 0.70])) == []


def test_a_copying_pair_is_named() -> None:
    codes = mocks([0.95, 0.93, 0.88, 0.80, 0.70])
    codes[:, 4] = codes[:, 3]
    table = Votes((attribute("color", 4),), (codes,))
    groups = table.groups()
    found = diagnose(groups, learn_iwmv(groups, chance="observed", shrink=100), NAMES)
    assert [(c.kind, c.models) for c in found] == [("shared_mistakes", ("d", "e"))]
    assert found[0].text.startswith("d and e agree on 100% of cells, far more than")


def test_a_copying_pair_beside_a_lazy_model_is_the_only_pair_named() -> None:
    codes = mocks([0.95, 0.93, 0.88, 0.80, 0.70])
    codes[:, 3], codes[:, 4] = 1, codes[:, 2]  # d always says the same, e copies c
    table = Votes((attribute("color", 4),), (codes,))
    groups = table.groups()
    weights = learn_iwmv(groups, chance="observed", shrink=100)
    found = diagnose(groups, weights, NAMES)
    assert [c.models for c in found if c.kind == "shared_mistakes"] == [("c", "e")]
    assert weights.weight[0, 3] < 0.02


def test_two_models_cannot_tell_who_is_right() -> None:
    codes = mocks([0.9, 0.8])
    assert "few_models" in kinds(codes)
    table = Votes((attribute("color", 4),), (codes,))
    groups = table.groups()
    weights = learn_iwmv(groups, chance="observed", shrink=100)
    plain, with_gold = (
        diagnose(groups, weights, NAMES[:2], gold=gold)[0].text for gold in (False, True)
    )
    assert "--leader" in plain
    assert "--leader" not in with_gold


def test_a_model_that_never_voted_does_not_count_as_voting() -> None:
    codes = mocks([0.9, 0.8, 0.7])
    codes[:, 2] = -1
    assert "few_models" in kinds(codes)


def test_a_group_with_few_cells_is_named() -> None:
    table = Votes(
        (attribute("color", 4), attribute("size", 4)), (mocks([0.9] * 5), mocks([0.9] * 5, 9))
    )
    groups = table.groups()
    found = diagnose(groups, learn_iwmv(groups, chance="observed", shrink=100), NAMES)
    assert [(c.kind, c.groups) for c in found] == [("small_group", (("*", "size"),))]


def weights_of(
    weight: list[float], agreement: list[float], chance: list[float], converged: bool = True
) -> Weights:
    return Weights(
        pairs=(("*", "color"),),
        weight=np.array([weight]),
        agreement=np.array([agreement]),
        chance=np.array([chance]),
        votes=np.full((1, len(weight)), 50.0),
        iterations=100,
        converged=converged,
    )


def test_one_model_that_outweighs_the_others_is_named_unless_the_user_named_it() -> None:
    groups = Votes((attribute("color", 4),), (mocks([0.9] * 3),)).groups()
    weights = weights_of([0.9, 0.3, 0.3], [0.9] * 3, [0.1] * 3)
    assert [(c.kind, c.models) for c in diagnose(groups, weights, NAMES[:3])] == [
        ("one_decides", ("a",))
    ]
    assert diagnose(groups, weights, NAMES[:3], leader=True) == ()


def test_agreement_below_chance_and_weights_that_move_on_are_told() -> None:
    groups = Votes((attribute("color", 4),), (mocks([0.9] * 3),)).groups()
    weights = weights_of([0.5, 0.5, 0.0], [0.9, 0.9, 0.2], [0.3, 0.3, 0.3], converged=False)
    found = diagnose(groups, weights, NAMES[:3])
    assert [(c.kind, c.models) for c in found] == [("not_converged", ()), ("below_chance", ("c",))]


def test_many_groups_are_not_all_listed() -> None:
    attributes = tuple(attribute(f"a{k}", 4) for k in range(8))
    groups = Votes(attributes, tuple(mocks([0.9] * 3, 5) for _ in range(8))).groups()
    found = diagnose(groups, learn_iwmv(groups, chance="uniform", shrink=100), NAMES[:3])
    assert "a0, a1, a2, a3, a4 and 3 more groups" in found[0].text


def test_the_pairwise_table_by_hand() -> None:
    # 4 cells of an open attribute: a and b agree in 3, a and c in 2 of the 3 where c votes, b and c
    # in 1.
    codes = np.array([[1, 1, 1], [2, 2, 3], [4, 4, -1], [5, 6, 5]], np.int32)
    rows = pair_agreements(Votes((attribute("brand", 0),), (codes,)).groups(), NAMES[:3])
    assert [(r.models, r.common, r.agreement) for r in rows] == [
        (("a", "b"), 4, 3 / 4),
        (("a", "c"), 3, 2 / 3),
        (("b", "c"), 3, 1 / 3),
    ]
    assert all(r.chance == 0 and r.kappa == r.agreement and r.unexplained is None for r in rows)


def test_pairs_without_common_cells_have_no_agreement() -> None:
    rows = pair_agreements(
        Votes((attribute("b", 0),), (np.array([[1, -1], [-1, 1]], np.int32),)).groups(), NAMES[:2]
    )
    assert (rows[0].common, rows[0].agreement, rows[0].kappa) == (0, None, None)
