"""Run `attrx` with a local model and kill it in a batch.

`python killed_local.py LOG COUNT -- ARGUMENTS`.

COUNT is the number of the batch. Each line of LOG is the list of products in one batch, in the
order of the batches.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from killed import Countdown

from attrx.__main__ import main
from attrx.extraction.cache.journal import Answer, Journal
from attrx.providers.local.engine import LocalEngine, LocalJob
from attrx.providers.protocol import Reply


class Commits:
    """Knows how many answers are on the disk."""

    def __init__(self) -> None:
        self._commit = Journal.commit
        self._answers = 0
        self._change = threading.Condition()
        count = self._count

        def counting(self: Journal, answers: Iterable[tuple[int, Answer]]) -> None:
            count(self, list(answers))

        Journal.commit = counting  # type: ignore[method-assign]

    def _count(self, journal: Journal, answers: list[tuple[int, Answer]]) -> None:
        self._commit(journal, answers)
        with self._change:
            self._answers += len(answers)
            self._change.notify_all()

    def wait_for(self, answers: int) -> None:
        """Wait until so many answers are on the disk."""
        with self._change:
            self._change.wait_for(lambda: self._answers >= answers)


def kill_in_batch(count: int, log: Path) -> None:
    """Write down what is computed, and die in the batch of this number.

    A batch takes seconds where a model is worth running: what was answered before is on the disk
    by then.
    """
    answer, countdown, commits = LocalEngine.answer, Countdown(count), Commits()
    computed = 0

    def dying(self: LocalEngine, jobs: Sequence[LocalJob]) -> list[Reply]:
        nonlocal computed
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps([job.request.product.id for job in jobs]) + "\n")
        if countdown.left == 1:
            commits.wait_for(computed)
        countdown()
        computed += len(jobs)
        return answer(self, jobs)

    LocalEngine.answer = dying  # type: ignore[method-assign]


if __name__ == "__main__":
    kill_in_batch(int(sys.argv[2]), Path(sys.argv[1]))
    sys.argv = ["attrx", *sys.argv[4:]]
    main()
