"""Run `attrx` and kill it, with SIGKILL, at a named moment.

`python killed.py MOMENT COUNT -- ARGUMENTS`.

The moments are those at which a run is most vulnerable. COUNT is how often the moment passes before
it kills; for commits of answers it is the number of answers, because how many go into one commit is
chance.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow.parquet as pq

from attrx.__main__ import main
from attrx.extraction.batches import collect
from attrx.extraction.cache import journal, ledger


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


def wrap(
    owner: Any, name: str, before: Callable[[], None] | None, after: Callable[[], None] | None
) -> None:
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


def wrap_inside(
    owner: Any, name: str, journal_of: Callable[[Any], Any], countdown: Countdown
) -> None:
    """Kill in the middle of what a method commits."""
    original = getattr(owner, name)

    def wrapped(self: Any, *args: Any) -> None:
        used = journal_of(self)
        used._db = DyingConnection(used._db, countdown)
        original(self, *args)
        used._db = used._db._db

    setattr(owner, name, wrapped)


MOMENTS = {
    "in compaction, before the rename": (pq, "write_table", "after"),
    "in compaction, after the rename": (journal.Journal, "drop", "before"),
    "before a batch is submitted": (ledger.Ledger, "add", "after"),
    "before the id of a batch is noted": (ledger.Ledger, "set_vendor_id", "before"),
    "after the id of a batch is noted": (ledger.Ledger, "set_vendor_id", "after"),
    "before answers of a batch are settled": (ledger.Ledger, "settle", "before"),
    "after answers of a batch are settled": (ledger.Ledger, "settle", "after"),
}


def kill_at_answer(count: int, *, in_the_commit: bool) -> None:
    """Kill in, or after, the commit that brings this answer."""
    commit, countdown = journal.Journal.commit, Countdown(1)
    left = count

    def counting(self: journal.Journal, answers: Iterable[tuple[int, journal.Answer]]) -> None:
        nonlocal left
        group = list(answers)
        left -= len(group)
        if left > 0:
            commit(self, group)
            return
        if in_the_commit:
            self._db = DyingConnection(self._db, countdown)  # type: ignore[assignment]
        commit(self, group)
        kill()

    journal.Journal.commit = counting  # type: ignore[method-assign]


def arm(moment: str, count: int) -> None:
    collect.ANSWERS_A_COMMIT = 3  # so that settling a small batch takes several commits
    countdown = Countdown(count)
    if moment in {"in a commit", "after a commit"}:
        kill_at_answer(count, in_the_commit=moment == "in a commit")
    elif moment == "while a batch is written down":
        wrap_inside(ledger.Ledger, "add", lambda ledger: ledger._journal, countdown)
    elif moment == "while answers of a batch are settled":
        wrap_inside(ledger.Ledger, "settle", lambda ledger: ledger._journal, countdown)
    else:
        owner, name, when = MOMENTS[moment]
        wrap(
            owner,
            name,
            countdown if when == "before" else None,
            countdown if when == "after" else None,
        )


if __name__ == "__main__":
    arm(sys.argv[1], int(sys.argv[2]))
    sys.argv = ["attrx", *sys.argv[4:]]
    main()
