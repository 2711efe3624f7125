"""When a model is stopped that gives no votes, counted by hand."""

from __future__ import annotations

import random

import pytest

from attrx.providers.calling.vain_requests import Charge, StopRule, VainRequests


def vain_until_stopped(row: VainRequests, charge: Charge, most: int = 1000) -> int:
    """How many vain answers it takes until the model is stopped."""
    for number in range(most):
        if row.is_too_much:
            return number
        row.on_answer("unreadable", charge)
    return most


def after(n_usable: int, n_vain: int = 0, rule: StopRule | None = None) -> VainRequests:
    """A model that has given some votes, and some answers without before the last of them."""
    row = VainRequests(rule or StopRule())
    for _ in range(n_vain):
        row.on_answer("unreadable", Charge())
    for _ in range(n_usable):
        row.on_usable()
    return row


def test_a_model_without_a_vote_is_stopped_after_twenty_requests() -> None:
    assert vain_until_stopped(VainRequests(), Charge()) == 20


def test_attempts_count_and_not_questions() -> None:
    assert vain_until_stopped(VainRequests(), Charge(requests=2)) == 10
    assert vain_until_stopped(VainRequests(), Charge(requests=3)) == 7  # 21 requests


@pytest.mark.parametrize(
    ("n_usable", "n_vain", "most"),
    [
        (4, 0, 20),  # (4 + 4) / 4 = 2 outcomes for a vote
        (100, 0, 20),
        (2, 0, 30),  # (2 + 4) / 2 = 3, half of that times 20
        (1, 0, 50),  # 5 for a vote
        (50, 50, 21),  # (100 + 4) / 50 = 2.08
        (5, 95, 208),  # 20.8 for a vote
        (1, 99, 300),  # never more than 15 times
    ],
)
def test_the_fewer_answers_were_usable_the_more_in_a_row_prove_something(
    n_usable: int, n_vain: int, most: int
) -> None:
    assert vain_until_stopped(after(n_usable, n_vain), Charge()) == most


def test_one_percent_of_the_budget_is_spent_where_that_is_more() -> None:
    rule = StopRule(requests=20, usd=5.0)
    assert vain_until_stopped(VainRequests(rule), Charge(usd=0.125)) == 40
    assert vain_until_stopped(VainRequests(rule), Charge(usd=1.0)) == 20


def test_refusals_are_free_and_stop_a_model_whatever_the_budget_is() -> None:
    row = after(20, rule=StopRule(requests=20, usd=5.0))
    for _ in range(19):
        row.on_refusal("refused")
    assert not row.is_too_much
    row.on_refusal("refused")
    assert row.is_too_much


def test_a_vote_ends_the_row() -> None:
    row = after(20)
    for _ in range(10):
        for _ in range(19):
            row.on_answer("unreadable", Charge())
        row.on_usable()
    assert not row.is_too_much
    assert row.fates.total() == 0


def test_a_model_with_one_usable_answer_in_twenty_goes_on() -> None:
    luck = random.Random(1)
    row = after(1)
    for _ in range(20_000):
        if luck.random() < 0.05:
            row.on_usable()
        else:
            row.on_answer("unreadable", Charge())
        assert not row.is_too_much
