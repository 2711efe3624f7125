"""What the ledger knows of a batch and of its requests."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

Parts = tuple[tuple[str, bytes], ...]
"""The attributes that a request asks: their names, and the digests of their parts of the prompt."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch that was, or may have been, submitted.

    Attributes:
        tag: What the vendor's batch API finds it by.
        model: Name of the model when it was submitted.
        model_part: Digest of that model.
        provider: How it is reached.
        base_url: Where, if not at the vendor's own address.
        written_s: When it was written down, in seconds since 1970.
        submitting_s: When it was last being submitted, likewise.
        again_since_ns: When the `--refresh` or `--retry-failed` was ordered that it belongs to, if
            any; nanoseconds since 1970.
        vendor_id: The vendor's id; None where the vendor has not said it.
        requests: Requests in it that have no outcome yet.
        request_usd: The most that each of them can cost, in the mean; None where that is not known.
    """

    tag: str
    model: str
    model_part: bytes
    provider: str
    base_url: str | None
    written_s: float
    submitting_s: float
    again_since_ns: int | None = None
    vendor_id: str | None = None
    requests: int = 0
    request_usd: float | None = None

    @property
    def open_usd(self) -> float:
        """The most that its requests without an outcome can cost, as far as that is known."""
        return self.requests * (self.request_usd or 0.0)


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """One request of a batch, and everyone who gets its answer.

    Attributes:
        key: Digest of what is sent.
        parts: What it asks.
        products: Ids of products, and the digests of their texts.
    """

    key: bytes
    parts: Parts
    products: tuple[tuple[str, bytes], ...]


def pack_parts(parts: Parts) -> str:
    """What a request asks, as text; equal where the parts are equal."""
    pairs = [(name, part.hex()) for name, part in parts]
    return orjson.dumps(pairs).decode()


def unpack_parts(text: str) -> Parts:
    """Undo `pack_parts`."""
    pairs = orjson.loads(text)
    return tuple((name, bytes.fromhex(part)) for name, part in pairs)
