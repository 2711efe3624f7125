"""Rows in the pages of an SQLite file, read without SQLite, which may not be able to open it.

Reads tables without rowids, whose rows lie in pages of indexes, and the write-ahead log beside the
file. Each page is looked at by itself, so that damage costs what it hit and nothing else. The
format: https://sqlite.org/fileformat2.html.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .sqlite_log import DEFAULT_PAGE_BYTES, PAGE_SIZES, Log, read_log, read_whole

Value = str | bytes | int | float | None
Record = list[Value]

_MAGIC = b"SQLite format 3\0"
_LEAF = 0x0A
_INTERIOR = 0x02
_MOST_PAYLOAD_BYTES = 1 << 30
_CONSTANTS: dict[int, Value] = {0: None, 8: 0, 9: 1}
_FLOAT = 7
_FIRST_BLOB = 12
_NUMBER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8, _FLOAT: 8}
"""Serial type -> the bytes of its value; further types are those of blobs and texts."""


class _BrokenCell(Exception):
    """What lies here is no record."""


_BROKEN = (_BrokenCell, struct.error, IndexError, UnicodeDecodeError)


@dataclass
class SqlitePages:
    """The pages of a file, with those of its log in the place of older ones.

    Args:
        path: The file; the log lies beside it.

    Attributes:
        broken_cells: How many places held no record where one should be.
    """

    path: Path
    broken_cells: int = 0
    _pages: dict[int, bytes] = field(default_factory=dict)
    _log: Log = field(init=False)
    _usable_bytes: int = field(init=False)

    def __post_init__(self) -> None:
        content = read_whole(self.path)
        self._log = read_log(self.path)
        page_bytes = self._log.page_bytes or _page_bytes_of(content)
        self._usable_bytes = page_bytes - (content[20] if content.startswith(_MAGIC) else 0)
        for number in range(len(content) // page_bytes):
            start = number * page_bytes
            self._pages[number + 1] = content[start : start + page_bytes]
        self._pages |= {frame.page: frame.content for frame in self._log.valid_frames}

    def records(self) -> Iterator[Record]:
        """All records of tables without rowids, and of indexes, in pages that are in use.

        What the log holds behind a frame that was damaged comes last; records may come twice.
        """
        yield from self._records_on(self._pages.keys() - self._free_pages())
        new_pages = {frame.page: frame.content for frame in self._log.other_frames}
        self._pages |= new_pages
        yield from self._records_on(new_pages)

    def _records_on(self, numbers: Iterable[int]) -> Iterator[Record]:
        for number in sorted(numbers):
            yield from self._records_of(self._pages[number], 100 if number == 1 else 0)

    def _records_of(self, page: bytes, start: int) -> Iterator[Record]:
        kind = page[start] if len(page) > start else 0
        if kind not in (_LEAF, _INTERIOR):
            return
        header_bytes = 8
        pointer_bytes = 0
        if kind == _INTERIOR:  # each cell begins with a pointer to a page below
            header_bytes = 12
            pointer_bytes = 4
        place = start + header_bytes
        for _ in range(_short(page, start + 3)):
            try:
                cell = _short(page, place)
                yield self._record(page, cell + pointer_bytes)
            except _BROKEN:
                self.broken_cells += 1
            place += 2

    def _record(self, page: bytes, cell: int) -> Record:
        n_bytes, start = _varint(page, cell)
        if not 0 < n_bytes <= _MOST_PAYLOAD_BYTES:
            raise _BrokenCell
        local_bytes = self._local_bytes(n_bytes)
        end = start + local_bytes
        payload = page[start:end]
        if local_bytes < n_bytes:
            overflow = _long(page, end)
            payload += self._overflow(overflow, n_bytes - local_bytes)
        if len(payload) != n_bytes:
            raise _BrokenCell
        return _decode(payload)

    def _local_bytes(self, n_bytes: int) -> int:
        """How much of a payload lies in the page itself: "B-tree Cell Format" of the format."""
        usable = self._usable_bytes
        most = (usable - 12) * 64 // 255 - 23
        if n_bytes <= most:
            return n_bytes
        least = (usable - 12) * 32 // 255 - 23
        rest = (n_bytes - least) % (usable - 4)
        return least + rest if least + rest <= most else least

    def _overflow(self, number: int, n_bytes: int) -> bytes:
        parts = []
        known_pages = set()
        while n_bytes > 0:
            page = self._pages.get(number)
            if page is None or number in known_pages:
                raise _BrokenCell
            known_pages.add(number)
            end = min(self._usable_bytes, 4 + n_bytes)
            part = page[4:end]
            parts.append(part)
            n_bytes -= len(part)
            number = _long(page, 0)
        return b"".join(parts)

    def _free_pages(self) -> set[int]:
        """Pages that hold nothing any more, as far as the list of them can be followed."""
        free_pages: set[int] = set()
        most_leaves = self._usable_bytes // 4 - 2
        with contextlib.suppress(struct.error):
            trunk = _long(self._pages.get(1, b""), 32)
            while trunk in self._pages and trunk not in free_pages:
                free_pages.add(trunk)
                page = self._pages[trunk]
                n_leaves = min(_long(page, 4), most_leaves)
                leaves = struct.unpack_from(f">{n_leaves}I", page, 8)
                free_pages.update(leaves)
                trunk = _long(page, 0)
        return free_pages


def _page_bytes_of(content: bytes) -> int:
    if len(content) < 18 or not content.startswith(_MAGIC):
        return DEFAULT_PAGE_BYTES
    [page_bytes] = struct.unpack_from(">H", content, 16)
    page_bytes = 65536 if page_bytes == 1 else page_bytes
    return page_bytes if page_bytes in PAGE_SIZES else DEFAULT_PAGE_BYTES


def _decode(payload: bytes) -> Record:
    header_bytes, place = _varint(payload, 0)
    content = header_bytes
    record: Record = []
    while place < header_bytes:
        kind, place = _varint(payload, place)
        value, content = _value(payload, content, kind)
        record.append(value)
    if content != len(payload):
        raise _BrokenCell
    return record


def _value(payload: bytes, start: int, kind: int) -> tuple[Value, int]:
    """A value by its serial type, and where the next one begins."""
    if kind in _CONSTANTS:
        return _CONSTANTS[kind], start
    end = start + _bytes_of(kind)
    content = payload[start:end]
    if end > len(payload):
        raise _BrokenCell
    if kind == _FLOAT:
        [number] = struct.unpack(">d", content)
        return number, end
    if kind < _FIRST_BLOB:
        return int.from_bytes(content, "big", signed=True), end
    is_text = kind % 2 == 1
    return content.decode() if is_text else content, end


def _bytes_of(kind: int) -> int:
    """How many bytes a value has, by its serial type."""
    if kind >= _FIRST_BLOB:
        return (kind - _FIRST_BLOB) // 2
    if kind not in _NUMBER_BYTES:
        raise _BrokenCell
    return _NUMBER_BYTES[kind]


def _short(page: bytes, place: int) -> int:
    [number] = struct.unpack_from(">H", page, place)
    return int(number)


def _long(page: bytes, place: int) -> int:
    [number] = struct.unpack_from(">I", page, place)
    return int(number)


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number of up to nine bytes, and where the next thing begins."""
    number = 0
    for _ in range(8):
        byte = data[place]
        place += 1
        number <<= 7
        number |= byte & 0x7F
        if byte < 0x80:
            return number, place
    number <<= 8
    number |= data[place]
    return number, place + 1
