"""`kill -9` between any two steps of a batch: nothing is submitted twice, and nothing is lost.

The server's log is the judge: in the end it has been asked about each product once.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from batch_shop import PRODUCTS, asked, hurry, male, once, shop, vendors, wait_for
from shop import Shop

from attrx.extraction.batches import heartbeat
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.runs.status import status
from attrx.testing import Call, VendorServer

KILLED = Path(__file__).parent.parent / "support" / "killed.py"


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def command(store: Shop) -> list[str]:
    return ["extract", str(store.input), "-c", str(store.config_path), "--quiet", "--batch"]


def killed(store: Shop, moment: str, count: int = 1) -> None:
    """Run `extract --batch` until it is killed."""
    arguments = [sys.executable, str(KILLED), moment, str(count), "--", *command(store)]
    process = subprocess.run(arguments, check=False, timeout=60)
    assert process.returncode == -signal.SIGKILL


def kept(store: Shop) -> list[str]:
    return sorted(
        AnswersCache(store.settings.paths.cache).answers(0).column("product_id").to_pylist()
    )


@vendors
@pytest.mark.parametrize(
    "moment",
    [
        "before a batch is written down",
        "while a batch is written down",
        "before a batch is submitted",
        "before the id of a batch is noted",
        "after the id of a batch is noted",
    ],
)
def test_a_kill_while_a_batch_is_made(tmp_path: Path, vendor: str, moment: str) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server, vendor)
        killed(store, moment)
        made = sum(1 for call in server.calls if call.custom_id)
        assert made == (7 if "id of a batch" in moment else 0)
        assert [each.requests for each in status(store.settings).batches] == (
            [] if "written" in moment else [7]
        )
        wait_for(store)
        assert asked(server) == once()
    assert kept(store) == sorted(PRODUCTS)


@pytest.mark.parametrize(
    ("vendor", "moment", "count", "settled"),
    [
        ("openai", "before a batch is polled", 1, 0),
        ("anthropic", "before answers of a batch are settled", 1, 0),
        ("openai", "before answers of a batch are settled", 2, 3),
        ("anthropic", "while answers of a batch are settled", 2, 3),
        ("openai", "after answers of a batch are settled", 2, 6),
        ("anthropic", "after answers of a batch are settled", 3, 7),
    ],
)
def test_a_kill_while_answers_are_collected(
    tmp_path: Path, vendor: str, moment: str, count: int, settled: int
) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server, vendor)
        store.batch()
        killed(store, moment, count)
        assert len(kept(store)) == 1 + settled
        assert [each.requests for each in status(store.settings).batches] == (
            [7 - settled] if settled < 7 else []
        )
        assert not store.batch().waits_for_batches
        assert asked(server) == once()
    assert kept(store) == sorted(PRODUCTS)


def test_a_kill_after_the_vendor_has_a_batch_that_shows_no_tag_while_it_is_open(
    tmp_path: Path,
) -> None:
    with VendorServer(male, batch_s=2.0) as server:
        store = shop(tmp_path, server, "anthropic")
        killed(store, "before the id of a batch is noted")
        assert store.batch().waits_for_batches
        assert asked(server) == once()
        wait_for(store)
        assert asked(server) == once()
    assert kept(store) == sorted(PRODUCTS)


def test_a_kill_while_waiting_for_a_vendor_that_has_not_made_the_batch(tmp_path: Path) -> None:
    healed = threading.Event()

    def hang(call: Call) -> str | None:
        return "hang" if call.path == "POST /v1/batches" and not healed.is_set() else None

    with VendorServer(male, faults=hang) as server:
        store = shop(tmp_path, server, "openai")
        process = subprocess.Popen([sys.executable, "-m", "attrx", *command(store)])
        while not any(call.path == "POST /v1/batches" for call in server.calls):
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait(10)
        healed.set()
        assert [each.requests for each in status(store.settings).batches] == [7]
        wait_for(store)
        assert asked(server) == once()
    assert kept(store) == sorted(PRODUCTS)


def test_ctrl_c_lets_a_batch_that_is_being_submitted_arrive(tmp_path: Path) -> None:
    with VendorServer(male, latency_s=0.5) as server:
        store = shop(tmp_path, server, "openai", "ab")
        process = subprocess.Popen([sys.executable, "-m", "attrx", *command(store)])
        while not any(call.path == "POST /v1/files" for call in server.calls):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        batches = AnswersCache(store.settings.paths.cache).batches()
        assert [(batch.model, batch.vendor_id, batch.requests) for batch in batches] == [
            ("a", "batch_0000", 7)
        ]
        wait_for(store)
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)  # by both models


def test_the_ledger_knows_until_when_a_batch_was_being_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(heartbeat, "INTERVAL_S", 0.05)
    lost = {"POST /v1/messages/batches": "late_disconnect"}
    with VendorServer(male, latency_s=0.5, faults=lambda call: lost.get(call.path)) as server:
        store = shop(tmp_path, server, "anthropic")
        store.batch()
    (batch,) = AnswersCache(store.settings.paths.cache).batches()
    assert batch.vendor_id is None
    assert 0.3 < batch.submitting_s - batch.written_s < 10
