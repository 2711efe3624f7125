"""Everyone on the gold, and what follows from it: use the ensemble, use one model alone, or label more cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from ..arrays import ABSENT, MISSING, Codes
from ..decision_rule import decide
from ..gold.cross_validation import cross_validate
from ..gold.gold_cells import GoldCells
from ..gold.sampling import product_folds
from ..learning import STACK, Combiner, learn_groups
from .measures import (
    GoldOutcomes,
    Interval,
    Measures,
    best_model,
    measure_everyone,
    outcome_of,
    paired_difference,
)
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


def report_on_gold(combiner: Combiner, gold: GoldCells) -> GoldReport:
    """Score everyone on the gold cells, of which there is at least one."""
    models = [model.name for model in combiner.settings.models]
    method = combiner.settings.ensemble.method
    scored = _scored(gold, _predictions(combiner, gold))
    best = best_model(scored, models)
    intervals = tuple(
        paired_difference(scored, method, best, measure) for measure in ("accuracy", "f1")
    )
    measures = {row.who: row.measures for row in measure_everyone(scored) if row.level == "micro"}
    unlabelled = combiner.n_cells - len(gold.cells)
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
        disagreements=int((gold.votes(combiner.settings.attributes)[0].n_blocks > 1).sum()),
    )


def _predictions(combiner: Combiner, gold: GoldCells) -> dict[str, Codes]:
    """[n_cells] code of everyone who is compared; the method in use comes last."""
    method = combiner.settings.ensemble.method
    predicted = {model.name: gold.codes[:, at] for at, model in enumerate(combiner.settings.models)}
    for other in (
        (MAJORITY, IWMV) if method != "paper" else (MAJORITY,)
    ):  # `paper` counts n/a as no vote
        if other != method:
            predicted[other] = _decided(_baseline(combiner, other), gold)
    return predicted | {
        method: _held_out(combiner, gold) if method == STACK else _decided(combiner, gold)
    }


def _baseline(combiner: Combiner, method: str) -> Combiner:
    """The same cells by a method that needs neither gold nor a leader."""
    ensemble = combiner.settings.ensemble.model_copy(update={"method": method, "leader": None})
    settings = combiner.settings.model_copy(update={"ensemble": ensemble})
    return replace(
        combiner, settings=settings, weights=learn_groups(combiner.groups, settings), stack=None
    )


def _decided(combiner: Combiner, gold: GoldCells) -> Codes:
    code = np.full(len(gold.cells), MISSING, np.int32)
    for pair in dict.fromkeys(gold.pairs):
        rows = np.array([row for row, each in enumerate(gold.pairs) if each == pair])
        rule = combiner.rule(pair[0], combiner.settings.attribute(pair[1]))
        code[rows] = decide(gold.codes[rows], rule).code
    return code


def _held_out(combiner: Combiner, gold: GoldCells) -> Codes:
    """What the stack says on each product when it is fitted to the others, five folds in turn."""
    votes, rows = gold.votes(combiner.settings.attributes)
    folds = product_folds(gold.product_hashes[rows])
    winner = cross_validate(votes, folds, combiner.start, combiner.leader).winner
    code = np.full(len(rows), MISSING, np.int32)
    code[rows] = np.where(winner >= 0, gold.codes[rows, winner], MISSING)
    return code


def _scored(gold: GoldCells, predicted: Mapping[str, Codes]) -> GoldOutcomes:
    names = tuple(dict.fromkeys(gold.pairs))
    place = {pair: at for at, pair in enumerate(names)}
    accepted = [[_text(code) for code in codes] for codes in gold.accepted]
    return GoldOutcomes(
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
