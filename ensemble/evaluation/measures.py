"""Predictions against gold: outcomes of cells, measures, and how sure a difference is.

Each scored cell is one of five outcomes, as in ExtractGPT (Brinkmann et al. 2023, arXiv
2310.12537): gold n/a or a value, prediction n/a or a value, and where both are values, correct or
wrong. The contract: docs/design.md#evaluation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, FloatArray
from ..groups import ALL, Pair

Measure = Literal["accuracy", "precision", "recall", "f1"]
INTERVAL = (0.025, 0.975)
"""Quantiles of the resamples that bound an interval."""


class Outcome(IntEnum):
    """What became of one scored cell: N is n/a, V a value (gold first), C correct, W wrong."""

    NN = 0
    NV = 1
    VN = 2
    VC = 3
    VW = 4


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
    """

    products: npt.NDArray[np.intp]
    pairs: npt.NDArray[np.intp]
    names: tuple[Pair, ...]
    weight: FloatArray
    outcomes: Mapping[str, npt.NDArray[np.int8]]
    missing: Mapping[str, BoolArray]


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


@dataclass(frozen=True, slots=True)
class Interval:
    """A paired difference of one measure between two sides on the same cells, with its uncertainty.

    The interval covers 95 % of bootstrap resamples by product; `standard_error` is their standard
    deviation. Bounds are None where the measure is undefined.
    """

    measure: Measure
    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None


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
    pairs = [each for each in by_pair if each.nv + each.vn + each.vc + each.vw > 0]
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


def paired_difference(
    outcomes: GoldOutcomes,
    one: str,
    other: str,
    measure: Measure = "accuracy",
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """How much better `one` is than `other` on the same cells, with an interval.

    The interval comes of resampling products: cells of one product are drawn together, since a
    model that misreads a title errs on several of its cells. The same seed gives the same interval.

    Args:
        outcomes: Those of both.
        one: A name in `outcomes.outcomes`.
        other: Another.
        measure: What is compared, micro over all cells.
        draws: Number of resamples.
        seed: Of the resampling.
    """
    counts = _count_by_product(outcomes, one)
    other_counts = _count_by_product(outcomes, other)
    value = _value(counts.sum(axis=0), measure)
    other_value = _value(other_counts.sum(axis=0), measure)
    n_products = len(counts)
    generator = np.random.default_rng(seed)
    resamples = np.empty(draws)
    for draw in range(draws):
        products = generator.integers(0, n_products, n_products)
        times = np.bincount(products, minlength=n_products).astype(np.float64)
        drawn_value = _value(times @ counts, measure)
        other_drawn_value = _value(times @ other_counts, measure)
        resamples[draw] = drawn_value - other_drawn_value
    difference = value - other_value
    resamples = resamples[~np.isnan(resamples)]
    if np.isnan(difference) or not len(resamples):
        return Interval(measure, None, None, None, None)
    low, high = np.quantile(resamples, INTERVAL)
    return Interval(
        measure=measure,
        difference=difference,
        low=float(low),
        high=float(high),
        standard_error=float(resamples.std()),
    )


def best_model(outcomes: GoldOutcomes, models: Sequence[str], measure: Measure = "accuracy") -> str:
    """The model with the highest measure on the gold; the first of equals."""
    values = [_value(_count_by_pair(outcomes, model).sum(axis=0), measure) for model in models]
    if np.isnan(values).all():
        return models[0]
    return models[int(np.nanargmax(values))]


def _count_by_pair(outcomes: GoldOutcomes, who: str) -> FloatArray:
    """[n_pairs, 5]: summed weights of each outcome."""
    return _count(outcomes, who, outcomes.pairs, len(outcomes.names))


def _count_by_product(outcomes: GoldOutcomes, who: str) -> FloatArray:
    """[n_products, 5]: summed weights of each outcome."""
    n_products = int(outcomes.products.max(initial=-1)) + 1
    return _count(outcomes, who, outcomes.products, n_products)


def _count(
    outcomes: GoldOutcomes, who: str, place: npt.NDArray[np.intp], n_places: int
) -> FloatArray:
    n_outcomes = len(Outcome)
    key = place * n_outcomes + outcomes.outcomes[who]
    counts = np.bincount(key, outcomes.weight, n_places * n_outcomes)
    return counts.astype(np.float64).reshape(-1, n_outcomes)


def _measure(counts: FloatArray, cells: int, pairs: int, missing: int) -> Measures:
    """All measures of [5] summed outcomes."""
    nn, nv, vn, vc, vw = counts.tolist()
    return Measures(
        cells=cells,
        pairs=pairs,
        missing=missing,
        nn=nn,
        nv=nv,
        vn=vn,
        vc=vc,
        vw=vw,
        accuracy=_none_if_nan(_value(counts, "accuracy")),
        precision=_none_if_nan(_value(counts, "precision")),
        recall=_none_if_nan(_value(counts, "recall")),
        f1=_none_if_nan(_value(counts, "f1")),
    )


def _value(counts: FloatArray, measure: Measure) -> float:
    """One measure of [5] summed outcomes; nan where its denominator is 0."""
    nn, nv, vn, vc, vw = counts.tolist()
    if measure == "accuracy":
        return _divide(vc + nn, nn + nv + vn + vc + vw)
    if measure == "precision":
        return _divide(vc, nv + vc + vw)
    if measure == "recall":
        return _divide(vc, vn + vc + vw)
    return _divide(2 * vc, 2 * vc + nv + vn + 2 * vw)


def _divide(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else value


def _mean_of_defined(values: Iterable[float | None]) -> float | None:
    defined_values = [value for value in values if value is not None]
    return sum(defined_values) / len(defined_values) if defined_values else None
