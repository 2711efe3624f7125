"""The journal gives the disk back what was compacted, and loses nothing by it."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.journal import Answer, Journal
from attrx.extraction.cache.usage import spent_since
from attrx.extraction.cache.writable_cache import open_for_writing

ROWS = 2000


def answer(number: int) -> Answer:
    return {
        "product_id": f"p{number}",
        "model": "a",
        "source": "asked",
        "status": "answered",
        "raw": f"{number} " * 600,
        "votes": [],
    }


def filled(path: Path) -> None:
    with contextlib.closing(Journal(path)) as journal:
        for bucket in (0, 1):
            journal.commit((bucket, answer(number)) for number in range(ROWS))
        journal.drop(0, journal.now_ns())


def size(path: Path) -> int:
    return sum(each.stat().st_size for each in path.parent.glob("journal.sqlite*"))


def test_what_was_compacted_is_given_back_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    filled(path)
    before = size(path)
    with contextlib.closing(Journal(path)) as journal:
        journal.read(1)
        journal.give_back()
        assert size(path) < 0.6 * before
        assert journal.read(1).num_rows == ROWS
        assert journal.read(0).num_rows == 0


def test_a_cache_has_a_small_journal_after_a_large_run(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit(answer(number) for number in range(ROWS))
        assert size(tmp_path / "journal.sqlite") > 2_000_000
    assert size(tmp_path / "journal.sqlite") < 200_000
    assert AnswersCache(tmp_path).answers(0).num_rows == ROWS


def test_little_is_not_worth_it(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer(number) for number in range(10)])
    first = size(tmp_path / "journal.sqlite")
    with open_for_writing(tmp_path):
        pass
    assert size(tmp_path / "journal.sqlite") == first


def test_a_reader_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    filled(path)
    with contextlib.closing(sqlite3.connect(path)) as reader:
        rows = reader.execute("SELECT product_id FROM answers")
        rows.fetchone()
        with contextlib.closing(Journal(path)) as journal:
            journal.give_back()
            assert journal.read(1).num_rows == ROWS
        assert len(rows.fetchall()) == ROWS - 1


def test_a_kill_at_any_moment_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    filled(path)
    script = textwrap.dedent(
        f"""
        import sys
        from pathlib import Path
        from attrx.extraction.cache import journal as module
        module.WORTH_GIVING_BACK_BYTES = 0
        print("ready", flush=True)
        while True:
            journal = module.Journal(Path({str(path)!r}))
            journal.give_back()
            journal.close()
        """
    )
    for delay_s in (0.0, 0.01, 0.03, 0.07, 0.12):
        process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        with contextlib.closing(Journal(path)) as journal:
            assert journal.read(1).num_rows == ROWS
            assert list(journal.rows("PRAGMA integrity_check")) == [("ok",)]


def test_a_disk_without_room_for_a_journal_is_an_error_of_the_cache(tmp_path: Path) -> None:
    script = """
        import resource, signal, sys
        from pathlib import Path
        from attrx.configs.errors import CacheError
        from attrx.extraction.cache.journal import Journal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            Journal(Path(sys.argv[1]))
        except CacheError as error:
            print(error.message)
    """
    path = tmp_path / "journal.sqlite"
    command = [sys.executable, "-c", textwrap.dedent(script), str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.startswith(f"{path}: ")
    assert not path.exists()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The time in nanoseconds, to be set."""
    now_ns = [1_800_000_000 * 10**9]
    monkeypatch.setattr("attrx.extraction.cache.journal.time.time_ns", lambda: now_ns[0])
    return now_ns


@pytest.mark.parametrize("is_killed", [False, True], ids=["ended", "killed"])
def test_a_clock_that_goes_back_puts_no_answer_before_an_earlier_one(
    tmp_path: Path, clock: list[int], is_killed: bool
) -> None:
    year_ns = 365 * 24 * 3600 * 10**9
    with contextlib.suppress(KeyboardInterrupt), open_for_writing(tmp_path) as cache:
        cache.commit([answer(1)])
        clock[0] -= year_ns  # while it runs
        cache.commit([answer(2)])
        if is_killed:
            raise KeyboardInterrupt
    with open_for_writing(tmp_path) as cache:
        assert [notice.kind for notice in cache.notices] == ["clock_set_back"]
        cache.commit([answer(3), answer(4)])
    times = AnswersCache(tmp_path).answers(0).select(["answered_ns", "product_id"]).to_pylist()
    assert [row["product_id"] for row in times] == ["p1", "p2", "p3", "p4"]
    assert len({row["answered_ns"] for row in times}) == 4
    clock[0] += 2 * year_ns
    with open_for_writing(tmp_path) as cache:
        assert cache.notices == []


def test_what_was_bought_before_the_clock_went_back_counts_as_of_today(
    tmp_path: Path, clock: list[int]
) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([{**answer(1), "cost_usd": 2.0}])
        clock[0] -= 10**16
        cache.commit([{**answer(2), "cost_usd": 3.0}])
    today = datetime.fromtimestamp(clock[0] / 1e9, UTC).replace(hour=0, minute=0, second=0)
    assert spent_since(AnswersCache(tmp_path), today) == 5.0
