"""Is a file still the one that it was? One that changes while it is read is half of two files."""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ...configs.errors import InputError

_CHUNK_BYTES = 1 << 20
_AGAIN = "Run again once it is complete; whoever writes it had better write another and rename it."

Item = TypeVar("Item")


@dataclass(frozen=True)
class FileState:
    """What a disk says of a file; another state is another file, or another content.

    Attributes:
        device: The disk.
        inode: The file on it.
        bytes: Its size.
        changed_ns: When its content was last changed.
    """

    device: int
    inode: int
    bytes: int
    changed_ns: int


def state_of(path: Path) -> FileState:
    """The state of a file.

    Raises:
        InputError: There is none, or it is a pipe or the like, which can be read only once.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if not stat.S_ISREG(status.st_mode):
        raise InputError(
            f"{path}: expected a file, found a pipe or a device, which can be read only once",
            hint="Save it to a file first: attrx reads its input several times.",
        )
    return FileState(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


def require_state(path: Path, state: FileState) -> None:
    """Make sure that a file has not changed.

    Raises:
        InputError: It has.
    """
    if not _has_state(path, state):
        raise _change_error(path)


def watch_rows(rows: Iterator[Item], path: Path, state: FileState) -> Iterator[Item]:
    """The rows of a file, which must be in the same state when the last one was read.

    Raises:
        InputError: It is not. That goes before any other error, which may well come of it.
    """
    try:
        yield from rows
    except InputError as error:
        if not _has_state(path, state):
            raise _change_error(path) from error
        raise
    require_state(path, state)


class UnchangedFile:
    """A file that is read several times, and must be the same to the byte each time.

    Args:
        path: The file, which is read to its end for its digest.

    Raises:
        InputError: It cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._state = state_of(path)
        self._digest = _digest_of(path)

    def require(self) -> None:
        """Make sure that it still is.

        Raises:
            InputError: It is not.
        """
        require_state(self.path, self._state)
        if _digest_of(self.path) != self._digest:
            raise _change_error(self.path)


def _has_state(path: Path, state: FileState) -> bool:
    try:
        return state_of(path) == state
    except InputError:
        return False


def _digest_of(path: Path) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return digest.digest()


def _change_error(path: Path) -> InputError:
    return InputError(f"{path}: was changed or replaced while it was read", hint=_AGAIN)
