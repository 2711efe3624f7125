from __future__ import annotations

import numpy as np
import pytest

from attrx.ensemble.evaluation.differences import Comparison, Interval
from attrx.ensemble.evaluation.verdict import (
    USUAL_DIFFERENCE,
    AttributeVerdict,
    Verdict,
    add_attributes,
    add_better_method,
    cells_to_settle,
    ending,
    judge,
)


def interval(difference: float, error: float) -> Interval:
    return Interval(
        "accuracy", difference, difference - 1.96 * error, difference + 1.96 * error, error
    )


def verdict_on(
    difference: float, error: float, n_other_cells: int = 1000, tolerance: float = 0.005
) -> Verdict:
    return judge(Comparison("gpt-4", interval(difference, error)), 200, n_other_cells, tolerance)


def test_a_clearly_better_ensemble_is_advised() -> None:
    verdict = verdict_on(0.03, 0.01)
    assert (verdict.advice, verdict.worse_than_best, verdict.more_cells) == ("ensemble", False, 0)
    assert verdict.sentence == (
        "Use the ensemble: its accuracy is +0.030 against gpt-4 alone"
        " (95 % interval +0.010 to +0.050, 200 gold cells)."
    )


def test_a_clearly_worse_ensemble_is_not() -> None:
    verdict = verdict_on(-0.03, 0.01)
    assert (verdict.advice, verdict.worse_than_best, verdict.more_cells) == ("single", True, 0)
    assert verdict.sentence.startswith("Use gpt-4 alone")


def test_a_difference_that_is_worth_nothing_ends_with_advice() -> None:
    verdict = verdict_on(0.001, 0.003)
    assert (verdict.advice, verdict.worse_than_best, verdict.more_cells) == ("either", False, 0)
    assert verdict.sentence == (
        "The ensemble and gpt-4 alone are as good as each other: no difference worth 0.01 (within"
        " ±0.0069, 200 gold cells); gpt-4 alone is one model to pay for."
    )


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 0.04, "open"),
        (1e-12, 0.04, "open"),  # 0, but for rounding
        (1e-4, 0.005, "better"),
        (-0.04, 0.0, "open"),
        (-0.04, -1e-12, "open"),
        (-0.04, -1e-4, "worse"),
        (-0.0099, 0.0099, "equal"),
        (-0.01, 0.002, "open"),
    ],
)
def test_an_interval_has_one_of_four_endings(low: float, high: float, expected: str) -> None:
    assert ending(low, high) == expected


@pytest.mark.parametrize(("difference", "error"), [(0.02, 0.02), (-0.01, 0.012), (0.0, 0.01)])
def test_so_many_more_labels_bring_an_ending_in_four_of_five_cases(
    difference: float, error: float
) -> None:
    n_more = cells_to_settle(difference, error, 200, 1_000_000)
    rng = np.random.default_rng(0)
    # What is known: differences are small as a rule, and this is what was seen.
    trust = USUAL_DIFFERENCE**2 / (USUAL_DIFFERENCE**2 + error**2)
    true_difference = rng.normal(trust * difference, error * np.sqrt(trust), 20_000)
    n_all = 200 + n_more
    error_of_more = error * np.sqrt(200 / n_more)
    later = (200 * difference + n_more * rng.normal(true_difference, error_of_more)) / n_all
    reach = 1.96 * error * np.sqrt(200 / n_all)
    endings = [ending(each - reach, each + reach) for each in later]
    assert np.mean([each != "open" for each in endings]) == pytest.approx(0.8, abs=0.03)


def test_labels_are_asked_for_only_where_so_many_would_settle_it() -> None:
    n_more = cells_to_settle(0.02, 0.02, 200, 1_000_000)
    verdict = verdict_on(0.02, 0.02, n_other_cells=n_more)
    assert (verdict.advice, verdict.more_cells) == ("label", n_more)
    assert verdict.sentence.startswith(f"Label about {n_more} more cells to know: the ensemble may")
    assert n_more % 100 == 0  # two digits
    too_few = verdict_on(0.02, 0.02, n_other_cells=n_more - 1)
    assert (too_few.advice, too_few.more_cells) == ("either", 0)
    assert too_few.sentence.startswith(f"Even labels of all {n_more - 1} other cells may not tell")


def test_where_all_is_labelled_no_label_is_asked_for() -> None:
    verdict = verdict_on(0.02, 0.02, n_other_cells=0)
    assert (verdict.advice, verdict.more_cells) == ("either", 0)
    assert verdict.sentence.startswith("There are no more cells to label, and the ensemble may be")


def test_worse_by_more_than_the_tolerance_needs_nine_tenths() -> None:
    # P(below -.005) = P(z < (-.005 + .021) / .012 = 1.33) = .91, with .015 in place of .021: .80
    assert verdict_on(-0.021, 0.012).worse_than_best
    assert not verdict_on(-0.015, 0.012).worse_than_best
    assert verdict_on(-0.021, 0.012, tolerance=0.0).worse_than_best
    assert not verdict_on(-0.021, 0.012, tolerance=0.02).worse_than_best


@pytest.mark.parametrize("missing", ["difference", "low", "high", "standard_error"])
def test_gold_that_cannot_compare_says_so(missing: str) -> None:
    known = {"difference": 0.1, "low": 0.0, "high": 0.2, "standard_error": 0.1}
    interval = Interval("f1", **{**known, missing: None})
    sentence = "The gold cannot compare the ensemble with a single model: label more cells."
    assert judge(Comparison("m", interval), 0, 1000) == Verdict("label", sentence, False, 0)


@pytest.mark.parametrize(
    ("values", "added"),
    [
        (
            {"majority": 0.91, "iwmv": 0.92, "stack": 0.9},
            " On this gold, plain iwmv did better: accuracy 0.920, 0.900 by stack.",
        ),
        ({"majority": 0.9, "iwmv": 0.89, "stack": 0.9}, ""),
        ({"majority": 0.9 + 1e-12, "stack": 0.9}, ""),  # equal, but for rounding
        ({"majority": None, "stack": 0.9}, ""),
        ({"majority": 0.9, "stack": None}, ""),
    ],
)
def test_a_plain_method_that_was_better_is_named(
    values: dict[str, float | None], added: str
) -> None:
    verdict = verdict_on(0.03, 0.01)
    assert (
        add_better_method(verdict, "accuracy", "stack", values).sentence == verdict.sentence + added
    )


def test_attributes_for_which_one_model_alone_is_better_are_named() -> None:
    verdict = verdict_on(0.03, 0.01)
    assert add_attributes(verdict, ()) == verdict
    worse = AttributeVerdict("material", "gpt-4", interval(-0.052, 0.01))
    longer = add_attributes(verdict, (worse,))
    assert longer.attributes == (worse,)
    assert longer.sentence == (
        verdict.sentence
        + " One model alone is better for some attributes: gpt-4 for material (by 0.052); with"
        " `ensemble: {by_attribute: {material: gpt-4}}` in the config it decides there."
    )
