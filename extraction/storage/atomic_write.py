"""Files that are whole or not there at all, also after a power cut."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from .disk_errors import disk_error
from .modes import open_in_folder
from .scratch import sweep_earlier, temporary_path
from .symlinks import refuse_link_outside


@contextlib.contextmanager
def replacing(path: Path, *, like_folder: bool = False) -> Iterator[Path]:
    """Write a file beside `path`, then put it in its place.

    Args:
        path: The file.
        like_folder: It is given the permissions of its folder, as all files of the cache are
            (`modes.py`), and not those of the umask.

    Yields:
        The path to write to, an empty file.

    Raises:
        CacheError: The disk is full or not writable, or `path` is a link that leads out of its
            folder; what stood at `path` still stands there.
    """
    refuse_link_outside(path)
    temporary = temporary_path(path)
    try:
        _make(temporary, like_folder=like_folder)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise disk_error(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # what stays is swept by the next run
            temporary.unlink(missing_ok=True)
            sweep_earlier(path)


def _make(temporary: Path, *, like_folder: bool) -> None:
    """Make the file, which must not be there yet, so that a link is never written through."""
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY
    if like_folder:
        os.close(open_in_folder(temporary, flags))
    else:
        os.close(os.open(temporary, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666))


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    """Have the disk take the new name down; some file systems know no such thing, and need none."""
    try:
        _sync(folder)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
