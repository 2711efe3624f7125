"""Which bucket each row of a table belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa

from .digests import id_hash


def rows_by_bucket(
    table: pa.Table, targets: Iterable[int], buckets: int
) -> Iterator[tuple[int, pa.Table]]:
    """The rows of a table that belong to each of some buckets.

    Args:
        table: Table with a column product_id.
        targets: Numbers of the buckets.
        buckets: Number of all buckets, a power of two.
    """
    ids = table.column("product_id").to_pylist()
    hashes = np.fromiter(map(id_hash, ids), np.uint64, len(ids))
    mask = np.uint64(buckets - 1)
    bucket_of_row = hashes & mask
    for target in targets:
        is_in_bucket = bucket_of_row == target
        rows = np.flatnonzero(is_in_bucket)
        yield target, table.take(rows)
