"""The pattern form gives what a walk over the cells gives, for every method."""

from __future__ import annotations

import brute_force
import numpy as np
import pytest
from brute_force import CellGroup
from hypothesis import given, settings
from hypothesis import strategies as st
from vote_tables import Votes, votes

from attrx.ensemble.decision_rule import STATUSES, decide
from attrx.ensemble.methods.iwmv import Iwmv, learn_iwmv
from attrx.ensemble.methods.majority import Majority
from attrx.ensemble.methods.method import Method
from attrx.ensemble.methods.paper import Paper, learn_paper
from attrx.ensemble.weights import Weights, fixed_weights


def assert_same_decisions(
    table: Votes, cells: list[CellGroup], weights: Weights, method: Method
) -> None:
    hard_ties = method.name == "paper"
    for row, (attribute, codes, group) in enumerate(
        zip(table.attributes, table.codes, cells, strict=True)
    ):
        got = decide(codes, method.rule(weights, row, attribute))
        for at, cell in enumerate(group.parts[0]):
            want = brute_force.decide(cell, group.weight, group.agreement, hard_ties)
            if want["value"] is None:
                said_absent = (codes[at] == 0).any()
                assert STATUSES[got.status[at]] == ("absent" if said_absent else "no_answer")
                assert np.isnan(got.share[at])
                continue
            assert got.code[at] == want["value"]
            assert (STATUSES[got.status[at]] == "tie") == want["tie"]
            assert bool(got.no_weight[at]) == want["no_weight"]
            assert (got.support[at], got.voters[at]) == (want["support"], want["voters"])
            if want["share"] is None:
                assert np.isnan(got.share[at])
            else:
                assert got.share[at] == pytest.approx(want["share"], abs=1e-9)
                assert got.margin[at] == pytest.approx(want["margin"], abs=1e-9)


@settings(max_examples=150)
@given(
    table=votes(),
    chance=st.sampled_from(["uniform", "observed"]),
    shrink=st.sampled_from([0.0, 1.0, 100.0]),
)
def test_iwmv_equals_the_walk_over_cells(table: Votes, chance: str, shrink: float) -> None:
    cells = table.cells()
    brute_force.learn_iwmv(cells, chance, shrink)
    weights = learn_iwmv(table.groups(), chance=chance, shrink=shrink)  # type: ignore[arg-type]
    assert weights.weight == pytest.approx(np.array([g.weight for g in cells]), abs=1e-9)
    assert_same_decisions(table, cells, weights, Iwmv())


@settings(max_examples=100)
@given(table=votes())
def test_paper_equals_algorithm_1_as_published(table: Votes) -> None:
    cells = table.cells("missing")
    for group in cells:
        brute_force.learn_paper(group)
    weights = learn_paper(table.groups(absent="missing"))
    assert weights.weight == pytest.approx(np.array([g.weight for g in cells]), abs=1e-9)
    assert_same_decisions(table, cells, weights, Paper())


@settings(max_examples=50)
@given(table=votes())
def test_majority_equals_counting_votes_cell_by_cell(table: Votes) -> None:
    cells = table.cells()
    for group in cells:
        group.weight = [1.0] * group.models
        total = brute_force.credit(group)
        group.agreement = [
            c / group.votes(i) if group.votes(i) else 0.0 for i, c in enumerate(total)
        ]
    weights = fixed_weights(table.groups(), np.ones(cells[0].models))
    assert_same_decisions(table, cells, weights, Majority())


@settings(max_examples=50)
@given(table=votes(max_attributes=3), chance=st.sampled_from(["uniform", "observed"]))
def test_one_group_for_all_attributes_equals_the_walk_over_cells(table: Votes, chance: str) -> None:
    apart = table.cells()
    together = CellGroup(
        [g.parts[0] for g in apart],
        [g.closed[0] for g in apart],
        [g.labels[0] for g in apart],
        apart[0].models,
    )
    brute_force.learn_iwmv([together], chance, 100.0)
    weights = learn_iwmv(table.groups("all"), chance=chance, shrink=100.0)  # type: ignore[arg-type]
    assert weights.pairs == (("*", "*"),)
    assert weights.weight[0] == pytest.approx(np.array(together.weight), abs=1e-9)
