"""What gold says one should do: use the ensemble, use one model alone, or label more cells.

The contract: docs/design.md#the-verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

from .measures import Interval

Advice = Literal["ensemble", "single", "label"]
WORTH_KNOWING = 0.01
"""No more cells are asked for than would settle a difference of this size."""
STANDARD_ERRORS = 1.96
FEWEST_TO_LABEL = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """The advice, and a sentence that gives it with its reason.

    Attributes:
        advice: What to do.
        sentence: The same in plain words.
        worse_than_best: The ensemble is worse than the best single model by more than one standard
            error, where `--require-no-worse-than-best` refuses to publish.
        more_cells: About how many more gold cells would settle it, and never more than can be
            labelled; 0 where it is settled.
    """

    advice: Advice
    sentence: str
    worse_than_best: bool
    more_cells: int


def judge(interval: Interval, best: str, n_gold_cells: int, n_other_cells: int) -> Verdict:
    """Compare the ensemble with the best single model on the same gold cells.

    Args:
        interval: Ensemble minus best model; what was fitted to gold must have been scored on
            held-out folds.
        best: That model.
        n_gold_cells: How many cells were compared.
        n_other_cells: How many more cells there are to label.
    """
    difference = interval.difference
    low = interval.low
    high = interval.high
    error = interval.standard_error
    if difference is None or low is None or high is None or error is None:
        sentence = "The gold cannot compare the ensemble with a single model: label more cells."
        return Verdict("label", sentence, worse_than_best=False, more_cells=0)
    if low == high == difference == 0:
        sentence = f"The ensemble and {best} alone are right on the same gold cells."
        return Verdict("ensemble", sentence, worse_than_best=False, more_cells=0)
    numbers = (
        f"its {interval.measure} is {difference:+.3f} against {best} alone "
        f"(95 % interval {low:+.3f} to {high:+.3f}, {n_gold_cells} gold cells)"
    )
    is_worse = difference < -error
    if low > 0:
        return Verdict(
            advice="ensemble",
            sentence=f"Use the ensemble: {numbers}.",
            worse_than_best=is_worse,
            more_cells=0,
        )
    if high < 0:
        return Verdict(
            advice="single",
            sentence=f"Use {best} alone: the ensemble is worse, {numbers}.",
            worse_than_best=is_worse,
            more_cells=0,
        )
    n_wanted = _cells_to_settle(difference, error, n_gold_cells)
    advice = _advise_labelling(n_wanted, n_other_cells)
    return Verdict(
        advice="label",
        sentence=f"{advice}, {numbers}.",
        worse_than_best=is_worse,
        more_cells=min(n_wanted, n_other_cells),
    )


def add_better_method(
    verdict: Verdict, measure: str, method: str, values: Mapping[str, float | None]
) -> Verdict:
    """The verdict with a sentence on the method that was better than the one in use, where one was.

    Args:
        verdict: What was said so far.
        measure: What is compared.
        method: The method in use.
        values: The measure of the method in use, and of the plain ones; None where it is undefined.
    """
    defined_values = {name: value for name, value in values.items() if value is not None}
    if method not in defined_values:
        return verdict
    best = max(defined_values, key=lambda name: defined_values[name])
    own_value = defined_values[method]
    best_value = defined_values[best]
    if best_value <= own_value:
        return verdict
    comparison = f"{measure} {best_value:.3f}, {own_value:.3f} by {method}"
    sentence = f"{verdict.sentence} On this gold, plain {best} did better: {comparison}."
    return replace(verdict, sentence=sentence)


def _advise_labelling(n_wanted: int, n_other_cells: int) -> str:
    """What to do where the difference is not clear, to be followed by the numbers."""
    unclear = "the ensemble may be better or worse"
    if not n_other_cells:
        return f"There are no more cells to label, and {unclear}"
    if n_wanted > n_other_cells:
        return f"Even labels of all {n_other_cells} other cells may not tell: {unclear}"
    return f"Label about {n_wanted} more cells to know: {unclear}"


def _cells_to_settle(difference: float, error: float, n_gold_cells: int) -> int:
    """More cells until a difference of this size, or one worth knowing, is clear; in two digits."""
    distance = max(abs(difference), WORTH_KNOWING)
    ratio = STANDARD_ERRORS * error / distance
    n_in_all = ceil(n_gold_cells * ratio**2)
    n_more = max(n_in_all - n_gold_cells, FEWEST_TO_LABEL)
    n_zeros = max(len(str(n_more)) - 2, 1)
    step: int = 10**n_zeros
    return ceil(n_more / step) * step
