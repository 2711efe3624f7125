"""The columns of what is kept: products, answers, and the votes inside an answer."""

from __future__ import annotations

import pyarrow as pa

from .digests import DIGEST_BYTES

LAYOUT_VERSION = 2
"""Raised when an older attrx could spoil a cache.

Files of the first layout are read as they are, and get what they lack when they are next written.
"""

DIGEST = pa.binary(DIGEST_BYTES)

FIELD = pa.struct([("name", pa.string()), ("text", pa.string())])
"""One field of a product's text: the name of its column, and what that says."""

PRODUCTS = pa.schema(
    [
        # 1-based row of the input that it was last read from.
        pa.field("row", pa.int64(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        pa.field("category", pa.string()),
        # What the prompt shows, in order.
        pa.field("fields", pa.list_(FIELD), nullable=False),
        pa.field("text_digest", DIGEST, nullable=False),
        # Of the same text where HTML is treated in the other way (cleaned, or kept): an answer to
        # that one counts as well. Null where both are one text, and in files of older versions.
        pa.field("other_text_digest", DIGEST),
    ]
)

VOTE = pa.struct(
    [
        ("attribute", pa.string()),
        # Digest of the attribute's part of the prompt; null in answers from a file.
        ("part", DIGEST),
        # Of a mock's gold or a replay's line; null for real models.
        ("fingerprint", pa.string()),
        # Digest of the vocabulary that read this vote.
        ("reader", DIGEST),
        # One of `configs.vote_states.STATES`.
        ("state", pa.string()),
        ("value", pa.string()),
        ("spelling", pa.string()),
        # The model's own, of what it said; null where it did not tell, and in old files.
        ("probability", pa.float32()),
    ]
)

ANSWERS = pa.schema(
    [
        # UTC; unique in a cache, so that it also orders and names.
        pa.field("answered_ns", pa.int64(), nullable=False),
        pa.field("product_id", pa.string(), nullable=False),
        # Its name when it was asked.
        pa.field("model", pa.string(), nullable=False),
        # Digest of the model; null in answers from a file, which go by the name.
        pa.field("model_part", DIGEST),
        # Null in answers from a file, which hold for whatever text the product has.
        pa.field("text_digest", DIGEST),
        pa.field("request_key", DIGEST),
        # asked | shared | imported | replaced
        pa.field("source", pa.string(), nullable=False),
        # answered | failed (in transport: there is no answer)
        pa.field("status", pa.string(), nullable=False),
        pa.field("finish", pa.string()),
        pa.field("raw", pa.string()),
        pa.field("error", pa.string()),
        pa.field("model_version", pa.string()),
        pa.field("request_id", pa.string()),
        pa.field("input_tokens", pa.int64()),
        pa.field("output_tokens", pa.int64()),
        pa.field("cost_usd", pa.float64()),
        # At which limit an answer was cut off; null where it was not, and in old files.
        pa.field("max_tokens", pa.int64()),
        # Options that the vendor did not take, with commas between; null as above.
        pa.field("dropped_options", pa.string()),
        # What budgets count for it where that is more than its cost, in USD: attempts were lost, or
        # a usage was not told or cannot be. Null elsewhere, and in old files.
        pa.field("charge_usd", pa.float64()),
        pa.field("votes", pa.list_(VOTE), nullable=False),
    ]
)
