"""Parquet files of the cache: read under a schema, and written as a whole, with checksums."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...configs.errors import CacheDamaged, CacheError
from ..storage.atomic_write import replacing
from ..storage.disk_errors import disk_error
from .file_seals import FileSeal, footer_digest

ROWS_A_GROUP = 1 << 14
"""What a damaged place can cost at most. Groups of 1,000 rows would make files a tenth larger."""
PAGE_BYTES = 1 << 14
_WITHOUT_DICTIONARY = frozenset(
    ["answered_ns", "cost_usd", "product_id", "raw", "request_id", "request_key", "text_digest"]
)
"""Columns whose values hardly repeat: a dictionary of them would be as long as they are."""


class FooterMismatch(Exception):
    """A file is not the one that the manifest knows."""


@contextlib.contextmanager
def open_parquet(path: Path, seals: Sequence[FileSeal] = ()) -> Iterator[pq.ParquetFile]:
    """Open a file for reading; a damaged page is an error then, and never another value.

    Args:
        path: The file.
        seals: Those that the file may have; none where they are not known.

    Raises:
        FileNotFoundError: There is no such file.
        FooterMismatch: It has none of the seals.
        CacheDamaged: It is broken.
        CacheError: It cannot be read.
    """
    try:
        with pa.OSFile(str(path)) as source:
            _check_seals(source, seals)
            with pq.ParquetFile(source, page_checksum_verification=True) as file:
                yield file
    except FileNotFoundError:
        raise
    except (OSError, pa.ArrowException) as error:
        raise reading_error(path, error) from error


def _check_seals(source: pa.OSFile, seals: Sequence[FileSeal]) -> None:
    """Look at size and footer; the pages are looked at as they are read."""
    if not seals:
        return
    size_bytes, footer = source.size(), footer_digest(source)
    for seal in seals:
        if (seal.size_bytes, seal.footer) == (size_bytes, footer):
            return
    raise FooterMismatch


def reading_error(path: Path, error: Exception) -> CacheError:
    """What is wrong with a file that cannot be read: itself, or the machine around it."""
    if isinstance(error, OSError) and error.errno not in (None, errno.EIO):
        return disk_error(path, error, "cannot be read")
    return CacheDamaged(f"{path}: damaged: {error}".rstrip())


def read_parquet(path: Path, schema: pa.Schema, seals: Sequence[FileSeal] = ()) -> pa.Table:
    """The columns of a schema from a file.

    Args:
        path: The file.
        schema: What to read; what is nullable in it need not be in the file.
        seals: As in `open_parquet`.

    Raises:
        FileNotFoundError: There is no such file.
        FooterMismatch: It has none of the seals.
        CacheDamaged: It is broken.
        CacheError: It cannot be read.
    """
    with open_parquet(path, seals) as file:
        known_columns = set(file.schema_arrow.names)
        columns = [
            field.name for field in schema if field.name in known_columns or not field.nullable
        ]
        _check_columns(path, columns, known_columns)
        table = file.read(columns=columns)
        return with_new_columns(table, schema).cast(schema)


def _check_columns(path: Path, columns: Sequence[str], known_columns: set[str]) -> None:
    for name in columns:
        if name not in known_columns:
            raise CacheDamaged(f"{path}: damaged: it has no column '{name}'")


def with_new_columns(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with nulls in the columns that its file, of an older attrx, does not have."""
    for place, field in enumerate(schema):
        if field.nullable and field.name not in table.column_names:
            nulls = pa.nulls(table.num_rows, field.type)
            table = table.add_column(place, field, nulls)
    return table


def write_parquet(path: Path, table: pa.Table, metadata: Mapping[str, str]) -> None:
    """Put a table in the place of a file.

    Raises:
        CacheError: The disk is full or not writable; the old file still stands.
    """
    with replacing(path, like_folder=True) as temporary:
        write_pages(temporary, table, metadata)


def write_pages(path: Path, table: pa.Table, metadata: Mapping[str, str]) -> None:
    """Write a table to a new file, with checksums of its pages.

    Args:
        path: Where to.
        table: Sorted as it is to be read.
        metadata: What the file says of itself.
    """
    repeating = [name for name in _leaf_names(table.schema) if name not in _WITHOUT_DICTIONARY]
    pq.write_table(
        table.replace_schema_metadata(dict(metadata)),
        path,
        compression="zstd",
        compression_level=3,
        row_group_size=ROWS_A_GROUP,
        data_page_size=PAGE_BYTES,
        use_dictionary=repeating,
        write_page_checksum=True,
        data_page_version="2.0",  # whose headers count rows: what rescue goes by
    )


def _leaf_names(schema: pa.Schema) -> list[str]:
    """The columns as Parquet knows them: the fields of lists and structs by themselves."""
    names: list[str] = []
    for field in schema:
        names.extend(_leaves(field.name, field.type))
    return names


def _leaves(name: str, kind: pa.DataType) -> Iterator[str]:
    if pa.types.is_list(kind):
        yield from _leaves(f"{name}.list.element", kind.value_type)
    elif pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{name}.{field.name}", field.type)
    else:
        yield name


def largest_value(path: Path, column: str) -> int:
    """The largest value of a whole-number column, from the file's statistics; 0 if it has none."""
    if not path.exists():
        return 0
    metadata = pq.read_metadata(path)
    place = metadata.schema.to_arrow_schema().get_field_index(column)
    largest = 0
    for number in range(metadata.num_row_groups):
        statistics = metadata.row_group(number).column(place).statistics
        if statistics is not None and statistics.has_min_max:
            largest = max(largest, int(statistics.max))
    return largest
