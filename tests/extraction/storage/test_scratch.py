"""Scratch of dead processes goes, that of the living and all else stays."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from attrx.extraction.storage import process_identity
from attrx.extraction.storage.atomic_write import replacing
from attrx.extraction.storage.scratch import (
    OLD_S,
    make_scratch,
    scratch_folder,
    sweep_scratch,
    temporary_path,
)

SCRIPT = """
import sys
from pathlib import Path
from attrx.extraction.storage.scratch import make_scratch, temporary_path
folder = Path(sys.argv[1])
scratch = make_scratch(folder, "spool")
(scratch / "products.arrows").write_text("rows")
temporary_path(folder / "cache.json").write_text("half")
print("ready", flush=True)
sys.stdin.read()
"""


def start(folder: Path) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-c", SCRIPT, str(folder)]
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    return process


def test_scratch_of_a_process_that_lives_stays_and_goes_once_it_was_killed(tmp_path: Path) -> None:
    with start(tmp_path) as process:
        assert len(list(tmp_path.iterdir())) == 2
        assert sweep_scratch(tmp_path) == []
        process.kill()
    assert len(sweep_scratch(tmp_path)) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_another_process_has_now_does_not_keep_scratch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not process_identity._start_digest(os.getpid()).strip("0"):
        pytest.skip("this system does not say when a process was started")
    with monkeypatch.context() as earlier:
        earlier.setattr(process_identity, "_start_digest", lambda _pid: "abcdef")
        scratch = make_scratch(tmp_path, "spool")
    assert sweep_scratch(tmp_path) == [scratch]


def test_scratch_of_another_machine_goes_by_its_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(process_identity, "_system", lambda: ("aaaaaa", "bbbbbb", "cccccc"))
        scratch = make_scratch(tmp_path, "spool")
    assert sweep_scratch(tmp_path) == []
    long_ago = time.time() - OLD_S - 60
    os.utime(scratch, (long_ago, long_ago))
    assert sweep_scratch(tmp_path) == [scratch]


def test_scratch_from_before_the_machine_was_started_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, boot, namespace = process_identity._system()
    if set(machine) == {"0"} or set(boot) == {"0"}:
        pytest.skip("this system has no id of its own")
    with monkeypatch.context() as earlier:
        earlier.setattr(process_identity, "_system", lambda: (machine, "bbbbbb", namespace))
        scratch = make_scratch(tmp_path, "changes")
    assert sweep_scratch(tmp_path) == [scratch]


@pytest.mark.parametrize(
    "name",
    [
        "spool-2024",
        "spool-of-my-own",
        "spool-abcdef-abcdef-abcdef-12-abcdef",
        "changes-",
        ".attrx-cache",
        "products",
        "notes.tmp",
        "cache.json.tmp",
    ],
)
def test_what_bears_another_name_is_never_touched(tmp_path: Path, name: str) -> None:
    for folder in (tmp_path / "as a folder", tmp_path / "as a file"):
        folder.mkdir()
    (tmp_path / "as a folder" / name).mkdir()
    (tmp_path / "as a file" / name).touch()
    long_ago = time.time() - OLD_S - 60
    for path in (tmp_path / "as a folder" / name, tmp_path / "as a file" / name):
        os.utime(path, (long_ago, long_ago))
        assert sweep_scratch(path.parent) == []
        assert path.exists()


def test_scratch_of_earlier_editions_which_does_not_say_whose_it_is_goes_by_its_age(
    tmp_path: Path,
) -> None:
    old = tmp_path / ".attrx-k3_x0abc"
    new = tmp_path / ".attrx-k3_x0abd"
    for folder in (old, new):
        folder.mkdir()
    long_ago = time.time() - OLD_S - 60
    os.utime(old, (long_ago, long_ago))
    assert sweep_scratch(tmp_path) == [old]
    assert new.exists()


def test_a_link_with_the_name_of_scratch_is_not_followed(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "labels.csv").touch()
    with start(tmp_path) as process:
        process.kill()
    scratch = next(tmp_path.glob("spool-*"))
    link = tmp_path / scratch.name.replace("spool", "changes")
    link.symlink_to(precious)
    (scratch / "link").symlink_to(precious)
    sweep_scratch(tmp_path)
    assert link.is_symlink()
    assert (precious / "labels.csv").exists()
    assert not scratch.exists()


def test_a_scratch_folder_goes_when_its_block_ends_and_nobody_else_may_enter_it(
    tmp_path: Path,
) -> None:
    with contextlib.suppress(KeyError), scratch_folder(tmp_path, ".attrx") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        (folder / "file").touch()
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_no_two_temporary_names_are_equal(tmp_path: Path) -> None:
    names = {temporary_path(tmp_path / "values.csv").name for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("values.csv.") and name.endswith(".tmp") for name in names)


def test_what_a_dead_process_left_of_a_file_goes_when_the_file_is_written_again(
    tmp_path: Path,
) -> None:
    others = tmp_path / f"{temporary_path(tmp_path / 'cache.json').name}.of-a-person"
    others.write_text("not attrx's")
    with start(tmp_path) as process:
        process.kill()
    with replacing(tmp_path / "cache.json") as temporary:
        temporary.write_text("whole")
    names = {path.name for path in tmp_path.iterdir() if not path.is_dir()}
    assert names == {"cache.json", others.name}
