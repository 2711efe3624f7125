"""Run `attrx` with a local model and kill it in a batch: `python killed_local.py LOG COUNT -- ARGUMENTS`.

COUNT is the number of the batch. Each line of LOG is the list of products in one batch, in the
order of the batches.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from killed import Countdown

from attrx.__main__ import main
from attrx.providers.local.engine import LocalEngine, LocalJob
from attrx.providers.protocol import Reply

# A batch takes seconds where a model is worth running; long enough for what was answered before to
# be committed.
_SECONDS_A_BATCH = 1.0


def kill_in_batch(count: int, log: Path) -> None:
    """Write down what is computed, and die in the batch of this number."""
    answer, countdown = LocalEngine.answer, Countdown(count)

    def dying(self: LocalEngine, jobs: Sequence[LocalJob]) -> list[Reply]:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps([job.request.product.id for job in jobs]) + "\n")
        if countdown.left == 1:
            time.sleep(_SECONDS_A_BATCH)
        countdown()
        return answer(self, jobs)

    LocalEngine.answer = dying  # type: ignore[method-assign]


if __name__ == "__main__":
    kill_in_batch(int(sys.argv[2]), Path(sys.argv[1]))
    sys.argv = ["attrx", *sys.argv[4:]]
    main()
