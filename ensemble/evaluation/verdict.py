"""What gold says one should do: use the ensemble, use one model alone, either, or label more cells.

The contract: docs/design.md#the-verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, sqrt
from statistics import NormalDist
from typing import Literal

from .differences import STANDARD_ERRORS, Comparison, Interval
from .measures import EQUAL

Advice = Literal["ensemble", "single", "either", "label"]
Ending = Literal["better", "worse", "equal", "open"]
WORTH_KNOWING = 0.01
"""A difference below this is not worth a choice, nor labels to find it."""
POWER = 0.8
"""How probable it has to be that so many labels settle it, for them to be asked for."""
USUAL_DIFFERENCE = 0.015
"""Standard deviation of the true difference between an ensemble and the best model alone, over vote
sets of all kinds."""
TOLERANCE = 0.005
SURE_ENOUGH = 0.9
"""How probable it has to be that the ensemble is worse, to refuse to publish it."""
FEWEST_TO_LABEL = 10
_GROWTH = 1.1


@dataclass(frozen=True, slots=True)
class AttributeVerdict:
    """An attribute for which one model alone is better than the ensemble.

    Attributes:
        attribute: The attribute.
        best: The model.
        interval: Ensemble minus model, on the attribute's gold cells; wider than 95 %, since every
            attribute is looked at.
    """

    attribute: str
    best: str
    interval: Interval


@dataclass(frozen=True, slots=True)
class Verdict:
    """The advice, and a sentence that gives it with its reason.

    Attributes:
        advice: What to do.
        sentence: The same in plain words.
        worse_than_best: The ensemble is worse than the best single model by more than the
            tolerance, with a probability of 90 %, where `--require-no-worse-than-best` refuses to
            publish.
        more_cells: About how many more gold cells would settle it; 0 where it is settled, or where
            all cells that are left would not.
        attributes: Those for which one model alone is better.
    """

    advice: Advice
    sentence: str
    worse_than_best: bool
    more_cells: int
    attributes: tuple[AttributeVerdict, ...] = ()


def ending(low: float, high: float) -> Ending:
    """What a 95 % interval of a difference says."""
    if low > EQUAL:
        return "better"
    if high < -EQUAL:
        return "worse"
    is_small = max(-low, high) < WORTH_KNOWING
    return "equal" if is_small else "open"


def judge(
    comparison: Comparison, n_gold_cells: int, n_other_cells: int, tolerance: float = TOLERANCE
) -> Verdict:
    """Compare the ensemble with the best single model on the same gold cells.

    Args:
        comparison: Ensemble minus best model; what was fitted to gold must have been scored on
            held-out folds.
        n_gold_cells: How many cells were compared.
        n_other_cells: How many more cells there are to label.
        tolerance: By how much the ensemble may be worse.
    """
    best = comparison.best
    interval = comparison.interval
    difference = interval.difference
    low = interval.low
    high = interval.high
    error = interval.standard_error
    if difference is None or low is None or high is None or error is None:
        sentence = "The gold cannot compare the ensemble with a single model: label more cells."
        return Verdict("label", sentence, worse_than_best=False, more_cells=0)
    numbers = (
        f"its {interval.measure} is {difference:+.3f} against {best} alone "
        f"(95 % interval {low:+.3f} to {high:+.3f}, {n_gold_cells} gold cells)"
    )
    settled_sentences: dict[Ending, tuple[Advice, str]] = {
        "better": ("ensemble", f"Use the ensemble: {numbers}."),
        "worse": ("single", f"Use {best} alone: the ensemble is worse, {numbers}."),
        "equal": ("either", _equal_sentence(best, max(-low, high), n_gold_cells)),
    }
    is_worse = _probability_below(-tolerance, difference, error) >= SURE_ENOUGH
    end = ending(low, high)
    if end != "open":
        advice, sentence = settled_sentences[end]
        return Verdict(advice, sentence, worse_than_best=is_worse, more_cells=0)
    n_wanted = cells_to_settle(difference, error, n_gold_cells, n_other_cells)
    return Verdict(
        advice="label" if n_wanted else "either",
        sentence=f"{_advise_labelling(n_wanted, n_other_cells)}, {numbers}.",
        worse_than_best=is_worse,
        more_cells=n_wanted,
    )


def cells_to_settle(difference: float, error: float, n_gold_cells: int, n_other_cells: int) -> int:
    """The fewest more cells that bring an ending with a probability of 80 %, in two digits.

    Returns:
        0 where all cells that are left do not.
    """
    n_cells = FEWEST_TO_LABEL
    while n_cells <= n_other_cells:
        if _power(difference, error, n_cells / n_gold_cells) >= POWER:
            return n_cells
        n_cells = _two_digits(max(n_cells * _GROWTH, n_cells + 1))
    return 0


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
    if best_value <= own_value + EQUAL:
        return verdict
    comparison = f"{measure} {best_value:.3f}, {own_value:.3f} by {method}"
    sentence = f"{verdict.sentence} On this gold, plain {best} did better: {comparison}."
    return replace(verdict, sentence=sentence)


def add_attributes(verdict: Verdict, attributes: tuple[AttributeVerdict, ...]) -> Verdict:
    """The verdict with the attributes for which one model alone is better."""
    if not attributes:
        return verdict
    parts = []
    for each in attributes:
        distance = abs(each.interval.difference or 0.0)
        part = f"{each.best} for {each.attribute} (by {distance:.3f})"
        parts.append(part)
    named = ", ".join(parts)
    config = ", ".join(f"{each.attribute}: {each.best}" for each in attributes)
    sentence = (
        f"{verdict.sentence} One model alone is better for some attributes: {named}; with"
        f" `ensemble: {{by_attribute: {{{config}}}}}` in the config it decides there."
    )
    return replace(verdict, sentence=sentence, attributes=attributes)


def _equal_sentence(best: str, distance: float, n_gold_cells: int) -> str:
    return (
        f"The ensemble and {best} alone are as good as each other: no difference worth"
        f" {WORTH_KNOWING:g} (within ±{distance:.4f}, {n_gold_cells} gold cells);"
        f" {best} alone is one model to pay for."
    )


def _advise_labelling(n_wanted: int, n_other_cells: int) -> str:
    """What to do where the difference is not clear, to be followed by the numbers."""
    unclear = "the ensemble may be better or worse"
    if n_wanted:
        return f"Label about {n_wanted} more cells to know: {unclear}"
    if not n_other_cells:
        return f"There are no more cells to label, and {unclear}"
    return f"Even labels of all {n_other_cells} other cells may not tell: {unclear}"


def _power(difference: float, error: float, growth: float) -> float:
    """How probable it is that so many more labels bring an ending.

    Beforehand the true difference is normally distributed around 0, since those that look large
    in a few cells are mostly smaller; today's says more. What further labels will show is
    distributed around it, and the later difference is the mean of both.

    Args:
        difference: Today's.
        error: Its standard error, above 0.
        growth: More labels, as a multiple of today's.
    """
    variance = error**2
    usual_variance = USUAL_DIFFERENCE**2
    trust = usual_variance / (usual_variance + variance)
    true_difference = trust * difference
    true_variance = trust * variance
    new_share = growth / (1 + growth)
    change = true_difference - difference
    mean = difference + new_share * change
    spread_of_new = sqrt(true_variance + variance / growth)
    later_difference = NormalDist(mean, new_share * spread_of_new)
    later_error = error / sqrt(1 + growth)
    reach = STANDARD_ERRORS * later_error
    worse = later_difference.cdf(-reach)
    better = 1 - later_difference.cdf(reach)
    # Equal: the interval holds 0, and nothing that is worth knowing.
    farthest = min(reach, WORTH_KNOWING - reach)
    equal = later_difference.cdf(farthest) - later_difference.cdf(-farthest)
    return worse + better + max(equal, 0.0)


def _probability_below(limit: float, difference: float, error: float) -> float:
    """That the true difference is below a limit."""
    return NormalDist(difference, error).cdf(limit)


def _two_digits(number: float) -> int:
    """The next whole number of two digits and zeros; of tens, where it is below 100."""
    n_digits = len(str(int(number)))
    n_zeros = max(n_digits - 2, 1)
    step: int = 10**n_zeros
    n_steps = ceil(number / step)
    return n_steps * step
