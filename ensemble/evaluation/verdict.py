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
_WORTH_KNOWING = 0.01
"""No more cells are asked for than would settle a difference of this size."""


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


def judge(interval: Interval, best: str, gold_cells: int, unlabelled: int) -> Verdict:
    """Compare the ensemble with the best single model on the same gold cells.

    Args:
        interval: Ensemble minus best model; what was fitted to gold must have been scored on
            held-out folds.
        best: That model.
        gold_cells: How many cells were compared.
        unlabelled: How many more cells there are.
    """
    difference, low, high, error = (
        interval.difference,
        interval.low,
        interval.high,
        interval.standard_error,
    )
    if difference is None or low is None or high is None or error is None:
        return Verdict(
            "label",
            "The gold cannot compare the ensemble with a single model: label more cells.",
            False,
            0,
        )
    numbers = (
        f"its {interval.measure} is {difference:+.3f} against {best} alone "
        f"(95 % interval {low:+.3f} to {high:+.3f}, {gold_cells} gold cells)"
    )
    worse = difference < -error
    if low == high == difference == 0:
        return Verdict(
            "ensemble", f"The ensemble and {best} alone are right on the same gold cells.", False, 0
        )
    if low > 0:
        return Verdict("ensemble", f"Use the ensemble: {numbers}.", worse, 0)
    if high < 0:
        return Verdict("single", f"Use {best} alone: the ensemble is worse, {numbers}.", worse, 0)
    wanted = _more_cells(difference, error, gold_cells)
    return Verdict(
        "label", f"{_to_label(wanted, unlabelled)}, {numbers}.", worse, min(wanted, unlabelled)
    )


def with_better(
    verdict: Verdict, measure: str, method: str, values: Mapping[str, float | None]
) -> Verdict:
    """The verdict with a sentence on the plain method that was better than the one in use, where one was.

    Args:
        verdict: What was said so far.
        measure: What is compared.
        method: The method in use.
        values: The measure of the method in use, and of the plain ones; None where it is undefined.
    """
    known = {name: value for name, value in values.items() if value is not None}
    best = max(known, key=lambda name: known[name], default=method)
    if method not in known or known[best] <= known[method]:
        return verdict
    better = f"On this gold, plain {best} did better: {measure} {known[best]:.3f}, {known[method]:.3f} by {method}."
    return replace(verdict, sentence=f"{verdict.sentence} {better}")


def _to_label(wanted: int, unlabelled: int) -> str:
    """What to do where the difference is not clear, to be followed by the numbers."""
    unclear = "the ensemble may be better or worse"
    if not unlabelled:
        return f"There are no more cells to label, and {unclear}"
    if wanted > unlabelled:
        return f"Even labels of all {unlabelled} other cells may not tell: {unclear}"
    return f"Label about {wanted} more cells to know: {unclear}"


def _more_cells(difference: float, error: float, gold_cells: int) -> int:
    """Cells until a difference of this size, or of one worth knowing, would be 1.96 standard errors; two digits."""
    wanted = gold_cells * (1.96 * error / max(abs(difference), _WORTH_KNOWING)) ** 2
    more = max(ceil(wanted) - gold_cells, 10)
    step = int(10 ** max(len(str(more)) - 2, 1))
    return ceil(more / step) * step
