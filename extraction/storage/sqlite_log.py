"""SQLite's write-ahead log, read without SQLite: which of its frames SQLite would still believe.

SQLite reads the log up to the first frame whose checksum is wrong, and takes that for its end,
since so ends the log of a process that was killed. Where committed frames follow, it was damage,
and SQLite would pass over them without a word. The format:
https://sqlite.org/fileformat2.html#the_write_ahead_log.
"""

from __future__ import annotations

import sqlite3
import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEFAULT_PAGE_BYTES = 4096
PAGE_SIZES = frozenset(1 << power for power in range(9, 17))
_HEADER_BYTES = 32
_FRAME_HEADER_BYTES = 24
_LITTLE_ENDIAN_MAGIC = 0x377F0682
_WORD = 0xFFFFFFFF

Sums = tuple[int, int]
"""A checksum, two words of 32 bits."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A page in the log.

    Attributes:
        page: Its number.
        ends_commit: Whether a transaction ends with it.
        content: The page.
    """

    page: int
    ends_commit: bool
    content: bytes


@dataclass(frozen=True, slots=True)
class Log:
    """The log beside a file.

    Attributes:
        page_bytes: Size of its pages; 0 where there is no log.
        has_header: Whether it begins as a log does.
        valid_frames: What SQLite reads.
        other_frames: Frames of the same round behind these.
    """

    page_bytes: int
    has_header: bool = False
    valid_frames: tuple[Frame, ...] = ()
    other_frames: tuple[Frame, ...] = ()

    @property
    def is_damaged(self) -> bool:
        """Whether SQLite would pass over something that was committed."""
        return any(frame.ends_commit for frame in self.other_frames)


def read_log(path: Path) -> Log:
    """The log beside an SQLite file; an empty one where there is none."""
    content = read_whole(path.with_name(path.name + "-wal"))
    if len(content) < _HEADER_BYTES + _FRAME_HEADER_BYTES:
        return Log(0)
    [page_bytes] = struct.unpack_from(">I", content, 8)
    if page_bytes not in PAGE_SIZES:
        page_bytes = DEFAULT_PAGE_BYTES
    sums = _checksum(content[:24], (0, 0), content)
    has_header = sums == struct.unpack_from(">2I", content, 24)
    is_valid = has_header
    salts = content[16:24] if has_header else content[_HEADER_BYTES + 8 : _HEADER_BYTES + 16]
    valid_frames: list[Frame] = []
    other_frames: list[Frame] = []
    for header, page in _frames(content, page_bytes):
        if header[8:16] != salts:
            is_valid = False
            continue
        if is_valid:
            sums = _checksum(header[:8] + page, sums, content)
            is_valid = sums == struct.unpack_from(">2I", header, 16)
        number, commit_pages = struct.unpack_from(">2I", header, 0)
        frames = valid_frames if is_valid else other_frames
        frames.append(Frame(number, commit_pages > 0, page))
    return Log(page_bytes, has_header, tuple(valid_frames), tuple(other_frames))


def fold_log(db: sqlite3.Connection) -> None:
    """Put what is in the log into the file, which then is whole without it.

    Closing does it too, but says nothing where it fails.

    Raises:
        sqlite3.OperationalError: Something could not be, such as on a disk that is full.
    """
    [(is_busy, n_frames, n_folded)] = db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    if is_busy or n_frames != n_folded:
        raise sqlite3.OperationalError("its log could not be put into the file")


def _frames(content: bytes, page_bytes: int) -> Iterator[tuple[bytes, bytes]]:
    """Header and page of each frame that lies whole in the log."""
    step = _FRAME_HEADER_BYTES + page_bytes
    for start in range(_HEADER_BYTES, len(content) - step + 1, step):
        body = start + _FRAME_HEADER_BYTES
        yield content[start:body], content[body : start + step]


def _checksum(data: bytes, sums: Sums, log: bytes) -> Sums:
    """The checksum of some bytes, on top of that of those before; the log says in which order."""
    words = array("I", data)
    [magic] = struct.unpack_from(">I", log, 0)
    is_little_endian = magic == _LITTLE_ENDIAN_MAGIC
    if is_little_endian != (sys.byteorder == "little"):
        words.byteswap()
    first, second = sums
    for place in range(0, len(words), 2):
        first = first + words[place] + second & _WORD
        second = second + words[place + 1] + first & _WORD
    return first, second


def read_whole(path: Path) -> bytes:
    """The bytes of a file; none where there is no such file."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
