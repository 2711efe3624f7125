"""What gold says one should do: use the ensemble, use one model alone, or label more cells (DESIGN, section 7c)."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import Literal

from .evaluation import Interval

Advice = Literal["ensemble", "single", "label"]
_WORTH_KNOWING = 0.01
"""No more cells are asked for than would settle a difference of this size."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The advice, and a sentence that gives it with its reason.

    Attributes:
        advice: What to do.
        sentence: The same in plain words.
        worse_than_best: The ensemble is worse than the best single model by more than one standard error, where
            `--require-no-worse-than-best` refuses to publish.
        more_cells: About how many more gold cells would settle it; 0 where it is settled.
    """

    advice: Advice
    sentence: str
    worse_than_best: bool
    more_cells: int


def judge(interval: Interval, best: str, gold_cells: int) -> Verdict:
    """Compare the ensemble with the best single model on the same gold cells.

    Args:
        interval: Ensemble minus best model; what was fitted to gold must have been scored on held-out folds.
        best: That model.
        gold_cells: How many cells were compared.
    """
    difference, low, high, error = interval.difference, interval.low, interval.high, interval.standard_error
    if difference is None or low is None or high is None or error is None:
        return Verdict("label", "The gold cannot compare the ensemble with a single model: label more cells.", False, 0)
    numbers = (
        f"its {interval.measure} is {difference:+.3f} against {best} alone "
        f"(95 % interval {low:+.3f} to {high:+.3f}, {gold_cells} gold cells)"
    )
    worse = difference < -error
    if low == high == difference == 0:
        return Verdict("ensemble", f"The ensemble and {best} alone are right on the same gold cells.", False, 0)
    if low > 0:
        return Verdict("ensemble", f"Use the ensemble: {numbers}.", worse, 0)
    if high < 0:
        return Verdict("single", f"Use {best} alone: the ensemble is worse, {numbers}.", worse, 0)
    more = _more_cells(difference, error, gold_cells)
    return Verdict(
        "label", f"Label about {more} more cells to know: the ensemble may be better or worse, {numbers}.", worse, more
    )


def _more_cells(difference: float, error: float, gold_cells: int) -> int:
    """Cells until a difference of this size, or of one worth knowing, would be 1.96 standard errors; two digits."""
    wanted = gold_cells * (1.96 * error / max(abs(difference), _WORTH_KNOWING)) ** 2
    more = max(ceil(wanted) - gold_cells, 10)
    step = int(10 ** max(len(str(more)) - 2, 1))
    return ceil(more / step) * step
