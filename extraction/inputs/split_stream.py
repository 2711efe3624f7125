"""Rows of a stream on disk, laid out by bucket beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

_OPEN_BUCKETS = 16
"""Files that are written at once; many processes may open 64 at most."""


def split_stream(source: Path, schema: pa.Schema, count: int) -> list[Path]:
    """Write one file per bucket, once.

    Args:
        source: An Arrow stream with the column `id_hash`.
        schema: Its schema.
        count: Number of buckets, a power of two.

    Returns:
        The file of each bucket; `source` itself where there is one.
    """
    if count == 1:
        return [source]
    paths = []
    for bucket in range(count):
        paths.append(source.parent / f"{bucket:05d}-of-{count:05d}.arrows")
    if not paths[-1].exists():
        for first in range(0, count, _OPEN_BUCKETS):
            _fill_buckets(source, schema, paths, range(count)[first : first + _OPEN_BUCKETS])
    return paths


def _fill_buckets(source: Path, schema: pa.Schema, paths: Sequence[Path], buckets: range) -> None:
    """Write the files of some buckets, of all that `paths` has."""
    low_bits = np.uint64(len(paths) - 1)
    with contextlib.ExitStack() as stack:
        writers = {}
        for bucket in buckets:
            writer = pa.ipc.new_stream(paths[bucket], schema)
            writers[bucket] = stack.enter_context(writer)
        reader = stack.enter_context(pa.ipc.open_stream(source))
        for batch in reader:
            hashes = batch.column("id_hash").to_numpy()
            bucket_of_row = hashes & low_bits
            for bucket in np.intersect1d(bucket_of_row, buckets):
                rows = np.flatnonzero(bucket_of_row == bucket)
                writers[int(bucket)].write_batch(batch.take(rows))
