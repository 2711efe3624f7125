"""`lock.owner`: who holds a folder, in words for people and as a token for other processes.

Its second line is this process's token, and the time of its last change a sign of life: the holder
touches it again and again. The clock is that of the file system, so that two machines whose clocks
differ agree on how old a record is.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import socket
import stat
from dataclasses import dataclass
from pathlib import Path

from .atomic_write import replacing
from .modes import open_in_folder
from .process_identity import OWNER_PATTERN, ProcessIdentity, identity_in, owner_token
from .scratch import temporary_path

_MOST_BYTES = 4096
_MOST_CHARACTERS = 200
_NO_HARD_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_TOKEN = re.compile(OWNER_PATTERN)


@dataclass(frozen=True, slots=True)
class OwnerRecord:
    """What a record says.

    Attributes:
        words: Its first line, printable.
        owner: The process; None where that cannot be read.
        token: The token that names it, empty where it has none.
        changed_s: When it was last touched, by the clock of the file system.
    """

    words: str
    owner: ProcessIdentity | None
    token: str
    changed_s: float


def read_record(path: Path) -> OwnerRecord | None:
    """The record at a path, whatever lies there; None where there is nothing to read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        status = os.fstat(handle)
        content = os.read(handle, _MOST_BYTES) if stat.S_ISREG(status.st_mode) else b""
    finally:
        os.close(handle)
    return _parse(content.decode("utf-8", errors="replace"), status.st_mtime)


def _parse(text: str, changed_s: float) -> OwnerRecord:
    words, _, rest = text.partition("\n")
    match = _TOKEN.match(rest)
    owner = None if match is None else identity_in(match)
    return OwnerRecord(_printable(words), owner, "" if match is None else match[0], changed_s)


def _printable(words: str) -> str:
    """Words that may be shown, whatever bytes they were."""
    signs = [sign if sign.isprintable() and sign != "\ufffd" else "?" for sign in words]
    return "".join(signs)[:_MOST_CHARACTERS].strip(" ?")


class OwnRecord:
    """The record of this process in a folder.

    Args:
        path: Where it belongs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._token = owner_token()

    def put_first(self) -> bool:
        """Put it in its place, unless something lies there: of two machines one succeeds.

        Raises:
            OSError: It cannot be written.
        """
        temporary = temporary_path(self._path)
        self._write(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        try:
            os.link(temporary, self._path)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            return self._put_without_links()
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def _put_without_links(self) -> bool:
        try:
            self._write(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        except FileExistsError:
            return False
        return True

    def take_over(self) -> None:
        """Put it in the place of a record whose owner is gone.

        Raises:
            CacheError: It cannot be written.
        """
        with replacing(self._path, like_folder=True) as temporary:
            temporary.write_text(self._text(), encoding="utf-8")

    def touch(self) -> None:
        """Give a sign of life.

        Raises:
            OSError: It is gone, or the disk does not answer.
        """
        os.utime(self._path, follow_symlinks=False)

    def is_in_place(self) -> bool:
        """Whether the record in the folder is this one."""
        record = read_record(self._path)
        return record is not None and record.token == self._token

    def remove(self) -> None:
        """Take it away, if it is still this one."""
        with contextlib.suppress(OSError):
            if self.is_in_place():
                self._path.unlink(missing_ok=True)

    def _text(self) -> str:
        return f"pid {os.getpid()} on {socket.gethostname()}\n{self._token}\n"

    def _write(self, path: Path, flags: int) -> None:
        with os.fdopen(open_in_folder(path, flags), "w", encoding="utf-8") as file:
            file.write(self._text())
