"""A server that says of its tokens what it likes, and what it would bill by its own log."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from shop import Shop

from attrx.extraction.asking.observer import Silent
from attrx.runs.extract import ExtractResult
from attrx.testing import Call, VendorServer
from attrx.testing.vendor_wires import OpenAIWire
from attrx.testing.wire_formats import WireAnswer

INPUT_USD, OUTPUT_USD = 10.0, 50.0
"""Per million tokens."""
MAX_TOKENS = 64
IN_FLIGHT = 64

Json = dict[str, Any]
Usage = Callable[[WireAnswer], Any]
"""The answer that a server gives -> what it says that it has counted."""


def openai_usage(input_tokens: Any, output_tokens: Any) -> Json:
    """A usage as OpenAI writes it."""
    return {"prompt_tokens": input_tokens, "completion_tokens": output_tokens}


def times(factor: Callable[[int], float]) -> Usage:
    """The true numbers, multiplied by a function of the call's number."""

    def usage(answer: WireAnswer) -> Json:
        by = factor(answer.number)
        return openai_usage(int(answer.input_tokens * by), int(answer.output_tokens * by))

    return usage


def always(input_tokens: Any, output_tokens: Any) -> Usage:
    """The same numbers for every answer."""
    return lambda answer: openai_usage(input_tokens, output_tokens)


USAGES: dict[str, Usage] = {
    "true": times(lambda number: 1),
    "missing": lambda answer: None,
    "no object": lambda answer: "many",
    "a list": lambda answer: [answer.input_tokens, answer.output_tokens],
    "empty": lambda answer: {},
    "nulls": always(None, None),
    "zero": always(0, 0),
    "one": always(1, 1),
    "negative": always(-5_000_000, -5_000_000),
    "2^63": always(2**63, 2**63),
    "2^64 - 1": always(2**64 - 1, 2**64 - 1),
    "fractions": lambda answer: openai_usage(answer.input_tokens + 0.5, answer.output_tokens + 0.5),
    "whole as 12.0": lambda answer: openai_usage(
        float(answer.input_tokens), float(answer.output_tokens)
    ),
    "1e308": always(1e308, 1e308),
    "texts": lambda answer: openai_usage(str(answer.input_tokens), str(answer.output_tokens)),
    "'NaN'": always("NaN", "NaN"),
    "5,000 digits": always("9" * 5000, "9" * 5000),
    "true and false": always(True, False),
    "nested": always({"tokens": {"n": 12}}, [[12]]),
    "output only": lambda answer: openai_usage(None, answer.output_tokens),
    "input only": lambda answer: openai_usage(answer.input_tokens, None),
    "half": times(lambda number: 0.5),
    "falling to nothing": times(lambda number: max(1 - number / 50, 0)),
    "3 times": times(lambda number: 3),
    "10 times": times(lambda number: 10),
    "rising to 10 times": times(lambda number: 1 + min(number, 90) / 10),
    "10 times from the 30th on": times(lambda number: 10 if number >= 30 else 1),
    "now and then 10 times": times(lambda number: 10 if number % 7 == 3 else 1),
    "anything from 0 to 10 times": times(lambda number: random.Random(number).uniform(0, 10)),
    "thoughts beyond max_tokens": lambda answer: openai_usage(answer.input_tokens, 1500),
}


class LyingWire(OpenAIWire):
    """OpenAI's API, with a usage of one's own.

    Args:
        usage: What is said.

    Attributes:
        usages: What was said, by the number of the call.
    """

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self.usages: dict[int, Any] = {}

    def write(self, answer: WireAnswer) -> Json:
        """The body of an answer."""
        usage = self._usage(answer)
        self.usages[answer.number] = usage
        return {**super().write(answer), "usage": usage}


def billed_usd(call: Call, usage: Any) -> float:
    """What a call costs at most: by the server's log, or by what it says where that is more."""
    tokens = [call.input_tokens, call.output_tokens]
    numbers = usage if isinstance(usage, dict) else {}
    for place, name in enumerate(("prompt_tokens", "completion_tokens")):
        number = numbers.get(name)
        # What is no number that can be meant is no bill either.
        if isinstance(number, int) and not isinstance(number, bool) and number < 10**9:
            tokens[place] = max(tokens[place], number)
    return (tokens[0] * INPUT_USD + tokens[1] * OUTPUT_USD) / 1e6


def spent_usd(calls: Iterable[Call], wire: LyingWire) -> float:
    """What a server would bill."""
    total_usd = 0.0
    for call in calls:
        if call.status == 200:
            total_usd += billed_usd(call, wire.usages.get(call.number))
    return total_usd


def extract_capped(
    folder: Path,
    usage: Usage,
    max_cost: float,
    n_products: int = 400,
    observer: Silent | None = None,
) -> tuple[float, ExtractResult]:
    """Run `extract` under a cap against a server that lies; what that would bill, and the result.

    Args:
        folder: Where the shop goes.
        usage: The lie.
        max_cost: The cap, in USD.
        n_products: How many products there are to ask about.
        observer: Hears of everything.
    """
    wire = LyingWire(usage)
    with VendorServer(wires=(wire,), latency_s=0.02) as server:
        model = {
            "name": "a",
            "provider": "openai",
            "model": "a",
            "base_url": server.base_url("openai"),
            "prices": {"input": INPUT_USD, "output": OUTPUT_USD},
            "max_tokens": MAX_TOKENS,
            "limits": {"concurrency": IN_FLIGHT},
        }
        products = {str(number): f"Shirt number {number}" for number in range(n_products)}
        store = Shop(folder, [model], products)
        result = store.extract(observer, max_cost=max_cost)
    return spent_usd(server.calls, wire), result
