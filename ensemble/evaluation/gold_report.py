"""Everyone on the gold, and what follows: use the ensemble, one model, or label more cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..arrays import ABSENT, MISSING, BoolArray, Codes
from ..gold.gold_cells import GoldCells
from ..gold.sampling import product_folds
from ..learning import Combiner, decide_gold
from ..methods import find_method
from ..methods.method import Evidence
from .attribute_verdicts import judge_attributes
from .differences import Interval, compare_with_best
from .measures import GoldOutcomes, Measures, measure_everyone, outcome_of
from .verdict import TOLERANCE, Verdict, add_attributes, add_better_method, judge


@dataclass(frozen=True)
class GoldReport:
    """How everyone did on the gold.

    What learned from gold is scored on products that it has not learned from.

    Attributes:
        measures: Name -> micro measures: every model, the baselines, and the method in use.
        best: The model with the highest accuracy.
        intervals: The method in use minus the best model, picked inside the folds: accuracy and F1.
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


def report_on_gold(combiner: Combiner, gold: GoldCells, tolerance: float = TOLERANCE) -> GoldReport:
    """Score everyone on the gold cells, of which there is at least one.

    Args:
        combiner: What was learned.
        gold: The gold cells.
        tolerance: By how much the ensemble may be worse than the best model.
    """
    models = combiner.evidence.models
    method = combiner.method.name
    outcomes = _gold_outcomes(gold, _predictions(combiner, gold))
    by_accuracy = compare_with_best(outcomes, method, models, "accuracy")
    by_f1 = compare_with_best(outcomes, method, models, "f1")
    rows = [row for row in measure_everyone(outcomes) if row.level == "micro"]
    measures = {row.who: row.measures for row in rows}
    n_gold_cells = len(gold.cells)
    n_other_cells = combiner.n_cells - n_gold_cells
    verdict = judge(by_accuracy, n_gold_cells, n_other_cells, tolerance)
    accuracies = {row.who: row.measures.accuracy for row in rows if row.who not in models}
    verdict = add_better_method(verdict, "accuracy", method, accuracies)
    votes, _ = gold.votes(combiner.settings.attributes)
    return GoldReport(
        measures=measures,
        best=by_accuracy.best,
        intervals=(by_accuracy.interval, by_f1.interval),
        verdict=add_attributes(verdict, judge_attributes(outcomes, method, models)),
        method=method,
        cells=n_gold_cells,
        products=int(gold.products.max()) + 1,
        disagreements=int((votes.n_blocks > 1).sum()),
    )


def _predictions(combiner: Combiner, gold: GoldCells) -> dict[str, Codes]:
    """[n_cells] code of everyone who is compared; the method in use comes last."""
    method = combiner.method
    predictions = {
        name: gold.codes[:, place] for place, name in enumerate(combiner.evidence.models)
    }
    for name in method.baselines:
        predictions[name] = decide_gold(_baseline(combiner, name), gold).code
    if method.needs_gold:
        held_out = method.decide_held_out(combiner.evidence)
        predictions[method.name] = _with_chosen_models(combiner, gold, held_out)
    else:
        predictions[method.name] = decide_gold(combiner, gold).code
    return predictions


def _with_chosen_models(combiner: Combiner, gold: GoldCells, held_out: Codes) -> Codes:
    """What is decided where the config names a model for an attribute is not learned from gold."""
    codes = held_out.copy()
    by_attribute = combiner.settings.ensemble.by_attribute
    if by_attribute:
        decided_codes = decide_gold(combiner, gold).code
        for name in by_attribute:
            rows = gold.rows_of(name)
            codes[rows] = decided_codes[rows]
    return codes


def _baseline(combiner: Combiner, name: str) -> Combiner:
    """The same cells by a method that needs neither gold nor a leader."""
    method = find_method(name)
    ensemble = combiner.settings.ensemble.model_copy(update={"method": name, "leader": None})
    settings = combiner.settings.model_copy(update={"ensemble": ensemble})
    weights = method.learn(Evidence(combiner.groups, settings, earlier=combiner.earlier))
    return replace(combiner, method=method, settings=settings, weights=weights)


def _gold_outcomes(gold: GoldCells, predictions: Mapping[str, Codes]) -> GoldOutcomes:
    names = tuple(dict.fromkeys(gold.pairs))
    place = {pair: number for number, pair in enumerate(names)}
    return GoldOutcomes(
        products=gold.products,
        pairs=np.array([place[pair] for pair in gold.pairs], np.intp),
        names=names,
        weight=gold.weight,
        outcomes={who: _outcomes(gold, codes) for who, codes in predictions.items()},
        missing={who: codes == MISSING for who, codes in predictions.items()},
        folds=product_folds(gold.product_hashes),
        disputed=_disputed(list(predictions.values())),
    )


def _disputed(predictions: Sequence[Codes]) -> BoolArray:
    """[n_cells]: where not all say the same; a missing vote counts as n/a."""
    every_code = np.stack(predictions)
    codes = np.maximum(every_code, ABSENT)
    differs = codes != codes[0]
    return np.asarray(differs.any(axis=0))


def _outcomes(gold: GoldCells, codes: Codes) -> npt.NDArray[np.int8]:
    """[n_cells] an `Outcome` each."""
    outcomes = []
    for accepted_codes, code in zip(gold.accepted_codes, codes.tolist(), strict=True):
        accepted_values = [_as_value(accepted_code) for accepted_code in accepted_codes]
        outcomes.append(outcome_of(accepted_values, _as_value(code)))
    return np.array(outcomes, np.int8)


def _as_value(code: int) -> str | None:
    """A code as `outcome_of` compares it: None is n/a, and so is a missing vote."""
    return None if code in {ABSENT, MISSING} else str(code)
