"""Headers of Parquet pages, read and written: structs in Thrift's compact protocol.

https://github.com/apache/parquet-format has the structs,
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Struct = dict[int, Any]
"""Field number -> value."""

DICTIONARY_PAGE = 2
DATA_PAGE_V2 = 3
_I32 = 5
_STRUCT = 12
_FALSE = 2
_MOST_BYTES_OF_A_NUMBER = 10
_DEEPEST = 8


class BrokenHeader(Exception):
    """What stands where a page should begin is no header of one."""


@dataclass(frozen=True, slots=True)
class PageHeader:
    """What a page says of itself.

    Attributes:
        size_bytes: Of the header.
        kind: The type of the page.
        data_bytes: Of what follows the header.
        crc: Checksum of that; None where there is none.
        values: Number of values, nulls included; of a data page of version 2.
        rows: Number of rows; likewise.
    """

    size_bytes: int
    kind: int
    data_bytes: int
    crc: int | None
    values: int = 0
    rows: int = 0


def read_header(content: bytes, place: int) -> PageHeader:
    """The header of the page that begins at a place.

    Raises:
        BrokenHeader: There is none.
    """
    reader = _CompactReader(content, place)
    fields = reader.read_struct(0)
    try:
        kind, data_bytes, crc = fields[1], fields[3], fields.get(4)
        data_page = fields.get(8, {})
        if kind == DATA_PAGE_V2:
            values, rows = data_page[1], data_page[3]
        else:
            values, rows = 0, 0
    except (KeyError, TypeError) as error:
        raise BrokenHeader from error
    return PageHeader(reader.place - place, kind, data_bytes, crc, values, rows)


class _CompactReader:
    """Reads a struct; every length is checked against what there is."""

    def __init__(self, content: bytes, place: int) -> None:
        self.place = place
        self._content = content

    def read_struct(self, depth: int) -> Struct:
        if depth > _DEEPEST:
            raise BrokenHeader
        fields: Struct = {}
        number = 0
        while (head := self._byte()) != 0:
            step = head >> 4
            number = number + step if step else _signed(self._number())
            fields[number] = self._value(head & 15, depth)
        return fields

    def _value(self, kind: int, depth: int) -> Any:
        if kind in (1, _FALSE):
            return kind == 1
        if kind in (4, _I32, 6):
            return _signed(self._number())
        if kind == 8:
            return self._bytes(self._number())
        if kind == _STRUCT:
            return self.read_struct(depth + 1)
        raise BrokenHeader

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, length: int) -> bytes:
        end = self.place + length
        if end > len(self._content):
            raise BrokenHeader
        part = self._content[self.place : end]
        self.place = end
        return part

    def _number(self) -> int:
        number = 0
        for place in range(_MOST_BYTES_OF_A_NUMBER):
            byte = self._byte()
            number |= (byte & 127) << (7 * place)
            if byte < 128:
                return number
        raise BrokenHeader


def _signed(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


def write_header(page: PageHeader, *, plain_bytes: int, level_bytes: tuple[int, int]) -> bytes:
    """The header of a data page of version 2 whose values are all null, or all zero.

    Args:
        page: Its sizes.
        plain_bytes: Size of the levels and the values before compression.
        level_bytes: Sizes of the definition and the repetition levels.
    """
    definition_bytes, repetition_bytes = level_bytes
    counts = (page.values, page.values, page.rows, 0, definition_bytes, repetition_bytes)
    data_page = b"".join(_field(1, _I32) + _zigzag(count) for count in counts)
    sizes = (DATA_PAGE_V2, plain_bytes, page.data_bytes)
    header = b"".join(_field(1, _I32) + _zigzag(size) for size in sizes)
    return header + _field(5, _STRUCT) + data_page + b"\0" + b"\0"


def _field(step: int, kind: int) -> bytes:
    return bytes([step << 4 | kind])


def _zigzag(number: int) -> bytes:
    return varint(number << 1)


def varint(number: int) -> bytes:
    """A number >= 0 in groups of 7 bits."""
    content = bytearray()
    while number > 127:
        content.append(number & 127 | 128)
        number >>= 7
    content.append(number)
    return bytes(content)
