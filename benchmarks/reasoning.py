"""What a model costs that thinks away 512 and 1,024 tokens: requests, dollars, and what is said.

A server on this machine spends so many tokens on thoughts before each answer, and cuts off what has
no more. Each is asked for 300 products, at the prices of a large model, with the defaults of attrx:
one that is known to think by its name, one that is not, and one that never comes to an answer.

    python -m benchmarks.reasoning [--products 300]
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from attrx.configs.notices import Notice
from attrx.extraction.asking.observer import Silent
from attrx.runs.dry_run import dry_run
from attrx.runs.extract import ExtractOptions, extract
from attrx.testing import Call, Fault, VendorServer

from .shop import make_settings, write_products

PRICES = {"input": 1.25, "output": 10.0}
RAW = json.dumps({"gender": "male", "age_group": "adult", "brand": "Nike"})
PROMPT_TOKENS = 200
ANSWER_TOKENS = 40


class Warnings(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        """See `Observer`."""
        self.texts.append(text)

    def warning(self, notice: Notice) -> None:
        """See `Observer`."""
        self.texts.append(f"WARNING: {notice.text}")

    def on_stop(self, model: str, reason: str) -> None:
        """See `Observer`."""
        self.texts.append(f"STOPPED: {reason}")


def completion(call: Call, thoughts: int) -> Fault:
    """The response of a model that thinks so many tokens before it answers."""
    limit = call.body.get("max_tokens") or call.body["max_completion_tokens"]
    is_cut_off = limit < thoughts + ANSWER_TOKENS
    usage = {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": limit if is_cut_off else thoughts + ANSWER_TOKENS,
        "completion_tokens_details": {"reasoning_tokens": min(limit, thoughts)},
    }
    choice = {
        "message": {"role": "assistant", "content": "" if is_cut_off else RAW},
        "finish_reason": "length" if is_cut_off else "stop",
    }
    return Fault(status=200, body=json.dumps({"choices": [choice], "usage": usage}))


def one(name: str, thoughts: int, products: int) -> None:
    """Ask one model about all products; print what it came to."""
    with (
        tempfile.TemporaryDirectory() as folder_name,
        VendorServer(faults=lambda call: completion(call, thoughts), latency_s=0.05) as server,
    ):
        folder = Path(folder_name)
        url = server.base_url("openai")
        model = {"name": name, "provider": "openai", "base_url": url, "prices": PRICES}
        settings = make_settings(folder, [{**model, "model": name}])
        options = ExtractOptions(write_products(folder, products))
        [estimate] = dry_run(settings, options, Silent()).models
        warnings = Warnings()
        [tally] = extract(settings, options, warnings).models
        requests = len(server.calls)
        spent = sum(_cost(call, thoughts) for call in server.calls)
    usable = tally.answers - tally.unusable
    print(
        f"{name}, {thoughts} tokens of thoughts: {requests} requests for {products} products,"
        f" {usable} with values, ${spent:.2f} spent, at most ${estimate.most_cost_usd:.2f} by the"
        " dry run"
    )
    for text in warnings.texts:
        print(f"    {text}")


def _cost(call: Call, thoughts: int) -> float:
    usage = json.loads(str(completion(call, thoughts).body))["usage"]
    input_usd = usage["prompt_tokens"] * PRICES["input"]
    output_usd = usage["completion_tokens"] * PRICES["output"]
    return float(input_usd + output_usd) / 1e6


def main() -> None:
    """Read the options and run all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--products", type=int, default=300)
    products = parser.parse_args().products
    one("gpt-5", 1500, products)
    one("house-model", 1500, products)
    one("house-model", 20_000, products)


if __name__ == "__main__":
    main()
