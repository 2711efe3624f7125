"""The fit with weights of each attribute's own, against its formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attrx.ensemble.gold.gold_votes import GoldVotes, gold_votes
from attrx.ensemble.methods.conditional_logit import ConditionalLogit
from attrx.ensemble.newton import maximise


def random_gold(seed: int, n_models: int, n_cells: int, n_attributes: int) -> GoldVotes:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 4, n_cells)
    skill = rng.random(n_models)
    is_right = rng.random((n_cells, n_models)) < skill
    codes = np.where(is_right, truth[:, None], rng.integers(-1, 4, (n_cells, n_models)))
    gold = gold_votes(
        codes.astype(np.int32), [[int(k)] for k in truth], absent="label", tilted_code=0
    )
    some_right = gold.right.any(axis=1)
    gold = replace(
        gold,
        attribute=rng.integers(0, n_attributes, n_cells) * 7,
        weight=rng.uniform(0.5, 2, n_cells),
    )
    return gold.rows(np.asarray(some_right))


def objective(
    gold: GoldVotes, logit: ConditionalLogit, parameters: np.ndarray, spread: float, tau: float
) -> float:
    """The formula at the head of the module, cell by cell."""
    n_models = gold.blocks.shape[1]
    shared = logit.shared(parameters)
    mean = logit.shared(logit.mean)
    weight, tilt = shared[:n_models], shared[n_models]
    total = -((weight - mean[:n_models]) ** 2).sum() / (2 * spread**2) - tilt**2 / 2
    total -= (((shared - mean)[n_models + 1 :] / [0.15, 0.1, 0.3]) ** 2).sum() / 2
    departures = logit.departures(parameters)
    for departure in departures.values():
        total -= (departure**2).sum() / (2 * tau**2)
    for cell in range(len(gold.weight)):
        own = weight + departures.get(int(gold.attribute[cell]), 0.0)
        blocks = gold.blocks[cell]
        scores = {}
        right = []
        for block in sorted({int(b) for b in blocks if b >= 0}):
            members = np.flatnonzero(blocks == block)
            scores[block] = own[members].sum() + tilt * gold.tilted_votes[cell, members].any()
            right += [block] * bool(gold.right[cell, members].any())
        log_total = np.log(sum(np.exp(score) for score in scores.values()))
        total += gold.weight[cell] * np.mean([scores[b] - log_total for b in right])
    return float(total)


CASES = {
    "seed": st.integers(0, 1000),
    "n_models": st.integers(1, 5),
    "n_cells": st.integers(4, 60),
    "n_attributes": st.integers(1, 5),
    "tau": st.sampled_from([0.0, 0.3, 1.0]),
}


@settings(max_examples=30)
@given(**CASES)
def test_the_fit_is_the_top_of_the_formula(
    seed: int, n_models: int, n_cells: int, n_attributes: int, tau: float
) -> None:
    gold = random_gold(seed, n_models, n_cells, n_attributes)
    logit = ConditionalLogit(gold, np.ones(n_models), 0.2, tau)
    parameters, converged = maximise(logit)
    assert converged
    top = objective(gold, logit, parameters, 0.2, tau)
    assert logit.value(parameters) == pytest.approx(top)
    rng = np.random.default_rng(seed)
    for size in (0.1, 1e-3):
        for _ in range(10):
            moved = parameters + rng.normal(0, size, len(parameters))
            assert objective(gold, logit, moved, 0.2, tau) < top + 1e-9


@settings(max_examples=20)
@given(**CASES)
def test_the_evidence_is_that_of_the_whole_curvature(
    seed: int, n_models: int, n_cells: int, n_attributes: int, tau: float
) -> None:
    """Solved attribute by attribute, as if the whole matrix had been."""
    gold = random_gold(seed, n_models, n_cells, n_attributes)
    logit = ConditionalLogit(gold, np.ones(n_models), 0.2, tau)
    parameters, _ = maximise(logit)
    n = len(parameters)
    size = 1e-4
    curvature = np.zeros((n, n))
    for i in range(n):
        for j in range(n):
            step_i, step_j = np.eye(n)[i] * size, np.eye(n)[j] * size
            around = [
                logit.value(parameters + a * step_i + b * step_j) * a * b
                for a in (-1, 1)
                for b in (-1, 1)
            ]
            curvature[i, j] = -sum(around) / (4 * size**2)
    log_spreads = n_models * np.log(0.2)
    if tau:
        log_spreads += n_models * len(logit.attributes) * np.log(tau)
    expected = logit.value(parameters) - np.linalg.slogdet(curvature)[1] / 2 - log_spreads
    assert logit.log_evidence(parameters) == pytest.approx(expected, abs=1e-3)


def test_no_gold_leaves_the_anchor() -> None:
    gold = random_gold(1, 3, 8, 2)
    nothing = gold.rows(np.zeros(len(gold.weight), np.bool_))
    logit = ConditionalLogit(nothing, np.array([0.5, 1.0, 2.0]), 0.3, 0.6)
    parameters, converged = maximise(logit)
    assert converged
    assert logit.shared(parameters)[:3] == pytest.approx([0.5, 1.0, 2.0])
    assert logit.departures(parameters) == {}
