"""The vendors' batch APIs: many requests at once, answered within a day, for less.

A batch is made by `submit`, looked after with `poll`, and read with `results`. A run may be killed
between the moment in which the vendor has made a batch and the one in which its id is written down,
so every batch carries a tag that is chosen, and can be written down, before it is made; `find`
tells afterwards whether a tag's batch exists.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from ...configs.errors import ProviderError
from ...configs.settings import ModelSettings, Prices
from ..protocol import Reply, Request

State = Literal["open", "ended", "failed"]
Item = tuple[str, Request]
Result = tuple[str, Reply | ProviderError]

# Uploading a batch, or fetching its results, may take longer than an answer does.
BATCH_TIMEOUT_S = 600.0
# Anthropic takes 64 characters of letters, digits, - and _; a tag, an underscore and a custom id
# must fit in.
_TAG = re.compile(r"[A-Za-z0-9-]{8,24}")
_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,39}")


@dataclass(frozen=True, slots=True)
class BatchLimits:
    """How large one batch may be.

    Attributes:
        requests: Most requests.
        size: Most bytes of the upload. Less than the vendors allow (200 and 256 MB), because a
            whole upload is in memory while it is sent, in the SDKs several times over.
    """

    requests: int
    size: int = 32_000_000


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How a batch stands.

    Attributes:
        id: The vendor's id.
        state: `open` while the vendor works on it; `ended` when `results` can be read, though
            requests may have failed or expired; `failed` when it was refused as a whole.
        total: Requests in it, as far as the vendor says.
        finished_requests: Requests that are over, one way or the other.
        answers: Those of them that were answered, as far as the vendor says.
        created_s: When it was made, in seconds since 1970.
        reason: Why it failed.
    """

    id: str
    state: State
    total: int
    finished_requests: int
    created_s: float
    reason: str = ""
    answers: int = 0


@dataclass(frozen=True, slots=True)
class BatchMatches:
    """Batches that may be the one with a tag.

    Attributes:
        certain: Ids of batches that carry it.
        possible: Ids of batches that do not show their tag before they have ended.
    """

    certain: tuple[str, ...] = ()
    possible: tuple[str, ...] = ()


class BatchProvider(Protocol):
    """A model's batch API; `Class(model)` makes one, without touching the network.

    A class says in an attribute `price_factor` what a request costs in a batch, where 1 is the
    price of one that is answered at once; without it, there is no discount.
    """

    limits: BatchLimits

    def size(self, item: Item) -> int:
        """Bytes that an item takes in an upload."""
        ...

    async def submit(self, items: Sequence[Item], tag: str) -> str:
        """Make a batch; its id.

        Args:
            items: (custom id, request), within `limits`; custom ids are unique, of up to 39
                letters, digits, - and _.
            tag: What `find` knows the batch by: 8 to 24 letters, digits and -, never used before.

        Raises:
            ProviderError: The vendor did not say that the batch was made. It may have been: ask
                `find`.
            ValueError: A tag or custom id cannot be used.
        """
        ...

    async def find(self, tag: str, since_s: float) -> BatchMatches:
        """Look for a batch that `submit` may have made.

        Args:
            tag: As given to `submit`.
            since_s: Before which it was not made, in seconds since 1970 by the vendor's clock;
                allow for a few minutes.
        """
        ...

    async def poll(self, batch_id: str) -> BatchStatus:
        """How a batch stands."""
        ...

    def results(self, batch_id: str) -> AsyncIterator[Result]:
        """What became of each request of a batch that has ended, in no particular order.

        Yields (custom id, reply or error). Requests of which the vendor says nothing do not come
        up. What cannot be read comes as an `UnreadableResultError`, under an empty id where it does
        not tell its own.
        """
        ...

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        ...


def price_factor_of(batch_api: object) -> float:
    """What a request costs in a batch, where 1 is the price of one that is answered at once.

    Args:
        batch_api: A batch API or its class; None where there is none.
    """
    factor: float = getattr(batch_api, "price_factor", 1.0)
    return factor


def at_batch_prices(model: ModelSettings, batch_api: object) -> ModelSettings:
    """The model at the prices of its batch API; see `price_factor_of`."""
    if model.prices is None:
        return model
    factor = price_factor_of(batch_api)
    prices = Prices(input=factor * model.prices.input, output=factor * model.prices.output)
    return model.model_copy(update={"prices": prices})


def split(items: Iterable[Item], provider: BatchProvider) -> Iterator[list[Item]]:
    """Cut items into batches within the limits; an item that is too large gets one of its own."""
    batch: list[Item] = []
    size = 0
    for item in items:
        item_size = provider.size(item)
        is_full = len(batch) >= provider.limits.requests or size + item_size > provider.limits.size
        if batch and is_full:
            yield batch
            batch = []
            size = 0
        batch.append(item)
        size += item_size
    if batch:
        yield batch


def with_tag(tag: str, custom_id: str) -> str:
    """A custom id as the vendor sees it.

    Raises:
        ValueError: One of the two cannot be used.
    """
    if not _TAG.fullmatch(tag) or not _CUSTOM_ID.fullmatch(custom_id):
        raise ValueError(f"not a tag and a custom id: {tag!r}, {custom_id!r}")
    return f"{tag}_{custom_id}"


def without_tag(custom_id: Any) -> str:
    """The custom id as it was given to `submit`."""
    return str(custom_id).partition("_")[2]
