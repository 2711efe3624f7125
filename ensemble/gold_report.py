"""Everyone on the gold, and what follows from it: use the ensemble, use one model alone, or label more cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from .arrays import ABSENT, MISSING, Codes
from .cross_validation import cross_validate
from .decisions import decide
from .evaluation import (
    Interval,
    Measures,
    Scored,
    best_model,
    compare,
    evaluate,
    outcome_of,
)
from .gold_cells import GoldCells
from .learning import STACK, Learned, learn_groups
from .sampling import product_folds
from .verdict import Verdict, judge, with_better

MAJORITY, IWMV = "majority", "iwmv"


@dataclass(frozen=True)
class GoldReport:
    """How everyone did on the gold; what was fitted to gold is scored on products that it was not fitted to.

    Attributes:
        measures: Name -> micro measures: every model, `majority`, `iwmv`, and the method in use.
        best: The model with the highest accuracy.
        intervals: The method in use minus that model: accuracy and F1.
        verdict: What to do.
        method: The method in use.
        cells: Gold cells that were scored.
        products: Products they belong to.
        disagreements: Gold cells where models disagree, which is where gold can tell them apart.
    """

    measures: Mapping[str, Measures]
    best: str
    intervals: tuple[Interval, ...]
    verdict: Verdict
    method: str
    cells: int
    products: int
    disagreements: int

    def to_json(self) -> dict[str, Any]:
        """As `run.json` carries it."""
        return {
            "cells": self.cells,
            "products": self.products,
            "disagreements": self.disagreements,
            "method": self.method,
            "best_model": self.best,
            "measures": {name: asdict(measures) for name, measures in self.measures.items()},
            "differences": [asdict(interval) for interval in self.intervals],
            "verdict": asdict(self.verdict),
        }


def report_on_gold(learned: Learned, gold: GoldCells) -> GoldReport:
    """Score everyone on the gold cells, of which there is at least one."""
    models = [model.name for model in learned.settings.models]
    method = learned.settings.ensemble.method
    scored = _scored(gold, _predictions(learned, gold))
    best = best_model(scored, models)
    intervals = tuple(compare(scored, method, best, measure) for measure in ("accuracy", "f1"))
    measures = {row.who: row.measures for row in evaluate(scored) if row.level == "micro"}
    unlabelled = learned.n_cells - len(gold.cells)
    verdict = judge(intervals[0], best, len(gold.cells), unlabelled)
    combined = {name: each.accuracy for name, each in measures.items() if name not in models}
    return GoldReport(
        measures=measures,
        best=best,
        intervals=intervals,
        verdict=with_better(verdict, "accuracy", method, combined),
        method=method,
        cells=len(gold.cells),
        products=int(gold.products.max()) + 1,
        disagreements=int((gold.votes(learned.settings.attributes)[0].n_blocks > 1).sum()),
    )


def _predictions(learned: Learned, gold: GoldCells) -> dict[str, Codes]:
    """[n_cells] code of everyone who is compared; the method in use comes last."""
    method = learned.settings.ensemble.method
    predicted = {model.name: gold.codes[:, at] for at, model in enumerate(learned.settings.models)}
    for other in (
        (MAJORITY, IWMV) if method != "paper" else (MAJORITY,)
    ):  # `paper` counts n/a as no vote
        if other != method:
            predicted[other] = _decided(_baseline(learned, other), gold)
    return predicted | {
        method: _held_out(learned, gold) if method == STACK else _decided(learned, gold)
    }


def _baseline(learned: Learned, method: str) -> Learned:
    """The same cells by a method that needs neither gold nor a leader."""
    ensemble = learned.settings.ensemble.model_copy(update={"method": method, "leader": None})
    settings = learned.settings.model_copy(update={"ensemble": ensemble})
    return replace(
        learned, settings=settings, weights=learn_groups(learned.groups, settings), stack=None
    )


def _decided(learned: Learned, gold: GoldCells) -> Codes:
    code = np.full(len(gold.cells), MISSING, np.int32)
    for pair in dict.fromkeys(gold.pairs):
        rows = np.array([row for row, each in enumerate(gold.pairs) if each == pair])
        rule = learned.rule(pair[0], learned.settings.attribute(pair[1]))
        code[rows] = decide(gold.codes[rows], rule).code
    return code


def _held_out(learned: Learned, gold: GoldCells) -> Codes:
    """What the stack says on each product when it is fitted to the others, five folds in turn."""
    votes, rows = gold.votes(learned.settings.attributes)
    folds = product_folds(gold.product_hashes[rows])
    winner = cross_validate(votes, folds, learned.start, learned.leader).winner
    code = np.full(len(rows), MISSING, np.int32)
    code[rows] = np.where(winner >= 0, gold.codes[rows, winner], MISSING)
    return code


def _scored(gold: GoldCells, predicted: Mapping[str, Codes]) -> Scored:
    names = tuple(dict.fromkeys(gold.pairs))
    place = {pair: at for at, pair in enumerate(names)}
    accepted = [[_text(code) for code in codes] for codes in gold.accepted]
    return Scored(
        products=gold.products,
        pairs=np.array([place[pair] for pair in gold.pairs], np.intp),
        names=names,
        weight=gold.weight,
        outcomes={
            who: np.array(
                [outcome_of(a, _text(c)) for a, c in zip(accepted, codes.tolist(), strict=True)],
                np.int8,
            )
            for who, codes in predicted.items()
        },
        missing={who: codes == MISSING for who, codes in predicted.items()},
    )


def _text(code: int) -> str | None:
    """A code as `outcome_of` compares it: None is n/a, and so is a missing vote."""
    return None if code in {ABSENT, MISSING} else str(code)
