"""Digests that decide what is asked again (docs/design.md#keys-of-cells-and-requests).

A cell's key is three digests side by side: what identifies the model, the product's text, and the
part of the prompt that belongs to the attribute. Kept apart, they are compared column by column,
without hashing ten million cells.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from ...configs.settings import ModelSettings
from ...prompts.asking.fence import identifying_text
from ...providers.registry import model_identity

DIGEST_BYTES = 16
Fields = Iterable[tuple[str, str]]


def digest(*parts: object) -> bytes:
    """16 bytes of BLAKE2b over the canonical JSON of `parts`."""
    return hashlib.blake2b(
        orjson.dumps(parts, option=orjson.OPT_SORT_KEYS), digest_size=DIGEST_BYTES
    ).digest()


def id_hash(product_id: str) -> int:
    """64-bit hash that places a product in a bucket; never changes between versions."""
    return int.from_bytes(hashlib.blake2b(product_id.encode(), digest_size=8).digest(), "little")


def text_digest(fields: Fields) -> bytes:
    """Digest of what the prompt shows of a product: names and texts of its columns, in their order.

    Signs that nobody sees do not reach the prompt, so two texts that differ in nothing else are one
    text.
    """
    return digest([[identifying_text(name), identifying_text(text)] for name, text in fields])


def model_part(model: ModelSettings) -> bytes:
    """Digest of the model's identity and its sampling options.

    The name, key, limits, prices, timeout and `max_tokens` are left out: none of them changes what
    the model would say, and a new price must not buy the same answer again. Only where no `model`
    is given does the name stand in.
    """
    identity = model_identity(model)
    return digest(
        model.provider, model.base_url, identity.name, model.temperature, identity.options
    )


def request_key(
    model: bytes, messages: Iterable[Mapping[str, Any]], json_schema: Mapping[str, Any] | None
) -> bytes:
    """Digest of what is sent; equal requests are sent once."""
    return digest(model.hex(), list(messages), json_schema)
