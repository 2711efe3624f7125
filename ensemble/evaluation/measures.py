"""Predictions against gold: outcomes of cells, and measures of them.

Each scored cell is one of five outcomes, as in ExtractGPT (Brinkmann et al. 2023, arXiv
2310.12537): gold n/a or a value, prediction n/a or a value, and where both are values, correct or
wrong. The contract: docs/design.md#evaluation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, FloatArray, IntArray
from ..groups import ALL, Pair

Measure = Literal["accuracy", "precision", "recall", "f1"]
EQUAL = 1e-9
"""Measures within this distance are equal: rounding, or the order of rows, must decide nothing."""

_DIGITS = 9


class Outcome(IntEnum):
    """What became of one scored cell: N is n/a, V a value (gold first), C correct, W wrong."""

    NN = 0
    NV = 1
    VN = 2
    VC = 3
    VW = 4


PARTS: Mapping[Measure, tuple[FloatArray, FloatArray]] = {
    "accuracy": (np.array([1.0, 0, 0, 1, 0]), np.array([1.0, 1, 1, 1, 1])),
    "precision": (np.array([0.0, 0, 0, 1, 0]), np.array([0.0, 1, 0, 1, 1])),
    "recall": (np.array([0.0, 0, 0, 1, 0]), np.array([0.0, 0, 1, 1, 1])),
    "f1": (np.array([0.0, 0, 0, 2, 0]), np.array([0.0, 1, 1, 2, 2])),
}
"""Measure -> how often each outcome counts in its numerator, and in its denominator."""


@dataclass(frozen=True, slots=True, eq=False)
class GoldOutcomes:
    """The same gold cells for everyone who is compared.

    Attributes:
        products: [n_cells] int, which product a cell belongs to, numbered from 0.
        pairs: [n_cells] int, place in `names`.
        names: The (category, attribute) pairs.
        weight: [n_cells] float64 > 0, sampling weights; 1 where gold is not a weighted sample.
        outcomes: For each model's name, `majority`, `ensemble`: [n_cells] int, an Outcome.
        missing: For the same names: [n_cells] bool, no usable answer (the outcome counts it as
            n/a).
        folds: [n_cells] int, the fold of each cell's product: where models are picked by gold, they
            are scored on folds on which they were not picked.
        disputed: [n_cells] bool, not all predictions are the same: where two can differ at all.
    """

    products: npt.NDArray[np.intp]
    pairs: npt.NDArray[np.intp]
    names: tuple[Pair, ...]
    weight: FloatArray
    outcomes: Mapping[str, npt.NDArray[np.int8]]
    missing: Mapping[str, BoolArray]
    folds: IntArray
    disputed: BoolArray

    def rows(self, keep: BoolArray | IntArray) -> GoldOutcomes:
        """Some of the cells."""
        return replace(
            self,
            products=self.products[keep],
            pairs=self.pairs[keep],
            weight=self.weight[keep],
            outcomes={who: codes[keep] for who, codes in self.outcomes.items()},
            missing={who: flags[keep] for who, flags in self.missing.items()},
            folds=self.folds[keep],
            disputed=self.disputed[keep],
        )

    def of_attribute(self, attribute: str) -> GoldOutcomes:
        """The cells of one attribute, in all categories."""
        places = []
        for place, (_, name) in enumerate(self.names):
            if name == attribute:
                places.append(place)
        is_of_attribute = np.isin(self.pairs, places)
        return self.rows(is_of_attribute)


@dataclass(frozen=True, slots=True)
class Measures:
    """One row of `evaluation.csv`; a measure whose denominator is 0 is None.

    `nn` to `vw` are sums of the cells' sampling weights, so whole numbers where gold has none.
    `cells`, `pairs` and `missing` are plain counts.
    """

    cells: int
    pairs: int
    missing: int
    nn: float
    nv: float
    vn: float
    vc: float
    vw: float
    accuracy: float | None
    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """Measures of someone over all cells, as the mean over pairs, or of one pair.

    `who` is a model, or a way to combine models.
    """

    who: str
    level: Literal["micro", "macro", "attribute"]
    category: str
    attribute: str
    measures: Measures


def outcome_of(gold: Collection[str | None], predicted: str | None) -> Outcome:
    """Compare one prediction with the accepted alternatives of one cell.

    Args:
        gold: At least one accepted value; None is n/a.
        predicted: The predicted value; None for n/a, and for a missing vote.
    """
    if predicted in gold:
        return Outcome.NN if predicted is None else Outcome.VC
    if predicted is None:
        return Outcome.VN
    return Outcome.NV if all(value is None for value in gold) else Outcome.VW


def measure_everyone(outcomes: GoldOutcomes) -> Iterator[EvaluationRow]:
    """Measures of everyone: micro, macro, and each (category, attribute) pair."""
    n_pairs = len(outcomes.names)
    cells = np.bincount(outcomes.pairs, minlength=n_pairs)
    for who in outcomes.outcomes:
        counts = _count_by_pair(outcomes, who)
        is_missing = outcomes.missing[who]
        missing = np.bincount(outcomes.pairs[is_missing], minlength=n_pairs)
        by_pair = []
        for pair in range(n_pairs):
            measures = _measure(counts[pair], int(cells[pair]), 1, int(missing[pair]))
            by_pair.append(measures)
        all_counts = counts.sum(axis=0)
        micro = _measure(all_counts, int(cells.sum()), n_pairs, int(missing.sum()))
        macro = macro_mean(by_pair)
        yield EvaluationRow(who, "micro", ALL, ALL, micro)
        yield EvaluationRow(who, "macro", ALL, ALL, macro)
        for (category, attribute), measures in zip(outcomes.names, by_pair, strict=True):
            yield EvaluationRow(
                who=who,
                level="attribute",
                category=category,
                attribute=attribute,
                measures=measures,
            )


def macro_mean(by_pair: Sequence[Measures]) -> Measures:
    """The mean over the pairs with at least one of NV, VN, VC, VW.

    Where such a pair lacks a measure, the mean is over the others.
    """
    pairs = []
    for each in by_pair:
        n_telling = each.nv + each.vn + each.vc + each.vw
        if n_telling > 0:
            pairs.append(each)
    return Measures(
        cells=sum(each.cells for each in pairs),
        pairs=len(pairs),
        missing=sum(each.missing for each in pairs),
        nn=sum(each.nn for each in pairs),
        nv=sum(each.nv for each in pairs),
        vn=sum(each.vn for each in pairs),
        vc=sum(each.vc for each in pairs),
        vw=sum(each.vw for each in pairs),
        accuracy=_mean_of_defined(each.accuracy for each in pairs),
        precision=_mean_of_defined(each.precision for each in pairs),
        recall=_mean_of_defined(each.recall for each in pairs),
        f1=_mean_of_defined(each.f1 for each in pairs),
    )


def values_of_models(
    outcomes: GoldOutcomes, models: Sequence[str], measure: Measure = "accuracy"
) -> FloatArray:
    """[n_models]: the measure of each model; nan where its denominator is 0."""
    n_models = len(models)
    values = np.empty(n_models)
    for place, model in enumerate(models):
        counts = count_outcomes(outcomes.outcomes[model], outcomes.weight)
        values[place] = value_of(counts, measure)
    return values


def best_place(values: FloatArray) -> int:
    """The place of the highest value; the first of equals, and of values that are all nan."""
    if np.isnan(values).all():
        return 0
    is_best = values >= np.nanmax(values) - EQUAL
    return int(is_best.argmax())


def count_outcomes(codes: npt.NDArray[np.int8], weight: FloatArray) -> FloatArray:
    """[5]: summed weights of each outcome."""
    n_outcomes = len(Outcome)
    counts = np.bincount(codes, weight, n_outcomes)
    return counts.astype(np.float64)


def value_of(counts: FloatArray, measure: Measure) -> float:
    """One measure of [5] summed outcomes; nan where its denominator is 0."""
    part, whole = PARTS[measure]
    numerator = float(counts @ part)
    denominator = float(counts @ whole)
    return _divide(numerator, denominator)


def _count_by_pair(outcomes: GoldOutcomes, who: str) -> FloatArray:
    """[n_pairs, 5]: summed weights of each outcome."""
    return _count(outcomes, who, outcomes.pairs, len(outcomes.names))


def _count(
    outcomes: GoldOutcomes, who: str, place: npt.NDArray[np.intp], n_places: int
) -> FloatArray:
    n_outcomes = len(Outcome)
    codes = outcomes.outcomes[who]
    key = place * n_outcomes + codes
    n_keys = n_places * n_outcomes
    counts = np.bincount(key, outcomes.weight, n_keys)
    return counts.astype(np.float64).reshape(-1, n_outcomes)


def _measure(counts: FloatArray, cells: int, pairs: int, missing: int) -> Measures:
    """All measures of [5] summed outcomes."""
    # Sums of weights differ in their last digits with the order of rows.
    nn, nv, vn, vc, vw = (round(count, _DIGITS) for count in counts.tolist())
    return Measures(
        cells=cells,
        pairs=pairs,
        missing=missing,
        nn=nn,
        nv=nv,
        vn=vn,
        vc=vc,
        vw=vw,
        accuracy=_none_if_nan(value_of(counts, "accuracy")),
        precision=_none_if_nan(value_of(counts, "precision")),
        recall=_none_if_nan(value_of(counts, "recall")),
        f1=_none_if_nan(value_of(counts, "f1")),
    )


def _divide(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else round(value, _DIGITS)


def _mean_of_defined(values: Iterable[float | None]) -> float | None:
    defined_values = [value for value in values if value is not None]
    if not defined_values:
        return None
    return round(sum(defined_values) / len(defined_values), _DIGITS)
