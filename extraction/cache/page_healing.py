"""A row group with damaged pages, made readable: each such page gives way to one without values.

A reader stops at a damaged page, although it could read those behind it. So in a copy in memory the
page is replaced by one of as many rows and values, which are null (or 0, where there can be no
null). Which rows these are is known, so that nobody takes them for what was there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

from .page_headers import (
    DATA_PAGE_V2,
    DICTIONARY_PAGE,
    BrokenHeader,
    PageHeader,
    read_header,
    varint,
    write_header,
)

_BYTES_OF_A_VALUE = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "FLOAT": 4, "DOUBLE": 8}
_CODEC = "zstd"


@dataclass(frozen=True)
class HealedColumn:
    """A column of a row group without its damage.

    Attributes:
        content: The bytes of its pages, as long as they were.
        damaged_rows: Ranges of rows whose values are gone.
    """

    content: bytes
    damaged_rows: tuple[range, ...]


def heal_column(
    content: bytes, chunk: pq.ColumnChunkMetaData, column: pq.ColumnSchema
) -> HealedColumn:
    """Replace the damaged pages of a column of a row group.

    Args:
        content: The whole file.
        chunk: Where the column lies in it.
        column: What it holds.

    Raises:
        BrokenHeader: Its pages cannot be told apart, or its dictionary is damaged: all is gone.
    """
    parts = []
    damaged_rows = []
    first_row = 0
    for page, start in _pages(content, chunk_start(chunk), chunk):
        data_start = start + page.size_bytes
        end = data_start + page.data_bytes
        next_row = first_row + page.rows
        if _is_whole(page, content[data_start:end]):
            parts.append(content[start:end])
        elif page.kind == DATA_PAGE_V2:
            empty_page = _empty_page(page, column)
            parts.append(empty_page)
            rows = range(first_row, next_row)
            damaged_rows.append(rows)
        else:
            raise BrokenHeader
        first_row = next_row
    healed = b"".join(parts)
    size_bytes = chunk.total_compressed_size
    if len(healed) > size_bytes:
        raise BrokenHeader
    healed = healed.ljust(size_bytes, b"\0")
    return HealedColumn(healed, tuple(damaged_rows))


def _is_whole(page: PageHeader, data: bytes) -> bool:
    """Whether the data of a page have its checksum; nobody knows where it has none."""
    if page.crc is None:
        return True
    return zlib.crc32(data) == page.crc & 0xFFFFFFFF


def chunk_start(chunk: pq.ColumnChunkMetaData) -> int:
    """Where the first page of a column of a row group begins."""
    if chunk.has_dictionary_page and chunk.dictionary_page_offset:
        return int(min(chunk.dictionary_page_offset, chunk.data_page_offset))
    return int(chunk.data_page_offset)


def _pages(
    content: bytes, place: int, chunk: pq.ColumnChunkMetaData
) -> Iterator[tuple[PageHeader, int]]:
    """The pages of a column of a row group, each with the place where it begins.

    Raises:
        BrokenHeader: A header is damaged, or the pages do not add up.
    """
    end = place + chunk.total_compressed_size
    column_content = content[:end]
    values = 0
    while place < end and values < chunk.num_values:
        page = read_header(column_content, place)
        next_place = place + page.size_bytes + page.data_bytes
        if not _is_possible(page) or next_place > end:
            raise BrokenHeader
        yield page, place
        place = next_place
        values += page.values
    if values != chunk.num_values:
        raise BrokenHeader


def _is_possible(page: PageHeader) -> bool:
    """Whether attrx can have written a page that says this of itself."""
    if page.kind not in (DATA_PAGE_V2, DICTIONARY_PAGE):
        return False
    return page.data_bytes >= 0 and 0 <= page.rows <= page.values


def _empty_page(page: PageHeader, column: pq.ColumnSchema) -> bytes:
    """A page with as many rows and values; in a list the last row has what is more of values."""
    repetition = b""
    definition = b""
    plain = b""
    if column.max_repetition_level:
        repetition, definition = _levels_of_lists(page)
    elif column.max_definition_level:
        definition = _run(page.values, 0)
    else:
        plain = _zeros(page.values, column)
    levels = repetition + definition
    data = levels + bytes(pa.compress(plain, codec=_CODEC, asbytes=True))
    empty = PageHeader(0, DATA_PAGE_V2, len(data), None, page.values, page.rows)
    plain_bytes = len(levels) + len(plain)
    level_bytes = len(definition), len(repetition)
    header = write_header(empty, plain_bytes=plain_bytes, level_bytes=level_bytes)
    return header + data


def _levels_of_lists(page: PageHeader) -> tuple[bytes, bytes]:
    """The repetition and definition levels of lists of which all but the last are empty."""
    n_more = page.values - page.rows
    n_in_last = n_more + 1
    level_of_last = 1 if n_more else 0
    repetition = _run(page.rows, 0) + _run(n_more, 1)
    definition = _run(page.rows - 1, 0) + _run(n_in_last, level_of_last)
    return repetition, definition


def _run(length: int, level: int) -> bytes:
    """A run of one level, as levels are encoded (RLE, at most 8 bits wide)."""
    if length <= 0:
        return b""
    return varint(length << 1) + bytes([level])


def _zeros(values: int, column: pq.ColumnSchema) -> bytes:
    """Values of a column that can hold no null: zeros, or texts of no length."""
    width_bytes = _BYTES_OF_A_VALUE.get(column.physical_type, 4)
    return bytes(values * width_bytes)
