from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted import request, settings

from attrx.providers.calling.prices import TokenMeter, cost_usd
from attrx.providers.protocol import Reply

PRICED = settings(prices={"input": 2.5, "output": 10.0})


def test_tokens_cost_what_the_config_says_per_million() -> None:
    assert cost_usd(PRICED, 1000, 100) == pytest.approx(1000 * 2.5 / 1e6 + 100 * 10 / 1e6)  # 0.0035


def test_what_is_not_known_costs_an_unknown_amount_and_not_nothing() -> None:
    assert cost_usd(settings(), 1000, 100) is None
    assert cost_usd(PRICED, None, 100) is None
    assert cost_usd(PRICED, 1000, None) is None
    assert cost_usd(settings(prices={"input": 0, "output": 0}), 1000, 100) == 0.0


@given(st.text(st.characters(codec="utf-8"), max_size=200))
def test_the_first_bound_is_at_least_the_bytes_of_the_prompt(text: str) -> None:
    assert TokenMeter(PRICED).input_bound(request(text)) >= len(text.encode())


def test_a_schema_that_is_sent_counts() -> None:
    schema, meter = {"type": "object", "title": "ü" * 50}, TokenMeter(PRICED)

    without = meter.input_bound(request("x", json_schema=schema, form="json_object"))
    assert meter.input_bound(request("x", json_schema=schema, form="json_schema")) >= without + 100


def test_after_twenty_usages_the_bound_is_one_and_a_half_times_the_most_seen_per_byte() -> None:
    meter, asked = TokenMeter(PRICED), request("x" * 968)  # 968 + 2 * 16 around it = 1,000 bytes
    for number in range(19):
        meter.learn(asked, Reply("", input_tokens=200 + number, output_tokens=1))
    assert meter.input_bound(asked) == 1000

    meter.learn(asked, Reply("", input_tokens=240, output_tokens=1))
    assert meter.input_bound(asked) == int(1000 * 240 / 1000 * 1.5) + 1  # 361


def test_the_learned_bound_is_never_above_the_bytes() -> None:
    meter, asked = TokenMeter(PRICED), request("x" * 968)
    for _ in range(20):
        meter.learn(asked, Reply("", input_tokens=900, output_tokens=1))

    assert meter.input_bound(asked) == 1000


def test_usages_that_a_vendor_does_not_tell_teach_nothing() -> None:
    meter, asked = TokenMeter(PRICED), request("x" * 968)
    for _ in range(40):
        meter.learn(asked, Reply(""))

    assert meter.input_bound(asked) == 1000


def test_an_attempt_costs_at_most_its_bound_and_all_its_room() -> None:
    asked = request("x" * 968, max_tokens=50)

    assert TokenMeter(PRICED).cost_bound(asked) == pytest.approx((1000 * 2.5 + 50 * 10) / 1e6)
    assert TokenMeter(settings()).cost_bound(asked) is None


def test_tokens_are_expected_to_be_as_many_as_before() -> None:
    meter, asked = TokenMeter(PRICED), request("x" * 968)
    meter.learn(asked, Reply("", input_tokens=200, output_tokens=10))
    meter.learn(asked, Reply("", input_tokens=300, output_tokens=30))

    assert meter.expected_tokens(asked) == pytest.approx(
        1000 * 500 / 2000 + 40 / 2
    )  # 250 in, 20 out
