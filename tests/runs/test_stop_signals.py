"""A signal ends a command as Ctrl-C does: it tidies up behind it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from attrx.runs.stop_signals import stop_signals, tidy_end

SCRIPT = """
import sys
from pathlib import Path
from attrx.extraction.storage.scratch import scratch_folder
from attrx.runs.stop_signals import tidy_end
with tidy_end(), scratch_folder(Path(sys.argv[1]), ".attrx"):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_lets_the_command_tidy_up(tmp_path: Path, number: int) -> None:
    arguments = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(arguments, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert len(list(tmp_path.iterdir())) == 1
        process.send_signal(number)
        process.communicate()
    assert list(tmp_path.iterdir()) == []


def test_the_handlers_of_before_come_back() -> None:
    handlers = [signal.getsignal(number) for number in stop_signals()]
    with tidy_end():
        pass
    assert [signal.getsignal(number) for number in stop_signals()] == handlers


def test_a_signal_that_is_ignored_stays_so(monkeypatch: pytest.MonkeyPatch) -> None:
    former_handler = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert signal.SIGHUP not in stop_signals()
        with tidy_end():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former_handler)
