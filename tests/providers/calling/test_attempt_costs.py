"""What attempts can cost and are charged, worked out by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from attrx.configs.errors import (
    AuthError,
    ProviderError,
    RateLimitError,
    RefusedRequestError,
    UnavailableError,
)
from attrx.configs.settings import ModelSettings, Prices
from attrx.providers.calling.attempt_costs import AttemptCosts
from attrx.providers.calling.prices import TokenMeter
from attrx.providers.protocol import Reply, Request

PRICES = Prices(input=1e6, output=1e6)  # a dollar for each token, so that costs are tokens
# One message of 68 characters and 2 * 16 bytes around it: 100 bytes, and 50 tokens of answer.
REQUEST = Request(({"role": "user", "content": "x" * 68},), max_tokens=50)
MOST_USD = 150.0


def costs(**settings: Any) -> AttemptCosts:
    fields: Mapping[str, Any] = {"name": "m", "provider": "openai", "prices": PRICES, **settings}
    model = ModelSettings(**fields)
    return AttemptCosts(model, TokenMeter(model))


def reply(input_tokens: Any, output_tokens: Any, text: str = "male") -> Reply:
    return Reply(text, input_tokens=input_tokens, output_tokens=output_tokens)


def test_before_an_attempt_every_byte_counts_as_a_token_and_the_answer_as_long_as_it_may_be() -> (
    None
):
    assert costs().bound_usd(REQUEST) == MOST_USD


def test_a_usage_that_can_be_true_is_what_an_attempt_is_charged() -> None:
    assert costs().charge_usd(REQUEST, reply(20, 3)) == 23


@pytest.mark.parametrize(
    ("input_tokens", "output_tokens", "text"),
    [
        (None, 3, "male"),
        (20, None, "male"),
        (0, 0, "male"),
        (11, 3, "male"),  # 68 characters of one token for each 6: 12 at least
        (20, 3, "a word of 24 characters."),  # 4 at least
    ],
)
def test_a_usage_that_is_missing_or_too_small_is_charged_as_the_most_it_can_be(
    input_tokens: Any, output_tokens: Any, text: str
) -> None:
    outcome = reply(input_tokens, output_tokens, text)
    assert costs().charge_usd(REQUEST, outcome) == MOST_USD


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429])
def test_what_a_vendor_refuses_before_it_works_on_it_is_free(status: int) -> None:
    for kind in (RefusedRequestError, RateLimitError, AuthError):
        assert costs().charge_usd(REQUEST, kind("no", status=status)) == 0


@pytest.mark.parametrize(
    "failure",
    [
        UnavailableError("down", status=500),
        UnavailableError("no answer in time"),
        ProviderError("gone", status=408),
        TimeoutError(),
    ],
)
def test_what_was_lost_is_charged_as_the_most_it_can_have_cost(failure: BaseException) -> None:
    assert costs().charge_usd(REQUEST, failure) == MOST_USD


def test_a_vendor_that_counts_more_than_can_be_is_charged_so_and_expected_to_go_on() -> None:
    guard = costs()
    assert guard.charge_usd(REQUEST, reply(20, 280)) == 300  # twice the most
    assert guard.bound_usd(REQUEST) == 1.25 * 300
    guard.charge_usd(REQUEST, reply(20, 3))
    assert guard.bound_usd(REQUEST) == 1.25 * 300
    assert guard.charge_usd(REQUEST, TimeoutError()) == 1.25 * 300


def test_without_prices_nothing_is_charged() -> None:
    guard = costs(prices=None)
    assert guard.bound_usd(REQUEST) is None
    assert guard.charge_usd(REQUEST, reply(20, 3)) is None


def test_a_free_model_costs_nothing_whatever_its_server_says() -> None:
    guard = costs(prices=Prices(input=0, output=0))
    assert guard.charge_usd(REQUEST, reply(10**9, 10**9)) == 0
    assert guard.bound_usd(REQUEST) == 0
