"""`kill -9` at the worst moments: nothing that was committed is asked again, nothing is lost.

The server's log is the judge: it says what was asked, and how often.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from shop import Shop
from waiting import wait_until

from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.testing import Call, VendorServer

KILLED = Path(__file__).parent.parent / "support" / "killed.py"
PRODUCTS = {str(number): f"Shirt no. {number}." for number in range(60)}


def male(call: Call) -> str:
    return '{"gender": "male"}'


def shop(folder: Path, server: VendorServer, products: dict[str, str]) -> Shop:
    model = {"name": "a", "provider": "openai", "model": "a", "base_url": server.base_url("openai")}
    return Shop(folder, [{**model, "limits": {"concurrency": 4}}], products)


def command(store: Shop) -> list[str]:
    return ["extract", str(store.input), "-c", str(store.config_path), "--quiet"]


def asked(server: VendorServer) -> Counter[str]:
    """How often each product was asked about."""
    return Counter(
        next(text for text in PRODUCTS.values() if text in call.prompt) for call in server.calls
    )


def kept(store: Shop) -> set[str]:
    """Products whose answer is on the disk; every Parquet file can be read."""
    for path in store.settings.paths.cache.rglob("*.parquet"):
        pq.read_table(path)
    return set(AnswersCache(store.settings.paths.cache).answers(0).column("product_id").to_pylist())


@pytest.mark.parametrize(
    ("moment", "count"),
    [
        ("in a commit", 20),  # as before it: nothing of it is on the disk
        ("after a commit", 20),
        ("in compaction, before the rename", 2),  # the first file written is that of the products
        ("in compaction, after the rename", 1),
    ],
)
def test_a_kill_loses_at_most_one_commit_and_asks_nothing_twice_that_was_committed(
    tmp_path: Path, moment: str, count: int
) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server, PRODUCTS)
        arguments = [sys.executable, str(KILLED), moment, str(count), "--", *command(store)]
        assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
        committed = kept(store)
        before = asked(server)
        store.extract()
        after = asked(server)
    assert kept(store) == set(PRODUCTS)
    for product, text in PRODUCTS.items():
        expected = before[text] if product in committed else before[text] + 1
        assert after[text] == expected
    assert max(after.values()) <= 2
    if moment == "after a commit":
        assert len(committed) >= 20
    if "compaction" in moment:
        assert committed == set(PRODUCTS)
    assert AnswersCache(store.settings.paths.cache).answers(0).num_rows == len(PRODUCTS)


def test_a_kill_while_waiting_for_answers_keeps_those_that_came(tmp_path: Path) -> None:
    waiting, healed = threading.Event(), threading.Event()

    def hang_later(call: Call) -> str | None:
        if call.number < 20 or healed.is_set():
            return None
        waiting.set()
        return "hang"

    with VendorServer(male, faults=hang_later) as server:
        store = shop(tmp_path, server, PRODUCTS)
        process = subprocess.Popen([sys.executable, "-m", "attrx", *command(store)])
        assert waiting.wait(300)
        wait_until(lambda: len(kept(store)) == 20, process)
        process.kill()
        process.wait()
        committed, before = kept(store), asked(server)
        healed.set()
        store.extract()
        after = asked(server)
    assert len(committed) == 20
    assert all(after[PRODUCTS[product]] == 1 for product in committed)
    assert all(
        after[text] == before[text] + 1
        for product, text in PRODUCTS.items()
        if product not in committed
    )
    assert kept(store) == set(PRODUCTS)
