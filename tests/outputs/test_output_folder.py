"""One writer at a time, and nothing of dead runs stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import CacheError, FolderLocked
from attrx.outputs.output_folder import open_for_outputs
from attrx.runs.report import report
from attrx.runs.status import status

MODELS = {"a": 0.95, "b": 0.9, "c": 0.8}


def polled(folder: Path) -> Poll:
    poll = Poll(folder, list(MODELS))
    poll.cast(answers(truth(12), MODELS))
    poll.combine()
    return poll


def test_a_second_writer_is_told_who_holds_the_folder_and_readers_go_on(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    with open_for_outputs(poll.out):
        with pytest.raises(FolderLocked, match=f"another run holds.*pid {os.getpid()}") as raised:
            poll.combine()
        report(poll.shop.settings)
        status(poll.shop.settings)
    assert "--to" in raised.value.hint
    poll.combine()


def test_the_second_of_two_commands_ends_with_exit_code_5(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    arguments = [sys.executable, "-m", "attrx", "ensemble", "-c", str(poll.shop.config_path)]
    with open_for_outputs(poll.out):
        run = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert run.returncode == 5
    assert "another run holds" in run.stderr
    assert subprocess.run(arguments, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    poll.out.chmod(0o500)
    with pytest.raises(CacheError, match="Permission denied"):
        poll.combine()
    poll.out.chmod(0o700)


def test_scratch_of_a_dead_run_is_swept_and_a_copy_of_the_cache_is_not(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    killed = (
        "import os, sys; from pathlib import Path;"
        "from attrx.outputs.output_folder import open_for_outputs\n"
        "with open_for_outputs(Path(sys.argv[1])) as scratch:\n"
        "    (scratch / 'products-00000.arrows').write_bytes(b'x' * 1000)\n"
        "    os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", killed, str(poll.out)], check=False)
    [scratch] = [path for path in poll.out.glob(".attrx-*") if path.is_dir()]
    copy = poll.out / ".attrx-20261126"  # of a cache in .attrx, of its day
    copy.mkdir()
    (copy / "cache.json").write_text("{}")
    os.utime(copy, (1, 1))
    poll.combine()
    assert not scratch.exists()
    assert (copy / "cache.json").exists()
