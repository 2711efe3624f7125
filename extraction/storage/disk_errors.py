"""What the operating system's refusals mean, and what helps against each."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from ...configs.errors import CacheError

_IS_FULL = "Free some disk space and run again: what was committed is kept."
_TOO_MANY_FILES = "Let the process open more files (`ulimit -n 1024`) and run again."
_NOT_ALLOWED = "Check who owns the folder and its permissions, or name another one under `paths`."
_IS_READ_ONLY = "The disk is mounted for reading only: name another folder under `paths`."
_IS_BROKEN = "The disk does not work as it should: look at it before you run again."
_TOO_LARGE = "Let the process write larger files (`ulimit -f unlimited`) and run again."
_HINTS = {
    errno.ENOSPC: _IS_FULL,
    errno.EDQUOT: _IS_FULL,
    errno.EFBIG: _TOO_LARGE,
    errno.EMFILE: _TOO_MANY_FILES,
    errno.ENFILE: _TOO_MANY_FILES,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: _IS_READ_ONLY,
    errno.EIO: _IS_BROKEN,
}


# The last byte of SQLite's codes; the others say more of the same.
_SQLITE_HINTS = {
    sqlite3.SQLITE_FULL: _IS_FULL,
    sqlite3.SQLITE_IOERR: f"{_IS_BROKEN} It may be full, or the file may not grow (`ulimit -f`).",
    sqlite3.SQLITE_CANTOPEN: f"{_NOT_ALLOWED} Or too many files are open (`ulimit -n`).",
    sqlite3.SQLITE_READONLY: _NOT_ALLOWED,
    sqlite3.SQLITE_PERM: _NOT_ALLOWED,
}


def sqlite_hint(code: int) -> str:
    """The same for an error code of SQLite."""
    return _SQLITE_HINTS.get(code & 0xFF, "")


def disk_hint(error: OSError) -> str:
    """What to do about an error of the operating system; empty where only it knows."""
    return _HINTS.get(error.errno or 0, "")


def disk_error(path: Path, error: OSError, failure: str = "cannot be written") -> CacheError:
    """The same as an error of attrx.

    Args:
        path: The file or folder.
        error: What the operating system said.
        failure: What did not work, after the path.
    """
    message = f"{path}: {failure}: {error.strerror or error}"
    return CacheError(message, hint=disk_hint(error))
