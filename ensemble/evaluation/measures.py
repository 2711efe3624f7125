"""Predictions against gold: outcomes of cells, measures, and how sure a difference is.

The contract: docs/design.md#evaluation.

Each scored cell is one of five outcomes, as in ExtractGPT (Brinkmann et al. 2023, arXiv
2310.12537): gold n/a or a value, prediction n/a or a value, and where both are values, correct or
wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..arrays import BoolArray, FloatArray
from ..groups import ALL, Pair

Measure = Literal["accuracy", "precision", "recall", "f1"]
MEASURES: tuple[Measure, ...] = ("accuracy", "precision", "recall", "f1")


class Outcome(IntEnum):
    """What became of one scored cell: N stands for n/a, V for a value (gold first), C for correct, W for wrong."""

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
    """Measures of one model, of `majority` or of `ensemble`, over all cells, the mean over pairs, or one pair."""

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


def measure_everyone(scored: GoldOutcomes) -> Iterator[EvaluationRow]:
    """Measures of everyone: micro, macro, and each (category, attribute) pair."""
    for who, outcomes in scored.outcomes.items():
        table = _tables(scored, outcomes)
        cells = np.bincount(scored.pairs, minlength=len(scored.names))
        missing = np.bincount(scored.pairs[scored.missing[who]], minlength=len(scored.names))
        pairs = [
            _measures(row, int(n), 1, int(x))
            for row, n, x in zip(table, cells, missing, strict=True)
        ]
        yield EvaluationRow(
            who,
            "micro",
            ALL,
            ALL,
            _measures(table.sum(axis=0), int(cells.sum()), len(pairs), int(missing.sum())),
        )
        yield EvaluationRow(who, "macro", ALL, ALL, macro_mean(pairs))
        for (category, attribute), measures in zip(scored.names, pairs, strict=True):
            yield EvaluationRow(who, "attribute", category, attribute, measures)


def macro_mean(pairs: Sequence[Measures]) -> Measures:
    """The mean over the pairs with at least one of NV, VN, VC, VW; where a pair lacks a measure, over the others."""
    kept = [m for m in pairs if m.nv + m.vn + m.vc + m.vw > 0]
    counts = [sum(getattr(m, name) for m in kept) for name in ("nn", "nv", "vn", "vc", "vw")]
    means = [
        _mean([value for m in kept if (value := getattr(m, name)) is not None]) for name in MEASURES
    ]
    return Measures(
        sum(m.cells for m in kept), len(kept), sum(m.missing for m in kept), *counts, *means
    )


def paired_difference(
    scored: GoldOutcomes,
    one: str,
    other: str,
    measure: Measure = "accuracy",
    *,
    draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """How much better `one` is than `other` on the same cells, with an interval from resampling products.

    Cells of one product are drawn together, since a model that misreads a title errs on several of
    its cells. The same seed gives the same interval.

    Args:
        scored: Outcomes of both.
        one: A name in `scored.outcomes`.
        other: Another.
        measure: What is compared, micro over all cells.
        draws: Number of resamples.
        seed: Of the resampling.
    """
    first, second = _by_product(scored, one), _by_product(scored, other)
    difference = float(_value(first.sum(axis=0), measure) - _value(second.sum(axis=0), measure))
    n_products = len(first)
    rng = np.random.default_rng(seed)
    drawn = np.empty(draws)
    for draw in range(draws):
        times = np.bincount(rng.integers(0, n_products, n_products), minlength=n_products).astype(
            np.float64
        )
        drawn[draw] = _value(times @ first, measure) - _value(times @ second, measure)
    drawn = drawn[~np.isnan(drawn)]
    if np.isnan(difference) or not len(drawn):
        return Interval(measure, None, None, None, None)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(measure, difference, float(low), float(high), float(drawn.std()))


def best_model(scored: GoldOutcomes, models: Sequence[str], measure: Measure = "accuracy") -> str:
    """The model with the highest measure on the gold; the first of equals."""
    values = [
        _value(_tables(scored, scored.outcomes[model]).sum(axis=0), measure) for model in models
    ]
    return models[int(np.nanargmax(values))] if not np.isnan(values).all() else models[0]


def _tables(scored: GoldOutcomes, outcomes: npt.NDArray[np.int8]) -> FloatArray:
    """[n_pairs, 5]: summed weights of each outcome."""
    key = scored.pairs * len(Outcome) + outcomes
    counts = np.bincount(key, scored.weight, len(scored.names) * len(Outcome))
    return counts.astype(np.float64).reshape(-1, len(Outcome))


def _by_product(scored: GoldOutcomes, who: str) -> FloatArray:
    """[n_products, 5]: summed weights of each outcome."""
    n_products = int(scored.products.max(initial=-1)) + 1
    key = scored.products * len(Outcome) + scored.outcomes[who]
    counts = np.bincount(key, scored.weight, n_products * len(Outcome))
    return counts.astype(np.float64).reshape(-1, len(Outcome))


def _measures(counts: FloatArray, cells: int, pairs: int, missing: int) -> Measures:
    values = [float(_value(counts, name)) for name in MEASURES]
    return Measures(
        cells, pairs, missing, *counts.tolist(), *(None if np.isnan(v) else v for v in values)
    )


def _value(counts: FloatArray, measure: Measure) -> float:
    """One measure of [5] summed outcomes; nan where its denominator is 0."""
    nn, nv, vn, vc, vw = counts
    above, below = {
        "accuracy": (vc + nn, nn + nv + vn + vc + vw),
        "precision": (vc, nv + vc + vw),
        "recall": (vc, vn + vc + vw),
        "f1": (2 * vc, 2 * vc + nv + vn + 2 * vw),
    }[measure]
    return float(above / below) if below > 0 else float("nan")


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
