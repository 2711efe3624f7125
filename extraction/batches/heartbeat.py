"""Signs of life of a batch that is being submitted."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from ..cache.ledger import Ledger

INTERVAL_S = 10.0


@contextlib.asynccontextmanager
async def heartbeat(ledger: Ledger, tag: str) -> AsyncIterator[None]:
    """Tell the ledger now and then that a batch is being submitted.

    After a kill, it knows until when it was.
    """
    beats = asyncio.create_task(_beat(ledger, tag))
    try:
        yield
    finally:
        beats.cancel()
        await asyncio.gather(beats, return_exceptions=True)


async def _beat(ledger: Ledger, tag: str) -> None:
    while True:
        await asyncio.sleep(INTERVAL_S)
        ledger.note_submission(tag, time.time())
