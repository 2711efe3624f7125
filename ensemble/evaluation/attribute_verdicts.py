"""Attributes for which one model alone is better than the ensemble (docs/design.md#the-verdict)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import NormalDist

from .differences import Comparison, Interval, compare_with_best
from .measures import EQUAL, GoldOutcomes
from .verdict import AttributeVerdict

FALSE_ALARM = 0.05
"""Chance that any attribute is named where the ensemble is as good on all."""


def judge_attributes(
    outcomes: GoldOutcomes, who: str, models: Sequence[str]
) -> tuple[AttributeVerdict, ...]:
    """The attributes for which a model, picked inside the folds, is better than `who`.

    With n attributes each interval has 100 - 5 / n %, so that all of them hold together.

    Args:
        outcomes: Those of all.
        who: The ensemble's name in `outcomes.outcomes`.
        models: The names of the models.
    """
    attributes = tuple(dict.fromkeys(attribute for _, attribute in outcomes.names))
    if len(attributes) < 2:
        return ()
    per_attribute = FALSE_ALARM / len(attributes)
    per_side = per_attribute / 2
    reach = NormalDist().inv_cdf(1 - per_side)
    return tuple(_worse_attributes(outcomes, who, models, attributes, reach))


def _worse_attributes(
    outcomes: GoldOutcomes,
    who: str,
    models: Sequence[str],
    attributes: Sequence[str],
    reach: float,
) -> Iterator[AttributeVerdict]:
    for attribute in attributes:
        own_outcomes = outcomes.of_attribute(attribute)
        comparison = compare_with_best(own_outcomes, who, models)
        interval = _widen(comparison, reach)
        if interval.high is not None and interval.high < -EQUAL:
            yield AttributeVerdict(attribute, comparison.best, interval)


def _widen(comparison: Comparison, reach: float) -> Interval:
    """The interval with so many standard errors to each side."""
    interval = comparison.interval
    difference = interval.difference
    error = interval.standard_error
    if difference is None or error is None:
        return interval
    distance = reach * error
    return Interval(
        measure=interval.measure,
        difference=difference,
        low=difference - distance,
        high=difference + distance,
        standard_error=error,
    )
