"""What a stranger says counts where it can be meant, and as not told where it cannot."""

from __future__ import annotations

import math

import pytest

from attrx.configs.checked_values import (
    LONGEST_WORD,
    MOST_TOKENS,
    count_or_none,
    number_or_none,
    share_or_none,
    wait_or_none,
    word_or_none,
)


@pytest.mark.parametrize(("value", "count"), [(0, 0), (12, 12), (12.0, 12), (MOST_TOKENS,) * 2])
def test_counts_that_can_be_are_taken(value: float, count: int) -> None:
    assert count_or_none(value) == count


@pytest.mark.parametrize(
    "value",
    [None, "12", -1, 12.5, True, 2**63, 1e300, math.inf, math.nan, [1], {}, MOST_TOKENS + 1],
)
def test_other_counts_are_not_told(value: object) -> None:
    assert count_or_none(value) is None


@pytest.mark.parametrize("value", [None, 1, "", "  ", "a\nb", "a\x00b", "\ud800", "a\u202eb"])
def test_words_that_cannot_be_printed_are_not_told(value: object) -> None:
    assert word_or_none(value) is None


def test_a_word_has_a_longest_length() -> None:
    assert word_or_none(f" {'x' * LONGEST_WORD} ") == "x" * LONGEST_WORD
    assert word_or_none("x" * (LONGEST_WORD + 1)) is None


@pytest.mark.parametrize("text", ["9" * 5000, "nan", "inf", "1e999", "", "one", None, 3])
def test_what_is_no_finite_number_is_not_told(text: object) -> None:
    assert number_or_none(text) is None


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf, "5", True, None, 1e12])
def test_waits_that_nobody_can_mean_are_not_told(seconds: object) -> None:
    assert wait_or_none(seconds) is None


def test_shares_lie_between_0_and_1() -> None:
    assert [share_or_none(share) for share in (0, 0.5, 1)] == [0, 0.5, 1]
    assert [share_or_none(share) for share in (-0.1, 1.1, math.nan, "1")] == [None] * 4
