"""Run `attrx` and kill it, with SIGKILL, at a named moment: `python killed.py MOMENT COUNT -- ARGUMENTS`.

The moments are those at which a run is most vulnerable. COUNT is how often the moment passes before it kills.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import pyarrow.parquet as pq

from attrx.__main__ import main
from attrx.extraction import journal


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Countdown:
    """Kills at the last of `count` calls."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self) -> None:
        self.left -= 1
        if self.left <= 0:
            kill()


def wrap(owner: Any, name: str, before: Callable[[], None] | None, after: Callable[[], None] | None) -> None:
    original = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before:
            before()
        result = original(*args, **kwargs)
        if after:
            after()
        return result

    setattr(owner, name, wrapped)


class DyingConnection:
    """A database connection whose process dies after the inserts and before the commit."""

    def __init__(self, db: Any, countdown: Countdown) -> None:
        self._db, self._countdown = db, countdown

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)

    def __enter__(self) -> Any:
        return self._db.__enter__()

    def __exit__(self, *exc: Any) -> Any:
        self._countdown()
        return self._db.__exit__(*exc)


def arm(moment: str, countdown: Countdown) -> None:
    if moment == "before a commit":
        wrap(journal.Journal, "commit", countdown, None)
    elif moment == "in a commit":
        original = journal.Journal.commit

        def commit(self: Any, answers: Any) -> None:
            self._db = DyingConnection(self._db, countdown)
            original(self, answers)
            self._db = self._db._db

        journal.Journal.commit = commit  # type: ignore[method-assign]
    elif moment == "after a commit":
        wrap(journal.Journal, "commit", None, countdown)
    elif moment == "in compaction, before the rename":
        wrap(pq, "write_table", None, countdown)
    elif moment == "in compaction, after the rename":
        wrap(journal.Journal, "drop", countdown, None)
    else:
        raise SystemExit(f"unknown moment: {moment}")


if __name__ == "__main__":
    arm(sys.argv[1], Countdown(int(sys.argv[2])))
    sys.argv = ["attrx", *sys.argv[4:]]
    main()
