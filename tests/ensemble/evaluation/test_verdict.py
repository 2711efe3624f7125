from __future__ import annotations

import pytest

from attrx.ensemble.evaluation.measures import Interval
from attrx.ensemble.evaluation.verdict import Verdict, add_better_method, judge


def interval(difference: float, error: float) -> Interval:
    return Interval(
        "accuracy", difference, difference - 1.96 * error, difference + 1.96 * error, error
    )


def test_a_clearly_better_ensemble_is_advised() -> None:
    verdict = judge(interval(0.03, 0.01), "gpt-4", 200, 1000)
    assert (verdict.advice, verdict.worse_than_best, verdict.more_cells) == ("ensemble", False, 0)
    assert verdict.sentence == (
        "Use the ensemble: its accuracy is +0.030 against gpt-4 alone"
        " (95 % interval +0.010 to +0.050, 200 gold cells)."
    )


def test_a_clearly_worse_ensemble_is_not() -> None:
    verdict = judge(interval(-0.03, 0.01), "gpt-4", 200, 1000)
    assert (verdict.advice, verdict.worse_than_best, verdict.more_cells) == ("single", True, 0)
    assert verdict.sentence.startswith("Use gpt-4 alone")


@pytest.mark.parametrize(
    ("difference", "error", "more"),
    [
        (0.02, 0.02, 570),  # 200 * (1.96 * .02 / .02)^2 = 768.3, less 200: 569, in two digits 570
        (0.001, 0.01, 570),  # as if the difference were .01: 200 * 1.96^2 = 768.3
        (0.0, 0.03, 6800),  # 200 * 5.88^2 = 6914.9, less 200: 6715
        (0.0, 0.1, 77_000),  # 200 * 19.6^2 = 76832, less 200: 76632
        (0.0199, 0.0102, 10),  # 200 * 1.0046^2 = 201.9: at least 10
    ],
)
def test_an_unclear_difference_asks_for_more_cells(
    difference: float, error: float, more: int
) -> None:
    verdict = judge(interval(difference, error), "gpt-4", 200, 100_000)
    assert (verdict.advice, verdict.more_cells) == ("label", more)
    assert f"Label about {verdict.more_cells} more cells" in verdict.sentence


def test_worse_by_more_than_one_standard_error_is_marked_even_where_the_interval_is_wide() -> None:
    assert judge(interval(-0.021, 0.02), "m", 100, 1000).worse_than_best
    assert not judge(interval(-0.019, 0.02), "m", 100, 1000).worse_than_best
    assert not judge(interval(-0.02, 0.02), "m", 100, 1000).worse_than_best


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.04), (-0.04, 0.0)])
def test_an_interval_that_touches_zero_settles_nothing(low: float, high: float) -> None:
    verdict = judge(Interval("accuracy", 0.02, low, high, 0.01), "m", 100, 1000)
    assert verdict.advice == "label"


def test_equal_on_every_cell_is_told() -> None:
    verdict = judge(Interval("accuracy", 0.0, 0.0, 0.0, 0.0), "m", 50, 1000)
    assert (verdict.advice, verdict.worse_than_best, verdict.more_cells) == ("ensemble", False, 0)
    assert verdict.sentence == "The ensemble and m alone are right on the same gold cells."


@pytest.mark.parametrize("missing", ["difference", "low", "high", "standard_error"])
def test_gold_that_cannot_compare_says_so(missing: str) -> None:
    known = {"difference": 0.1, "low": 0.0, "high": 0.2, "standard_error": 0.1}
    interval = Interval("f1", **{**known, missing: None})
    sentence = "The gold cannot compare the ensemble with a single model: label more cells."
    assert judge(interval, "m", 0, 1000) == Verdict("label", sentence, False, 0)


@pytest.mark.parametrize(
    ("unlabelled", "more", "said"),
    [
        # 200 * (1.96 * .02 / .02)^2 = 768.3, less 200: 569, in two digits 570
        (
            570,
            570,
            "Label about 570 more cells to know: the ensemble may be better or worse, its accuracy",
        ),
        (
            569,
            569,
            "Even labels of all 569 other cells may not tell: the ensemble may be better or worse",
        ),
        (
            0,
            0,
            "There are no more cells to label, and the ensemble may be better or worse, its",
        ),
    ],
)
def test_no_more_cells_are_asked_for_than_there_are(unlabelled: int, more: int, said: str) -> None:
    verdict = judge(interval(0.02, 0.02), "gpt-4", 200, unlabelled)
    assert (verdict.advice, verdict.more_cells) == ("label", more)
    assert verdict.sentence.startswith(said)


@pytest.mark.parametrize(
    ("values", "added"),
    [
        (
            {"majority": 0.91, "iwmv": 0.92, "stack": 0.9},
            " On this gold, plain iwmv did better: accuracy 0.920, 0.900 by stack.",
        ),
        ({"majority": 0.9, "iwmv": 0.89, "stack": 0.9}, ""),
        ({"majority": None, "stack": 0.9}, ""),
        ({"majority": 0.9, "stack": None}, ""),
    ],
)
def test_a_plain_method_that_was_better_is_named(
    values: dict[str, float | None], added: str
) -> None:
    verdict = judge(interval(0.03, 0.01), "gpt-4", 200, 1000)
    assert (
        add_better_method(verdict, "accuracy", "stack", values).sentence == verdict.sentence + added
    )
