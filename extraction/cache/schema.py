"""The columns of what is kept: products, answers, and the votes inside an answer."""

from __future__ import annotations

import pyarrow as pa

from .digests import DIGEST_BYTES

LAYOUT_VERSION = 1
"""Raised when files written by an older attrx must be migrated before they are read."""

DIGEST = pa.binary(DIGEST_BYTES)

FIELD = pa.struct([("name", pa.string()), ("text", pa.string())])

PRODUCTS = pa.schema(
    [
        pa.field(
            "row", pa.int64(), nullable=False
        ),  # 1-based row of the input it was last read from
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("category", pa.string()),
        pa.field("fields", pa.list_(FIELD), nullable=False),  # what the prompt shows, in order
        pa.field("text_digest", DIGEST, nullable=False),
    ]
)

VOTE = pa.struct(
    [
        ("attribute", pa.string()),
        ("part", DIGEST),  # of the prompt; null in imported answers
        ("fingerprint", pa.string()),  # of a mock's gold or a replay's line; null for real models
        ("reader", DIGEST),  # of the vocabulary that read this vote
        ("state", pa.string()),  # prompts.votes.State
        ("value", pa.string()),
        ("spelling", pa.string()),
        (
            "probability",
            pa.float32(),
        ),  # the model's own, of what it said; null where it did not tell, and in old files
    ]
)

ANSWERS = pa.schema(
    [
        pa.field(
            "answered_ns", pa.int64(), nullable=False
        ),  # UTC, unique in a cache, so that it also orders and names
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("model", pa.string(), nullable=False),  # its name when it was asked
        pa.field("model_part", DIGEST),  # null in imported answers, which go by the name
        pa.field("text_digest", DIGEST),  # null in imported answers
        pa.field("request_key", DIGEST),
        pa.field("source", pa.string(), nullable=False),  # asked | shared | imported | replaced
        pa.field(
            "status", pa.string(), nullable=False
        ),  # answered | failed (in transport: nothing was said)
        pa.field("finish", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("error", pa.string()),
        pa.field("model_version", pa.string()),
        pa.field("request_id", pa.string()),
        pa.field("input_tokens", pa.int64()),
        pa.field("output_tokens", pa.int64()),
        pa.field("cost_usd", pa.float64()),
        pa.field("votes", pa.list_(VOTE), nullable=False),
    ]
)
