"""Rows of a stream on disk, laid out by bucket beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

_OPEN_BUCKETS = 16
"""Files that are written at once; many processes may open 64 at most."""
ROWS_AT_ONCE = 1 << 16
BYTES_AT_ONCE = 1 << 25


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
        for rows in _large_batches(reader, schema):
            hashes = rows.column("id_hash").to_numpy()
            bucket_of_row = hashes & low_bits
            order = np.argsort(bucket_of_row, kind="stable")
            buckets_in_order = bucket_of_row[order].astype(np.int64)
            bounds = np.searchsorted(buckets_in_order, [*buckets, buckets.stop])
            first, *_, end_of_all = bounds.tolist()
            own_rows = rows.take(pa.array(order[first:end_of_all]))
            starts = bounds - first
            sizes = np.diff(starts)
            for bucket, start, size in zip(buckets, starts.tolist(), sizes.tolist(), strict=False):
                part = own_rows.slice(start, size)
                writers[bucket].write_table(part)


def _large_batches(reader: Iterable[pa.RecordBatch], schema: pa.Schema) -> Iterator[pa.Table]:
    """The rows of a stream, many at a time: each time costs a write per bucket."""
    batches: list[pa.RecordBatch] = []
    n_rows = 0
    n_bytes = 0
    for batch in reader:
        batches.append(batch)
        n_rows += batch.num_rows
        n_bytes += batch.nbytes
        if n_rows >= ROWS_AT_ONCE or n_bytes >= BYTES_AT_ONCE:
            yield pa.Table.from_batches(batches, schema)
            batches, n_rows, n_bytes = [], 0, 0
    if batches:
        yield pa.Table.from_batches(batches, schema)
