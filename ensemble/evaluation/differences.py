"""How sure a difference is: two sides on the same gold cells, or one side and the best model.

The contract: docs/design.md#the-verdict. Nothing is drawn at random, and sums that rounding could
tell apart are rounded: the same cells in another order give the same figures.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ..arrays import FloatArray
from .measures import (
    EQUAL,
    PARTS,
    GoldOutcomes,
    Measure,
    best_place,
    count_outcomes,
    value_of,
    values_of_models,
)

STANDARD_ERRORS = 1.96
PSEUDO_CELLS = 2
"""Cells that are added to the variance as if they had gone one each way: without them, few labels
on which both sides are right alike would make a difference of 0 look certain."""
PICK_SHARE = 0.5
"""How much of the variance between the models that may be the best is added. The picks in the folds
carry a part of it already: with none, 95 % intervals covered 92 % on 24 samples of eight vote sets
(docs/design.md#the-verdict), with all of it 97.5 %."""
_DIGITS = 9

OutcomeCodes = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class Interval:
    """A paired difference of one measure between two sides on the same cells, with its uncertainty.

    The interval has 95 %. Bounds and error are None where the measure is undefined.
    """

    measure: Measure
    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Somebody beside the best single model.

    Attributes:
        best: The model with the highest measure on all gold; the first of equals.
        interval: The difference from a model that is picked, for each fold, on the other folds.
    """

    best: str
    interval: Interval


def paired_difference(
    outcomes: GoldOutcomes, one: str, other: str, measure: Measure = "accuracy"
) -> Interval:
    """How much better `one` is than `other` on the same cells, with an interval.

    Cells of one product count together, since a model that misreads a title errs on several of its
    cells.

    Args:
        outcomes: Those of both.
        one: A name in `outcomes.outcomes`.
        other: Another.
        measure: What is compared, micro over all cells.
    """
    codes = outcomes.outcomes
    return _difference(outcomes, codes[one], codes[other], measure)


def compare_with_best(
    outcomes: GoldOutcomes, who: str, models: Sequence[str], measure: Measure = "accuracy"
) -> Comparison:
    """How much better `who` is than the best single model.

    The model is picked inside the folds, since one that is picked on the cells that it is scored on
    looks better than it is. What is not known is also which model is the best, and the interval is
    wider for it.

    Args:
        outcomes: Those of all.
        who: A name in `outcomes.outcomes`.
        models: The names of the models.
        measure: What is compared, micro over all cells.
    """
    values = values_of_models(outcomes, models, measure)
    best = models[best_place(values)]
    if len(np.unique(outcomes.folds)) < 2:
        return Comparison(best, Interval(measure, None, None, None, None))
    picked_codes = _pick_in_folds(outcomes, models, measure)
    picking = PICK_SHARE * _picking_variance(outcomes, models, measure)
    interval = _difference(
        outcomes, outcomes.outcomes[who], picked_codes, measure, extra_variance=picking
    )
    return Comparison(best, interval)


def _difference(
    outcomes: GoldOutcomes,
    codes: OutcomeCodes,
    other_codes: OutcomeCodes,
    measure: Measure,
    *,
    extra_variance: float = 0.0,
) -> Interval:
    counts = count_outcomes(codes, outcomes.weight)
    other_counts = count_outcomes(other_codes, outcomes.weight)
    value = value_of(counts, measure)
    other_value = value_of(other_counts, measure)
    difference = value - other_value
    if np.isnan(difference):
        return Interval(measure, None, None, None, None)
    if abs(difference) < EQUAL:
        difference = 0.0
    variance = _variance(outcomes, codes, other_codes, measure)
    variance += PSEUDO_CELLS * _cell_variance(outcomes, codes, measure)
    error = float(np.sqrt(variance + extra_variance))
    reach = STANDARD_ERRORS * error
    return Interval(
        measure=measure,
        difference=round(difference, _DIGITS),
        low=round(difference - reach, _DIGITS),
        high=round(difference + reach, _DIGITS),
        standard_error=round(error, _DIGITS),
    )


def _variance(
    outcomes: GoldOutcomes, codes: OutcomeCodes, other_codes: OutcomeCodes, measure: Measure
) -> float:
    """Of the difference, products being drawn: the sum of squares of what each moves it by."""
    influence = _influence(outcomes, codes, measure)
    influence -= _influence(outcomes, other_codes, measure)
    of_product = np.bincount(outcomes.products, influence)
    n_products = len(np.unique(outcomes.products))
    small_sample = n_products / max(n_products - 1, 1)
    squares = (of_product**2).sum()
    return float(small_sample * squares)


def _influence(outcomes: GoldOutcomes, codes: OutcomeCodes, measure: Measure) -> FloatArray:
    """[n_cells]: by how much each cell moves a measure, which is a ratio of two sums."""
    part, whole = PARTS[measure]
    counts = count_outcomes(codes, outcomes.weight)
    value = value_of(counts, measure)
    excess = part[codes] - value * whole[codes]
    total = counts @ whole
    return np.asarray(outcomes.weight * excess / total)


def _cell_variance(outcomes: GoldOutcomes, codes: OutcomeCodes, measure: Measure) -> float:
    """What one more cell that goes one way would add, if it weighs as disputed cells do."""
    weight = outcomes.weight
    if outcomes.disputed.any():
        weight = weight[outcomes.disputed]
    part, whole = PARTS[measure]
    counts = count_outcomes(codes, outcomes.weight)
    total = counts @ whole
    step = part.max() / total
    square = (weight**2).mean()
    return float(square * step**2)


def _pick_in_folds(outcomes: GoldOutcomes, models: Sequence[str], measure: Measure) -> OutcomeCodes:
    """[n_cells]: the outcome of the model that is the best one on the other folds."""
    picked_codes = np.empty(len(outcomes.folds), np.int8)
    for fold in np.unique(outcomes.folds):
        in_fold = outcomes.folds == fold
        training = outcomes.rows(~in_fold)
        values = values_of_models(training, models, measure)
        model = models[best_place(values)]
        picked_codes[in_fold] = outcomes.outcomes[model][in_fold]
    return picked_codes


def _picking_variance(outcomes: GoldOutcomes, models: Sequence[str], measure: Measure) -> float:
    """The variance of the measure between the models that may be the best.

    P(i is the best) ~ exp(-z_i^2 / 2), z_i being the standard errors between it and the model that
    is the best on the gold.
    """
    values = values_of_models(outcomes, models, measure)
    best = best_place(values)
    best_codes = outcomes.outcomes[models[best]]
    likelihood = np.zeros(len(models))
    for place, model in enumerate(models):
        if np.isnan(values[place]):
            continue
        variance = _variance(outcomes, outcomes.outcomes[model], best_codes, measure)
        variance += _cell_variance(outcomes, best_codes, measure)
        distance = values[best] - values[place]
        likelihood[place] = np.exp(-(distance**2) / variance / 2)
    if not likelihood.any():
        return 0.0
    probability = likelihood / likelihood.sum()
    known_values = np.nan_to_num(values)
    mean = probability @ known_values
    return float(probability @ (known_values - mean) ** 2)
