"""A server of odd behaviours beside one that answers as it should."""

from __future__ import annotations

from pathlib import Path

import pytest
from forked_runs import ForkedRuns
from hostile_shop import ENVIRONMENT, IN_A_HURRY, KEY, PRODUCTS, answer, cached, config, write_shop
from odd_behaviours import BEHAVIOURS, MOST_REQUESTS, OddBehaviour
from odd_server import OddServer

from attrx.testing import VendorServer

VENDORS = ("openai", "anthropic", "google", "huggingface")
FEW_TRIES = {
    **IN_A_HURRY,
    "attrx.providers.calling.retries:MOST_FAILURES": 3,
    "attrx.providers.calling.retries:MOST_REFUSALS": 4,
}
ROWS = [(number, behaviour) for number, behaviour in enumerate(BEHAVIOURS)]


@pytest.mark.parametrize(("number", "odd"), ROWS, ids=[row[1].name for row in ROWS])
def test_a_run_survives_it(
    number: int, odd: OddBehaviour, runs: ForkedRuns, tmp_path: Path
) -> None:
    vendor = VENDORS[number % len(VENDORS)]
    with VendorServer(answer) as server, OddServer(odd.behaviour) as odd_server:
        settings = config(server)
        _, model = settings["models"]
        model |= {"provider": vendor, "base_url": odd_server.base_url(vendor), "timeout_s": 1}
        write_shop(tmp_path, settings)
        command = ["run", "products.csv", "--limit", "4"]
        ended = runs.run(command, tmp_path, environment=ENVIRONMENT, constants=FEW_TRIES)
    assert not ended.broke, ended.printed
    assert ended.code in {0, 3}, ended.printed
    kept = cached(tmp_path)
    assert {product for model, product in kept if model == "ann"} == set(list(PRODUCTS)[:4])
    assert odd_server.requests <= MOST_REQUESTS
    assert "\x1b" not in ended.printed
    no_part_of_the_key_shows(ended.printed)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            no_part_of_the_key_shows(path.read_bytes().decode(errors="replace"))


def no_part_of_the_key_shows(text: str) -> None:
    secret = KEY.removeprefix("sk-proj-").casefold()
    folded = text.casefold()
    for start in range(len(secret) - 11):
        assert secret[start : start + 12] not in folded
