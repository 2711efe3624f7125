"""Answers as the cache takes them, and what of them a cache holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.digests import text_digest
from attrx.extraction.votes.imported_answers import as_products


def answer(product_id: str, model: str = "a", **changes: Any) -> dict[str, Any]:
    vote = {
        "attribute": "gender",
        "part": b"p" * 16,
        "fingerprint": None,
        "reader": b"r" * 16,
        "state": "value",
        "value": "male",
        "spelling": "Male",
        "probability": 0.75,
    }
    return {
        "product_id": product_id,
        "model": model,
        "model_part": b"m" * 16,
        "text_digest": text_digest([("title", f"text of {product_id}")]),
        "request_key": b"k" * 16,
        "source": "asked",
        "status": "answered",
        "finish": "stop",
        "raw": '{"gender": "Male"}',
        "votes": [vote],
        **changes,
    }


def stored(folder: Path) -> list[tuple[str, str]]:
    cache = AnswersCache(folder)
    tables = [cache.answers(bucket) for bucket in range(cache.buckets)]
    return sorted(
        (row["product_id"], row["model"]) for table in tables for row in table.to_pylist()
    )


def known_products(ids: Sequence[str], categories: Mapping[str, str]) -> pa.Table:
    """Products of which nothing but an id, and perhaps a category, is known."""
    return as_products(
        pa.table(
            {
                "product_id": pa.array(ids, pa.string()),
                "category": pa.array([categories.get(each, "") for each in ids], pa.string()),
            }
        )
    )
