"""Hashes of product ids, by which products are drawn: the same ones whatever comes first."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]


def product_hashes(products: Sequence[str]) -> Hashes:
    """[n_products] uint64, from the ids alone."""
    return np.array([text_hash(product) for product in products], np.uint64)


def text_hash(text: str) -> int:
    """64 bits of BLAKE2b."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")
