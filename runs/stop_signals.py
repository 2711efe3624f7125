"""Signals that ask a command to stop: Ctrl-C, `kill`, and a terminal that is closed.

While models are asked, the first one lets what is in flight arrive (`session.StopSignal`). At any
other time each ends the command as Ctrl-C does, so that it tidies up behind it.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


def stop_signals() -> tuple[signal.Signals, ...]:
    """The signals that stop a command; SIGHUP is none where it is ignored, as under `nohup`."""
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        return signal.SIGINT, signal.SIGTERM
    return signal.SIGINT, signal.SIGTERM, signal.SIGHUP


@contextlib.contextmanager
def tidy_end() -> Iterator[None]:
    """Have SIGTERM and SIGHUP raise KeyboardInterrupt in the block, where nobody else takes them.

    Does nothing outside the main thread, which alone may listen to signals.
    """
    with contextlib.ExitStack() as stack:
        if threading.current_thread() is threading.main_thread():
            for number in stop_signals():
                if signal.getsignal(number) is signal.SIG_DFL:
                    stack.callback(signal.signal, number, signal.SIG_DFL)
                    signal.signal(number, _interrupt)
        yield


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
