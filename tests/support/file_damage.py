"""Damage to files: what may become of their bytes, and of which bytes."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

Change = Callable[[bytes], bytes]
MAGIC_BYTES = 4
FOOTER_BYTES = 8
SQLITE_HEADER = {
    "the name of the format": 0,
    "the size of a page": 16,
    "the version that may write": 18,
    "the number of pages": 28,
    "the first free page": 32,
    "the version of the schema": 40,
    "the encoding of texts": 56,
}


@dataclass(frozen=True)
class Damage:
    """One kind of damage.

    Attributes:
        name: What became of the file.
        change: Its bytes -> those it has then; None where it is no file any more.
        do: What is done to the path otherwise.
    """

    name: str
    change: Change | None = None
    do: Callable[[Path], None] | None = None

    def apply(self, path: Path) -> None:
        """Damage a file."""
        if self.change is not None:
            path.write_bytes(self.change(path.read_bytes()))
        elif self.do is not None:
            self.do(path)


def _flip(place: Callable[[int], int]) -> Change:
    """Flip a bit of the byte at a place, which goes by the length."""

    def change(content: bytes) -> bytes:
        return flipped(content, place(len(content))) if content else content

    return change


def flipped(content: bytes, place: int) -> bytes:
    """Content with one bit of a byte flipped."""
    return content[:place] + bytes([content[place] ^ 0x10]) + content[place + 1 :]


def _zeros(first: int, end: int) -> Change:
    return lambda content: content[:first] + bytes(len(content[first:end])) + content[end:]


def _make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside.txt").write_text("not attrx's")


def _make_link(path: Path) -> None:
    target = path.parent / "elsewhere"
    path.rename(target)
    path.symlink_to(target.name)


def _make_unreadable(path: Path) -> None:
    path.chmod(0)


DAMAGES = (
    Damage("is gone", do=Path.unlink),
    Damage("is empty", lambda content: b""),
    Damage("is a folder", do=_make_folder),
    Damage("is a link", do=_make_link),
    Damage("lost its last byte", lambda content: content[:-1]),
    Damage("lost its second half", lambda content: content[: len(content) // 2]),
    Damage("lost its first half", lambda content: content[len(content) // 2 :]),
    Damage("is there twice in a row", lambda content: content + content),
    Damage("has a byte more", lambda content: content + b"\x00"),
    Damage("is all zeros", lambda content: bytes(len(content))),
    Damage("begins with zeros", _zeros(0, 16)),
    Damage("ends in zeros", lambda content: content[:-16] + bytes(16)),
    Damage("has another first bit", _flip(lambda length: 0)),
    Damage("has another bit in the middle", _flip(lambda length: length // 2)),
    Damage("has another last bit", _flip(lambda length: length - 1)),
    Damage("is random bytes", lambda content: bytes(range(256)) * (len(content) // 256 + 1)),
    Damage("is a JSON of something else", lambda content: b'[{"not": "ours"}]'),
)
UNREADABLE = Damage("may not be read", do=_make_unreadable)


def parquet_places(content: bytes) -> Iterator[tuple[str, int]]:
    """(what, place) for each part of a Parquet file: its marks, each column's pages, its footer."""
    yield "the first mark", 0
    metadata = pq.read_metadata(io.BytesIO(content))
    for number in range(metadata.num_columns):
        column = metadata.row_group(0).column(number)
        start = column.data_page_offset
        if column.has_dictionary_page:
            start = column.dictionary_page_offset
            yield f"the dictionary of {column.path_in_schema}", start + 20
        yield f"the header of {column.path_in_schema}", column.data_page_offset
        yield f"the values of {column.path_in_schema}", start + column.total_compressed_size - 2
    footer_end = len(content) - FOOTER_BYTES
    for part in range(1, 8):
        yield f"the footer at {part}/8", footer_end - metadata.serialized_size * part // 8
    yield "the length of the footer", footer_end
    yield "the last mark", len(content) - MAGIC_BYTES


def sqlite_places(content: bytes) -> Iterator[tuple[str, int]]:
    """(what, place) for each part of an SQLite file: fields of its header, and each page."""
    yield from SQLITE_HEADER.items()
    page = int.from_bytes(content[16:18], "big") or 4096
    for number in range(len(content) // page):
        start = number * page + (100 if number == 0 else 0)
        yield f"the kind of page {number}", start
        yield f"the cells of page {number}", start + 10
        yield f"the end of page {number}", (number + 1) * page - 20


def wal_places(content: bytes) -> Iterator[tuple[str, int]]:
    """(what, place) for each part of the file that SQLite writes ahead."""
    frame = 24 + 4096
    yield "its header", 0
    yield "its sums", 24
    for number in range((len(content) - 32) // frame):
        yield f"the header of frame {number}", 32 + number * frame
        yield f"the page of frame {number}", 32 + number * frame + 24 + 2000


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder, its links as links."""
    shutil.copytree(source, target, symlinks=True)
