"""One writer per folder: on one machine, between machines, and after any death of the last one."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from attrx.configs.errors import CacheError, CacheLocked, FolderLocked
from attrx.extraction.storage import process_identity
from attrx.extraction.storage import writer_lock as module
from attrx.extraction.storage.writer_lock import OUTPUT_LOCK, STALE_S, writer_lock

HOLDER = """
import sys
from pathlib import Path
from attrx.extraction.storage.writer_lock import writer_lock
with writer_lock(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""
GARBAGE = [
    b"",
    b"\xff\xfe\x00binary\x1b[31m\n\x00",
    b"pid 1 on \x1b]0;title\x07host",
    b"x" * 10_000_000,
]


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that holds the folder."""
    arguments = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        yield process
        process.kill()


def leave_record(folder: Path, monkeypatch: pytest.MonkeyPatch, age_s: float) -> Path:
    """The record of a writer on another machine, whose lock this one's system does not see."""
    owner = folder / "lock.owner"
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(process_identity, "_system", lambda: ("aaaaaa", "bbbbbb", "cccccc"))
        elsewhere.setattr(socket, "gethostname", lambda: "farm-7")
        with writer_lock(folder):
            text = owner.read_text(encoding="utf-8")
    owner.write_text(text, encoding="utf-8")
    then = time.time() - age_s
    os.utime(owner, (then, then))
    return owner


def test_a_second_writer_is_told_who_holds_the_folder(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    words = rf"another run holds the cache \(pid {holder.pid} on {socket.gethostname()}\)"
    with pytest.raises(CacheLocked, match=words), writer_lock(tmp_path):
        pass


@pytest.mark.parametrize("content", GARBAGE, ids=["empty", "binary", "escapes", "huge"])
def test_whatever_the_record_of_the_owner_holds_the_second_writer_is_told_so(
    tmp_path: Path, holder: subprocess.Popen[bytes], content: bytes
) -> None:
    (tmp_path / "lock.owner").write_bytes(content)
    with pytest.raises(CacheLocked) as error, writer_lock(tmp_path):
        pass
    assert error.value.message.isprintable()
    assert len(error.value.message) < 500
    assert holder.poll() is None


def test_a_killed_owner_does_not_hold_up_the_next_one(
    tmp_path: Path, holder: subprocess.Popen[bytes]
) -> None:
    holder.kill()
    holder.wait()
    assert (tmp_path / "lock.owner").exists()
    with writer_lock(tmp_path) as lock:
        lock.require()
        assert lock.previous_owner == ""
    assert not (tmp_path / "lock.owner").exists()


@pytest.mark.parametrize("content", GARBAGE, ids=["empty", "binary", "escapes", "huge"])
def test_garbage_that_nobody_holds_does_not_hold_up_the_next_one(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "lock.owner").write_bytes(content)
    with writer_lock(tmp_path) as lock:
        lock.require()


def test_a_writer_on_another_machine_that_shows_life_holds_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = leave_record(tmp_path, monkeypatch, age_s=STALE_S - 100)
    with pytest.raises(CacheLocked, match=r"pid \d+ on farm-7"), writer_lock(tmp_path):
        pass
    assert "farm-7" in owner.read_text(encoding="utf-8")


def test_one_that_shows_none_is_taken_over_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_record(tmp_path, monkeypatch, age_s=STALE_S + 100)
    with writer_lock(tmp_path) as lock:
        assert lock.previous_owner.endswith("on farm-7")
        lock.require()


def test_the_same_system_decides_by_its_own_lock_alone_also_for_another_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, boot, _ = process_identity._system()
    owner = tmp_path / "lock.owner"
    owner.write_text(f"pid 7 on pod\n{machine}-{boot}-cccccc-7-dddddd-12345678\n", encoding="utf-8")
    with writer_lock(tmp_path) as lock:
        lock.require()


def test_who_was_taken_over_by_another_machine_notices_before_it_writes(tmp_path: Path) -> None:
    with writer_lock(tmp_path) as lock:
        (tmp_path / "lock.owner").write_text(
            "pid 7 on farm-7\naaaaaa-bbbbbb-cccccc-7-dddddd-12345678\n", encoding="utf-8"
        )
        with pytest.raises(CacheLocked, match="pid 7 on farm-7"):
            lock.require()
    assert (tmp_path / "lock.owner").exists()  # it is the other's now


def test_a_record_that_somebody_tidied_away_is_left_again(tmp_path: Path) -> None:
    with writer_lock(tmp_path) as lock:
        (tmp_path / "lock.owner").unlink()
        lock.require()
        assert (tmp_path / "lock.owner").exists()


def test_the_holder_shows_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN_BEATS", 0.001)
    owner = tmp_path / "lock.owner"
    with writer_lock(tmp_path):
        os.utime(owner, (5, 5))
        while owner.stat().st_mtime == 5:
            time.sleep(0.001)


def test_an_output_folder_has_a_lock_of_its_own(tmp_path: Path) -> None:
    with (
        writer_lock(tmp_path, OUTPUT_LOCK),
        writer_lock(tmp_path),
        pytest.raises(FolderLocked, match="another run holds the output folder") as error,
        writer_lock(tmp_path, OUTPUT_LOCK),
    ):
        pass
    assert not isinstance(error.value, CacheError)
    assert "--to" in error.value.hint


@pytest.mark.parametrize("kind", ["folder", "link", "dangling link"])
def test_a_lock_that_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "cache"
    folder.mkdir()
    precious = tmp_path / "precious"
    if kind == "folder":
        (folder / "lock").mkdir()
    else:
        (folder / "lock").symlink_to(precious)
    if kind == "link":
        precious.write_text("mine", encoding="utf-8")
    with pytest.raises(CacheError, match="is no file that could be locked"), writer_lock(folder):
        pass
    assert not precious.exists() or precious.read_text(encoding="utf-8") == "mine"


def test_a_record_that_is_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock.owner").mkdir()
    with pytest.raises(CacheError, match=r"lock\.owner: cannot be written"), writer_lock(tmp_path):
        pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_an_error_that_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    expectation = pytest.raises(CacheError, match="its file system cannot lock files")
    with expectation as error, writer_lock(tmp_path):
        pass
    assert "another disk" in error.value.hint


def test_a_file_system_without_hard_links_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    for _ in range(2):
        with writer_lock(tmp_path) as lock:
            lock.require()
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
