"""`kill -9` between any two steps of a batch: nothing is submitted twice, and nothing is lost.

The server's log is the judge: in the end it has been asked about each product once.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from batch_shop import PRODUCTS, asked, finish, hurry, male, once, shop
from shop import Shop
from waiting import wait_until

from attrx.extraction.batches import heartbeat
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.ledger import Ledger
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
    process = subprocess.run(arguments, check=False)
    assert process.returncode == -signal.SIGKILL


def paths(server: VendorServer) -> list[str]:
    """Where the requests so far went."""
    return [call.path for call in server.calls]


def kept(store: Shop) -> list[str]:
    return sorted(
        AnswersCache(store.settings.paths.cache).answers(0).column("product_id").to_pylist()
    )


@pytest.mark.parametrize(
    ("vendor", "moment"),
    [
        # Nothing is left of it, as after a kill before.
        ("openai", "while a batch is written down"),
        # The next call asks the vendor for it: one shows tags, the other only sizes and times.
        ("openai", "before a batch is submitted"),
        ("anthropic", "before a batch is submitted"),
        ("openai", "before the id of a batch is noted"),
        ("anthropic", "before the id of a batch is noted"),
        # From here on it is a batch like any other, whoever the vendor is.
        ("anthropic", "after the id of a batch is noted"),
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
        finish(store)
        assert asked(server) == once()
    assert kept(store) == sorted(PRODUCTS)


@pytest.mark.parametrize(
    ("vendor", "moment", "count", "settled"),
    [
        # Fetched, and none of them on the disk, as after a kill before.
        ("anthropic", "before answers of a batch are settled", 1, 0),
        # Some of them are on the disk: those of whole commits.
        ("openai", "while answers of a batch are settled", 2, 3),
        # All of them are, and the batch is over.
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
    with VendorServer(male, batch_s=3600) as server:
        store = shop(tmp_path, server, "anthropic")
        killed(store, "before the id of a batch is noted")
        assert store.batch().waits_for_batches
        assert asked(server) == once()
        server.end_batches()
        finish(store)
        assert asked(server) == once()
    assert kept(store) == sorted(PRODUCTS)


def test_a_kill_while_waiting_for_a_vendor_that_has_not_made_the_batch(tmp_path: Path) -> None:
    healed = threading.Event()

    def hang(call: Call) -> str | None:
        return "hang" if call.path == "POST /v1/batches" and not healed.is_set() else None

    with VendorServer(male, faults=hang) as server:
        store = shop(tmp_path, server, "openai")
        process = subprocess.Popen([sys.executable, "-m", "attrx", *command(store)])
        wait_until(lambda: "POST /v1/batches" in paths(server), process)
        process.kill()
        process.wait()
        healed.set()
        assert [each.requests for each in status(store.settings).batches] == [7]
        finish(store)
        assert asked(server) == once()
    assert kept(store) == sorted(PRODUCTS)


def test_ctrl_c_lets_a_batch_that_is_being_submitted_arrive(tmp_path: Path) -> None:
    log = tmp_path / "stderr.txt"
    with VendorServer(male, holds=lambda call: call.path == "POST /v1/files") as server:
        store = shop(tmp_path, server, "openai", "ab")
        arguments = [argument for argument in command(store) if argument != "--quiet"]
        with log.open("w") as stderr:
            process = subprocess.Popen([sys.executable, "-m", "attrx", *arguments], stderr=stderr)
        wait_until(lambda: "POST /v1/files" in paths(server), process)
        process.send_signal(signal.SIGINT)
        wait_until(lambda: "what is in flight still arrives" in log.read_text(), process)
        server.release()
        assert process.wait() == 130
        batches = AnswersCache(store.settings.paths.cache).batches()
        assert [(batch.model, batch.vendor_id, batch.requests) for batch in batches] == [
            ("a", "batch_0000", 7)
        ]
        finish(store)
        assert asked(server) == dict.fromkeys(PRODUCTS, 2)  # by both models


def test_the_ledger_knows_until_when_a_batch_was_being_submitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = "POST /v1/messages/batches"
    lost = {post: "late_disconnect"}
    beats: list[float] = []
    note_submission = Ledger.note_submission

    def note_and_count(ledger: Ledger, tag: str, time_s: float) -> None:
        note_submission(ledger, tag, time_s)
        beats.append(time_s)
        if len(beats) == 3:
            server.release()

    monkeypatch.setattr(heartbeat, "INTERVAL_S", 0.01)
    monkeypatch.setattr(Ledger, "note_submission", note_and_count)
    with VendorServer(
        male, faults=lambda call: lost.get(call.path), holds=lambda call: call.path == post
    ) as server:
        store = shop(tmp_path, server, "anthropic")
        store.batch()
    (batch,) = AnswersCache(store.settings.paths.cache).batches()
    assert batch.vendor_id is None
    assert batch.written_s < batch.submitting_s == beats[-1]
