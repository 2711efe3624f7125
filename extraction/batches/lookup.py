"""Batches whose submission broke off: whether the vendor has them, and under which id."""

from __future__ import annotations

import time
from collections.abc import Container, Sequence
from dataclasses import dataclass

from ...providers.batches.batch_api import BatchProvider
from ..cache.batch_records import Batch
from .vendor_calls import call_vendor

SETTLING_S = 60.0
"""How long a vendor may take until it shows a batch that it was just made to make."""
CLOCKS_APART_S = 600.0
"""How far the vendor's clock may be from ours."""


@dataclass(frozen=True)
class Lookup:
    """What looking for a batch has shown.

    Attributes:
        vendor_id: The vendor's id; None where the vendor does not show such a batch.
        may_exist: Whether the vendor may have it all the same.
    """

    vendor_id: str | None
    may_exist: bool


async def look_up(api: BatchProvider, batch: Batch, known_ids: Container[str | None]) -> Lookup:
    """Ask a vendor for the batch with a tag.

    Args:
        api: The vendor's batch API.
        batch: The batch.
        known_ids: Vendor ids of other batches.

    Raises:
        ProviderError: The vendor could not be asked.
    """
    earliest_s = batch.written_s - CLOCKS_APART_S
    matches = await call_vendor(lambda: api.find(batch.tag, earliest_s))
    if matches.certain:
        return Lookup(matches.certain[0], may_exist=True)
    was_just_submitted = 0 <= time.time() - batch.submitting_s < SETTLING_S
    if was_just_submitted:
        return Lookup(None, may_exist=True)
    candidates = [vendor_id for vendor_id in matches.possible if vendor_id not in known_ids]
    return Lookup(None, may_exist=await _is_among(api, candidates, batch))


async def _is_among(api: BatchProvider, vendor_ids: Sequence[str], batch: Batch) -> bool:
    """Whether a batch can be one of some that show no tag: as large, and made at its time."""
    latest_s = batch.submitting_s + SETTLING_S + CLOCKS_APART_S
    for vendor_id in vendor_ids:
        status = await call_vendor(lambda: api.poll(vendor_id))  # noqa: B023 - awaited at once
        if status.total == batch.requests and status.created_s <= latest_s:
            return True
    return False
