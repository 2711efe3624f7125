"""How large the parts of an input may be: more than any catalog needs, less than fills a memory.

An input is a stranger's: a text that never ends, or a few bytes that unpack to many, must come to
an error that names the place, while memory stays as it is.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ...configs.errors import InputError
from ...configs.wording import quantity

MOST_FIELD_CHARACTERS = 1 << 24
"""Of one text: 16.8 million, more than any model reads at once."""
MOST_LINE_CHARACTERS = 1 << 25
"""Of one line, or one object of JSON."""
BLOCK_CHARACTERS = 1 << 14
"""Of as many lines as are read at once; of more rows the garbage collector takes note."""
MOST_COLUMNS = 20_000
"""A sheet of a spreadsheet has 16,384."""
MOST_SHEET_ROWS = 1 << 20
"""Rows that a sheet of a spreadsheet can have."""
MOST_IN_MEMORY_BYTES = 1 << 28
"""Of what is unpacked into memory, since it cannot be read as a stream."""
FREE_BYTES = 1 << 28
MOST_EXPANSION = 200
"""As many times its size may a file unpack to, once that is beyond `FREE_BYTES`."""


class LongLine(InputError):
    """A line that is too long.

    Args:
        path: The file.
        number: Of the line, from 1.
        start: Its first characters.

    Attributes:
        path: The file.
        start: The first characters of the line.
    """

    def __init__(self, path: Path, number: int, start: str) -> None:
        super().__init__(
            f"{path}: line {number} has more than {MOST_LINE_CHARACTERS:,} characters",
            hint="Is the file what its name says, and are its quotes closed?",
        )
        self.path = path
        self.start = start


class BoundedLines:
    """A text that is read by lines of bounded length.

    Args:
        text: The text.
        path: Its file, for messages.

    Attributes:
        number: Of the line read last, from 1.
    """

    def __init__(self, text: IO[str], path: Path) -> None:
        self._text = text
        self._readline = text.readline
        self._path = path
        self._next_sign = ""
        self._long_line = ""
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._long_line or self._readline(MOST_LINE_CHARACTERS + 1)
        if self._next_sign:
            line = self._next_sign + line
            self._next_sign = ""
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > MOST_LINE_CHARACTERS:
            raise LongLine(self._path, self.number, line)
        return line

    def read_block(self) -> list[str]:
        """The next lines, many at once; none at the end, and where one follows that is too long."""
        if self._long_line:
            return []
        block = self._text.read(BLOCK_CHARACTERS)
        if not block:
            return []
        block = self._next_sign + block + self._readline(MOST_LINE_CHARACTERS + 1)
        self._next_sign = ""
        lines = io.StringIO(block, newline="").readlines()
        if len(lines[-1]) > MOST_LINE_CHARACTERS:
            self._long_line = lines.pop()
        self.number += len(lines)
        return lines

    def read(self, characters: int) -> str:
        """The next characters; fewer at the end only."""
        text = self._next_sign + self._text.read(characters - len(self._next_sign))
        self._next_sign = ""
        return text

    def peek(self, blanks: str) -> str:
        """The next character that is no blank, which is still the next to be read.

        Args:
            blanks: Characters to leave out.

        Returns:
            The character; nothing at the end.
        """
        for _ in range(MOST_LINE_CHARACTERS):
            self._next_sign = self._text.read(1)
            if not self._next_sign or self._next_sign not in blanks:
                return self._next_sign
            self.number += self._next_sign == "\n"
        raise LongLine(self._path, self.number + 1, "")


class UnpackedStream(io.RawIOBase):
    """The bytes of a packed file, as many as one of its size can honestly hold.

    Args:
        file: Unpacks it.
        path: The file, for messages.
    """

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self._path = path
        self._bytes = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer.

        Raises:
            InputError: It holds more than it can honestly hold.
        """
        content = self._file.read(len(buffer))
        buffer[: len(content)] = content
        self._bytes += len(content)
        check_expansion(self._path, self._bytes)
        return len(content)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()


def check_expansion(path: Path, n_bytes: int) -> None:
    """Make sure that a packed file holds no more than one of its size honestly can.

    Args:
        path: The file.
        n_bytes: Bytes that it has unpacked to so far.

    Raises:
        InputError: It holds more.
    """
    if n_bytes > FREE_BYTES and n_bytes > MOST_EXPANSION * path.stat().st_size:
        raise InputError(
            f"{path}: unpacks to more than {MOST_EXPANSION} times its size",
            hint="Is it a catalog? If so, unpack it first, and give attrx the file itself.",
        )


def unpack_into_memory(open_file: Callable[[], IO[bytes]], path: Path) -> bytes:
    """All bytes of a packed file that cannot be read as a stream.

    Args:
        open_file: Opens it, unpacked.
        path: The file, for messages.

    Raises:
        InputError: They are too many.
    """
    with open_file() as file:
        content = file.read(MOST_IN_MEMORY_BYTES + 1)
    if len(content) > MOST_IN_MEMORY_BYTES:
        raise InputError(
            f"{path}: unpacks to more than {MOST_IN_MEMORY_BYTES:,} bytes, which do not go into"
            " memory",
            hint="Unpack it first, and give attrx the file itself.",
        )
    return content


def check_columns(path: Path, count: int) -> None:
    """Make sure that a table has no more columns than can be meant.

    Raises:
        InputError: It has.
    """
    if count > MOST_COLUMNS:
        raise InputError(
            f"{path}: has {quantity(count, 'column')}, more than {MOST_COLUMNS:,}",
            hint="Does each object have keys of its own, or is the separator another one?",
        )
