"""Gold that can only help: the stack is published unless gold speaks for what stands without it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from vote_tables import attribute

from attrx.configs.settings import GroupBy, Settings
from attrx.ensemble.arrays import Codes
from attrx.ensemble.decision_rule import Rule, decide, lead
from attrx.ensemble.gold.gold_cells import GoldCells
from attrx.ensemble.groups import form_groups
from attrx.ensemble.methods.auto import Auto, Difference
from attrx.ensemble.methods.iwmv import Iwmv
from attrx.ensemble.methods.method import Evidence
from attrx.ensemble.methods.mixed_stack import fit_mixed_stack
from attrx.ensemble.methods.stack import fit_stack
from attrx.ensemble.patterns import count_patterns
from attrx.ensemble.rank_one import pooled_rank_one

N_VALUES = 6


def evidence_of(
    tables: dict[str, tuple[Codes, Codes]],
    labelled: dict[str, list[int]],
    group_by: GroupBy = "attribute",
) -> Evidence:
    """Votes and truth of some closed attributes, of which some cells are labelled."""
    attributes = [attribute(name, 3 * N_VALUES) for name in tables]
    n_models = next(iter(tables.values()))[0].shape[1]
    replay = {"provider": "replay", "options": {"file": "x"}}
    config = {
        "version": 1,
        "input": {"id": "id", "text": ["text"]},
        "attributes": [each.model_dump() for each in attributes],
        "models": [{"name": f"m{number}", **replay} for number in range(n_models)],
        "ensemble": {"group_by": group_by},
    }
    counts = {("", name): count_patterns(codes, closed=True) for name, (codes, _) in tables.items()}
    cells = [(name, row) for name, rows in labelled.items() for row in rows]
    gold = GoldCells(
        cells=tuple((f"p{row}", name) for name, row in cells),
        pairs=tuple(("", name) for name, _ in cells),
        codes=np.array([tables[name][0][row] for name, row in cells], np.int32),
        accepted_codes=tuple((int(tables[name][1][row]),) for name, row in cells),
        weight=np.ones(len(cells)),
    )
    groups = form_groups(counts, attributes, group_by)
    return Evidence(groups, Settings.model_validate(config), gold)


def simulate(seed: int, skills: list[float], n_cells: int = 600) -> tuple[Codes, Codes]:
    """Models that are right as often as said, independently."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(1, N_VALUES + 1, n_cells)
    wrong = rng.integers(1, N_VALUES + 1, (n_cells, len(skills)))
    is_right = rng.random((n_cells, len(skills))) < skills
    codes = np.where(is_right, truth[:, None], wrong)
    return codes.astype(np.int32), truth.astype(np.int32)


def test_a_model_that_is_far_better_is_found_by_gold() -> None:
    # Four models copy each other's mistakes, so that agreement is for them; gold is for the first.
    good, truth = simulate(1, [0.95])
    copied, _ = simulate(2, [0.5])
    rng = np.random.default_rng(3)
    copies = [np.where(rng.random(len(truth)) < 0.9, copied[:, 0], truth) for _ in range(4)]
    codes = np.stack([good[:, 0], *copies], axis=1).astype(np.int32)
    evidence = evidence_of({"a": (codes, truth)}, {"a": list(range(150))})
    weights = Auto().learn(evidence)
    assert weights.choice == "stack"
    assert weights.from_gold
    assert weights.reason.startswith("the stack, learned from gold: on products that it was not")
    right = decide(codes, Auto().rule(weights, 0, evidence.settings.attributes[0])).code == truth
    assert right.mean() > 0.9


def test_gold_that_misleads_is_not_followed() -> None:
    # The labels of 60 cells are those of the worst model, and of 240 the truth. What is fitted to
    # the first 60 alone cannot stand against the others.
    codes, truth = simulate(4, [0.9, 0.88, 0.89, 0.3])
    labelled = list(range(60))
    evidence = evidence_of({"a": (codes, truth)}, {"a": labelled})
    gold = evidence.gold
    assert gold is not None
    rng = np.random.default_rng(0)
    shuffled = [(int(code),) for code in rng.integers(1, N_VALUES + 1, 60)]
    misleading = replace(evidence, gold=replace(gold, accepted_codes=tuple(shuffled)))
    held_out = Auto().decide_held_out(misleading)
    assert held_out.shape == (60,)
    weights = Auto().learn(evidence)
    rule = Auto().rule(weights, 0, evidence.settings.attributes[0])
    plain = Iwmv().rule(Iwmv().learn(evidence), 0, evidence.settings.attributes[0])
    right = (decide(codes, rule).code == truth).mean()
    assert right > (decide(codes, plain).code == truth).mean() - 0.01


def test_what_stands_without_gold_is_published_where_the_stack_does_worse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    codes, truth = simulate(5, [0.9, 0.88, 0.89, 0.3])
    evidence = evidence_of({"a": (codes, truth)}, {"a": list(range(200))})

    def bad_fit(gold: object, start: np.ndarray, leader: int | None, *, departs: bool) -> object:
        # A fit that follows the worst model, as one that is misled would.
        good = fit_stack(gold, start, leader)  # type: ignore[arg-type]
        return replace(good, weight=np.array([0.0, 0.0, 0.0, 5.0]))

    monkeypatch.setattr("attrx.ensemble.methods.auto.fit_mixed_stack", bad_fit)
    weights = Auto().learn(evidence)
    assert weights.choice == "iwmv"
    assert not weights.from_gold
    assert weights.reason.startswith("iwmv, as without gold: ")
    np.testing.assert_array_equal(weights.weight, Iwmv().learn(evidence).weight)
    # The verdict's figures are those of what would be published, not of the fit.
    gold = evidence.gold
    assert gold is not None
    assert gold.is_right(Auto().decide_held_out(evidence)).mean() > 0.85


def test_without_a_leader_the_mixed_stack_stays_near_equal_weights() -> None:
    # Equal models: one stack presumes that the front runner leads, the other that none does.
    codes, truth = simulate(6, [0.8] * 5)
    evidence = evidence_of({"a": (codes, truth)}, {"a": list(range(80))})
    gold = evidence.gold
    assert gold is not None
    votes, _ = gold.votes(evidence.settings.attributes)
    start = pooled_rank_one(evidence.groups)
    mixed = fit_mixed_stack(votes, start)
    leading = fit_stack(votes, start)
    assert np.ptp(mixed.weight) < np.ptp(leading.weight)
    assert mixed.converged


def test_a_leader_that_gold_confirms_leads_in_the_mixed_stack() -> None:
    codes, truth = simulate(7, [0.98, 0.55, 0.5, 0.5])
    evidence = evidence_of({"a": (codes, truth)}, {"a": list(range(150))})
    gold = evidence.gold
    assert gold is not None
    votes, _ = gold.votes(evidence.settings.attributes)
    fit = fit_mixed_stack(votes, pooled_rank_one(evidence.groups))
    assert fit.weight[0] > 2 * fit.weight[1:].max()


def test_attributes_have_weights_of_their_own_where_gold_says_so() -> None:
    # The first model is right at `a` and hardly at `b`, the second the other way round.
    tables = {
        "a": simulate(8, [0.97, 0.35, 0.6, 0.6]),
        "b": simulate(9, [0.35, 0.97, 0.6, 0.6]),
    }
    evidence = evidence_of(tables, {"a": list(range(150)), "b": list(range(150))})
    weights = Auto().learn(evidence)
    assert weights.choice == "stack"
    of_a, of_b = weights.weight
    assert of_a[0] > of_a[1] + 1
    assert of_b[1] > of_b[0] + 1
    for row, (codes, truth) in enumerate(tables.values()):
        rule = Auto().rule(weights, row, evidence.settings.attributes[row])
        assert (decide(codes, rule).code == truth).mean() > 0.95
    # What is learned on other folds knows the attribute too.
    gold = evidence.gold
    assert gold is not None
    assert gold.is_right(Auto().decide_held_out(evidence)).mean() > 0.95


def test_attributes_that_are_to_share_weights_share_them() -> None:
    tables = {"a": simulate(8, [0.97, 0.35, 0.6]), "b": simulate(9, [0.35, 0.97, 0.6])}
    evidence = evidence_of(tables, {"a": list(range(150)), "b": list(range(150))}, "all")
    gold = evidence.gold
    assert gold is not None
    votes, _ = gold.votes(evidence.settings.attributes)
    start = pooled_rank_one(evidence.groups)
    assert fit_mixed_stack(votes, start).departures
    assert not fit_mixed_stack(votes, start, departs=False).departures
    weights = Auto().learn(evidence)
    assert weights.weight.shape == (1, 3)
    assert gold.is_right(Auto().decide_held_out(evidence)).mean() > 0.5


def test_alike_attributes_share_more_than_others() -> None:
    alike = [0.9, 0.7, 0.6, 0.6]
    distances = []
    for of_b in (alike, [0.6, 0.6, 0.7, 0.9]):
        tables = {"a": simulate(12, alike), "b": simulate(13, of_b)}
        evidence = evidence_of(tables, {name: list(range(100)) for name in tables})
        gold = evidence.gold
        assert gold is not None
        votes, _ = gold.votes(evidence.settings.attributes)
        fit = fit_mixed_stack(votes, pooled_rank_one(evidence.groups))
        np.testing.assert_array_equal(fit.weight_of(None), fit.weight)
        distances.append(np.abs(fit.weight_of(0) - fit.weight_of(1)).max())
    of_alike, of_others = distances
    assert of_alike < of_others / 3


def test_of_many_models_each_counts_less_where_none_leads() -> None:
    few, truth = simulate(11, [0.7] * 5)
    many = np.concatenate([few, few, few], axis=1)
    sums = []
    for codes in (few, many):
        evidence = evidence_of({"a": (codes, truth)}, {"a": [0]})
        gold = evidence.gold
        assert gold is not None
        votes, _ = gold.votes(evidence.settings.attributes)
        fit = fit_mixed_stack(votes, pooled_rank_one(evidence.groups))
        sums.append(fit.anchor.sum())
    assert sums[0] == pytest.approx(4.0, rel=0.05)
    assert sums[1] == pytest.approx(4.0, rel=0.05)


def test_a_difference_by_hand() -> None:
    # Four cells of three products: +1, 0 | +1 | -1, mean .25. Deviations by product: 1 - .5 = .5,
    # 1 - .25 = .75, -1 - .25 = -1.25; with two pseudo cells: .25 + .5625 + 1.5625 + 2 = 4.375.
    right = np.array([True, True, True, False])
    other = np.array([False, True, False, True])
    products = np.array([1, 1, 2, 3], np.uint64)
    difference = Difference.of(right, other, np.ones(4), products)
    assert difference.mean == pytest.approx(0.25)
    assert difference.standard_error == pytest.approx(np.sqrt(4.375) / 4)


def test_a_model_that_is_named_for_an_attribute_decides_wherever_it_votes() -> None:
    codes = np.array([[1, 2, 2], [-1, 2, 3], [0, 2, 2]], np.int32)
    for logit in (False, True):
        rule = Rule(np.array([0.1, 1.0, 0.9]), np.ones(3), logit=logit, tilt=-4.0, tilted_code=0)
        assert decide(codes, lead(rule, 0)).code.tolist() == [1, 2, 0]
