"""The vendors' batch APIs: many requests at once, answered within a day, at half the price.

A batch is made by `submit`, looked after with `poll`, and read with `results`. A run may be killed
between the moment in which the vendor has made a batch and the one in which its id is written down,
so every batch carries a tag that is chosen, and can be written down, before it is made; `find`
tells afterwards whether a tag's batch exists.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, Protocol, cast

from ...configs.errors import ConfigError, ProviderError
from ...configs.settings import ModelSettings, Prices
from ..protocol import Reply, Request

State = Literal["open", "ended", "failed"]
Item = tuple[str, Request]
Result = tuple[str, Reply | ProviderError]

PRICE = 0.5
"""What a request in a batch costs, where 1 is the price of one that is answered at once; so at both vendors.

https://platform.openai.com/docs/guides/batch,
https://docs.anthropic.com/en/docs/build-with-claude/batch-processing
"""

# Uploading a batch, or fetching its results, may take longer than an answer does.
PATIENCE_S = 600.0
# Anthropic takes 64 characters of letters, digits, - and _; a tag, an underscore and a custom id
# must fit in.
_TAG = re.compile(r"[A-Za-z0-9-]{8,24}")
_CUSTOM_ID = re.compile(r"[A-Za-z0-9_-]{1,39}")
_CLASSES = {
    "openai": "attrx.providers.batches.openai_batches:OpenAIBatches",
    "anthropic": "attrx.providers.batches.anthropic_batches:AnthropicBatches",
}


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
        done: Requests that are over, one way or the other.
        created_s: When it was made, in seconds since 1970.
        reason: Why it failed.
    """

    id: str
    state: State
    total: int
    done: int
    created_s: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Batches that may be the one with a tag.

    Attributes:
        sure: Ids of batches that carry it.
        perhaps: Ids of batches that do not show their tag before they have ended.
    """

    sure: tuple[str, ...] = ()
    perhaps: tuple[str, ...] = ()


class BatchProvider(Protocol):
    """A model's batch API."""

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

    async def find(self, tag: str, since_s: float) -> Found:
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
        """What became of each request of a batch that has ended: (custom id, reply or error), in no particular order.

        Requests of which the vendor says nothing do not come up.
        """
        ...

    async def close(self) -> None:
        """Release connections; safe to call twice."""
        ...


def batching_providers() -> tuple[str, ...]:
    """The names of providers that have a batch API here."""
    return tuple(_CLASSES)


def open_batches(model: ModelSettings) -> BatchProvider:
    """The batch API of a model, without touching the network.

    Raises:
        ConfigError: Its provider has none, or cannot use the settings.
    """
    target = _CLASSES.get(model.provider)
    if target is None:
        raise ConfigError(
            f"model '{model.name}': provider '{model.provider}' has no batch API",
            hint=f"leave the model out of --batch with --models; batches work with: {', '.join(_CLASSES)}",
        )
    module, _, name = target.partition(":")
    return cast(BatchProvider, getattr(import_module(module), name)(model))


def discounted(model: ModelSettings) -> ModelSettings:
    """The model at the prices of its batch API."""
    if model.prices is None:
        return model
    prices = Prices(input=PRICE * model.prices.input, output=PRICE * model.prices.output)
    return model.model_copy(update={"prices": prices})


def split(items: Iterable[Item], provider: BatchProvider) -> Iterator[list[Item]]:
    """Cut items into batches that keep within the limits; an item that is too large alone gets a batch of its own."""
    batch: list[Item] = []
    size = 0
    for item in items:
        item_size = provider.size(item)
        if batch and (
            len(batch) >= provider.limits.requests or size + item_size > provider.limits.size
        ):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += item_size
    if batch:
        yield batch


def tagged(tag: str, custom_id: str) -> str:
    """A custom id as the vendor sees it.

    Raises:
        ValueError: One of the two cannot be used.
    """
    if not _TAG.fullmatch(tag) or not _CUSTOM_ID.fullmatch(custom_id):
        raise ValueError(f"not a tag and a custom id: {tag!r}, {custom_id!r}")
    return f"{tag}_{custom_id}"


def untagged(said: Any) -> str:
    """The custom id as it was given to `submit`."""
    return str(said).partition("_")[2]
