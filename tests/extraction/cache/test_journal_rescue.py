"""A damaged journal is never believed and never dropped: what is whole in it is rescued."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from old_journals import write_old_journal

from attrx.configs.errors import CacheDamaged
from attrx.extraction.cache import journal_rescue
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.batch_records import Batch, BatchRequest
from attrx.extraction.cache.journal import Answer
from attrx.extraction.cache.journal_marker import unmark
from attrx.extraction.cache.journal_rescue import SUFFIXES, find_journal_damage, rescued_path
from attrx.extraction.cache.writable_cache import open_for_writing

ROWS = 120
WRITER = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = sys.argv[2:]
from test_journal_rescue import answer, batch, requests
from attrx.extraction.cache.writable_cache import open_for_writing
with open_for_writing(Path(sys.argv[1])) as cache:
    cache.ledger.add(batch(), requests())
    for number in range(120):
        cache.commit([answer(number)])
        if number == 60:
            cache.journal._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def answer(number: int) -> Answer:
    """An answer; every tenth is so long that it fills pages of its own."""
    vote = {"attribute": "gender", "state": "value", "value": "male", "spelling": f"M{number}"}
    return {
        "product_id": f"p{number}",
        "model": "a",
        "source": "asked",
        "status": "answered",
        "raw": f"answer {number} " * (1000 if number % 10 == 0 else 10),
        "cost_usd": number / 7,
        "input_tokens": number,
        "request_key": bytes([number]) * 16,
        "votes": [vote],
    }


def batch() -> Batch:
    return Batch("tag", "a", b"m" * 16, "openai", None, 1.0, 2.5)


def requests() -> list[BatchRequest]:
    return [BatchRequest(bytes([n]) * 16, (), ((f"q{n}", b"t" * 16),)) for n in range(20)]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache whose writer was killed: half of its answers are in the journal's log."""
    folder = tmp_path_factory.mktemp("killed")
    here = Path(__file__).parent
    support = here.parents[1] / "support"
    arguments = [sys.executable, "-c", WRITER, str(folder), str(here), str(support)]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    assert (folder / "journal.sqlite-wal").stat().st_size > 100_000
    return folder


@pytest.fixture
def cache(killed: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(killed, tmp_path / "cache"))


@pytest.fixture
def folded(cache: Path) -> Path:
    """The same with all answers in the file itself."""
    db = sqlite3.connect(cache / "journal.sqlite")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    unmark(journal_of(cache))
    return cache


def journal_of(folder: Path) -> Path:
    return folder / "journal.sqlite"


def contents(folder: Path) -> dict[str, Answer]:
    """What the cache holds, by product."""
    rows = AnswersCache(folder).answers(0).to_pylist()
    assert len({row["product_id"] for row in rows}) == len(rows)
    return {row["product_id"]: row for row in rows}


def check_rows(rows: dict[str, Answer]) -> None:
    """No row is anything but what was written."""
    for number in range(ROWS):
        row = rows.get(f"p{number}")
        if row is not None:
            expected = answer(number)
            assert {name: row[name] for name in expected if name != "votes"} == {
                name: expected[name] for name in expected if name != "votes"
            }
            assert row["votes"][0]["spelling"] == f"M{number}"


def flip(path: Path, place: int, bit: int = 3) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ 1 << bit]))


def rescue(folder: Path) -> list[str]:
    """Open it, at the price of what is lost; the kinds of what is told."""
    with open_for_writing(folder, accept_loss=True) as cache:
        assert len(cache.ledger.batches()) <= 1
        return [notice.kind for notice in cache.notices]


def test_after_a_kill_all_that_was_committed_is_there_and_nothing_is_told(cache: Path) -> None:
    assert find_journal_damage(journal_of(cache)) == ""
    with open_for_writing(cache) as opened:
        assert opened.notices == []
        assert [batch.requests for batch in opened.ledger.batches()] == [20]
    rows = contents(cache)
    check_rows(rows)
    assert len(rows) == ROWS


def test_where_no_loss_is_accepted_a_damaged_journal_is_an_error_and_stays_as_it_is(
    folded: Path,
) -> None:
    path = journal_of(folded)
    flip(path, path.stat().st_size // 2)
    before = path.read_bytes()
    expectation = pytest.raises(CacheDamaged, match=r"sqlite: the journal cannot be believed")
    with expectation, open_for_writing(folded):
        pass
    assert path.read_bytes() == before
    assert not list(folded.glob("aside-*"))


def test_no_flipped_bit_anywhere_moves_or_alters_an_answer(folded: Path, tmp_path: Path) -> None:
    generator = random.Random(10)
    n_bytes = journal_of(folded).stat().st_size
    n_lost = 0
    for number in range(16):
        folder = Path(shutil.copytree(folded, tmp_path / f"copy {number}"))
        flip(journal_of(folder), generator.randrange(n_bytes), generator.randrange(8))
        kinds = rescue(folder)
        rows = contents(folder)
        check_rows(rows)
        n_lost += ROWS - len(rows)
        assert kinds in ([], ["journal_rescued"])
        assert len(rows) == ROWS or kinds
        assert len(rows) >= ROWS - 1  # a bit costs the answer that it is in, and no other
        shutil.rmtree(folder)
    assert n_lost < 16


PAGE = 4096


def test_a_page_of_zeros_costs_what_was_in_it_and_no_more(folded: Path, tmp_path: Path) -> None:
    n_pages = journal_of(folded).stat().st_size // PAGE
    for page in range(0, n_pages, max(1, n_pages // 12)):
        folder = Path(shutil.copytree(folded, tmp_path / f"copy {page}"))
        with journal_of(folder).open("r+b") as file:
            file.seek(page * PAGE)
            file.write(bytes(PAGE))
        rescue(folder)
        rows = contents(folder)
        check_rows(rows)
        assert len(rows) > ROWS - 20
        shutil.rmtree(folder)


def cut_to_nothing(path: Path) -> None:
    path.write_bytes(b"")


def cut_in_half(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def write_other_bytes(path: Path) -> None:
    path.write_bytes(b"this is no database\n" * 1000)


def damage_header(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"\xff" * 100)


def rename_table(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content.replace(b"CREATE TABLE answers", b"CREATE TABLE answerz", 1))


@pytest.mark.parametrize(
    ("damage", "fewest_rows"),
    [
        (cut_to_nothing, 0),
        (cut_in_half, 30),
        (write_other_bytes, 0),
        (damage_header, ROWS),
        (rename_table, ROWS),
    ],
)
def test_what_is_no_whole_file_is_kept_aside_and_read_as_far_as_it_goes(
    folded: Path, damage: Callable[[Path], None], fewest_rows: int
) -> None:
    path = journal_of(folded)
    damage(path)
    damaged_content = path.read_bytes()
    with pytest.raises(CacheDamaged), open_for_writing(folded):
        pass
    assert rescue(folded) == ["journal_rescued"]
    [copy] = folded.glob("aside-*/journal.sqlite")
    assert copy.read_bytes() == damaged_content
    assert copy.stat().st_mode & 0o777 == 0o600
    rows = contents(folded)
    check_rows(rows)
    assert len(rows) >= fewest_rows
    assert rescue(folded) == []


def test_a_damaged_log_whose_rest_the_database_would_pass_over_is_noticed_and_read(
    cache: Path,
) -> None:
    log = cache / "journal.sqlite-wal"
    flip(log, log.stat().st_size // 3)
    with pytest.raises(CacheDamaged, match="its log is damaged"), open_for_writing(cache):
        pass
    assert rescue(cache) == ["journal_rescued"]
    rows = contents(cache)
    check_rows(rows)
    assert len(rows) >= ROWS - 1


def test_a_kill_after_a_transaction_that_changed_nothing_is_no_damage(tmp_path: Path) -> None:
    with open_for_writing(tmp_path) as cache:
        cache.commit([answer(1)])
    writer = """
        import os, signal, sys
        from pathlib import Path
        from attrx.extraction.cache.writable_cache import open_for_writing
        with open_for_writing(Path(sys.argv[1])) as cache:
            cache.journal.drop(0, 1)
            os.kill(os.getpid(), signal.SIGKILL)
    """
    command = [sys.executable, "-c", textwrap.dedent(writer), str(tmp_path)]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    assert find_journal_damage(journal_of(tmp_path)) == ""


def test_a_log_without_its_file_is_not_thrown_away(cache: Path) -> None:
    journal_of(cache).unlink()
    expectation = pytest.raises(CacheDamaged, match="it is gone, and its log is there")
    with expectation, open_for_writing(cache):
        pass
    rescue(cache)
    rows = contents(cache)
    check_rows(rows)
    assert len(rows) >= ROWS // 2 - 1


def take_away(log: Path) -> None:
    log.unlink()


@pytest.mark.parametrize("damage", [take_away, cut_to_nothing, write_other_bytes])
def test_a_log_that_is_gone_is_missed(cache: Path, damage: Callable[[Path], None]) -> None:
    damage(cache / "journal.sqlite-wal")
    with pytest.raises(CacheDamaged, match=r"its log is (gone|damaged)"), open_for_writing(cache):
        pass
    assert rescue(cache) == ["journal_rescued"]
    rows = contents(cache)
    check_rows(rows)
    assert len(rows) >= ROWS // 2


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_is_no_file_is_moved_out_of_the_way(folded: Path, suffix: str, kind: str) -> None:
    part = folded / f"journal.sqlite{suffix}"
    part.unlink(missing_ok=True)
    if kind == "folder":
        part.mkdir()
    else:
        part.symlink_to(folded.parent / "precious")
    with pytest.raises(CacheDamaged, match="is no file"), open_for_writing(folded):
        pass
    assert rescue(folded) == ["journal_rescued"]
    assert not (folded.parent / "precious").exists()
    assert len(contents(folded)) == (ROWS if suffix else 0)


def test_a_reader_does_not_believe_a_row_that_was_altered(folded: Path) -> None:
    with contextlib.closing(sqlite3.connect(journal_of(folded))) as db, db:
        db.execute("UPDATE answers SET model = 'b' WHERE product_id = 'p7'")
    with pytest.raises(CacheDamaged, match="an answer that is not what was written"):
        AnswersCache(folded).answers(0)
    assert rescue(folded) == ["journal_rescued"]
    rows = contents(folded)
    check_rows(rows)
    assert "p7" not in rows
    assert len(rows) == ROWS - 1


def test_the_requests_of_batches_are_rescued_too(folded: Path) -> None:
    damage_header(journal_of(folded))
    with open_for_writing(folded, accept_loss=True) as cache:
        assert [batch.requests for batch in cache.ledger.batches()] == [20]
        assert set(cache.ledger.requests("tag")) == {request.key for request in requests()}


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies before the rescued journal takes its place."""
    n_calls = 0
    finish_rescue = journal_rescue.finish_rescue

    def die(path: Path) -> None:
        nonlocal n_calls
        n_calls += 1
        if n_calls == 2:
            raise KeyboardInterrupt
        finish_rescue(path)

    monkeypatch.setattr(journal_rescue, "finish_rescue", die)


@pytest.mark.usefixtures("dying")
def test_a_kill_before_the_rescued_journal_takes_its_place_loses_nothing(folded: Path) -> None:
    damage_header(journal_of(folded))
    with pytest.raises(KeyboardInterrupt):
        rescue(folded)
    assert rescued_path(journal_of(folded)).exists()
    assert rescue(folded) == []
    assert len(contents(folded)) == ROWS


def test_a_journal_of_an_earlier_edition_is_read_and_its_new_rows_have_digests(
    tmp_path: Path,
) -> None:
    with open_for_writing(tmp_path):
        pass
    write_old_journal(tmp_path / "journal.sqlite", [])
    with open_for_writing(tmp_path) as cache:
        assert cache.notices == []
        cache.commit([answer(1)])
        digests: Any = cache.journal.rows("SELECT digest FROM answers")
        assert [len(digest) for (digest,) in digests] == [8]
