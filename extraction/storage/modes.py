"""Who may enter a cache, and read what is in it (`paths.mode`).

The folder has the permissions that the config names, and what is made in it has those of the
folder, without the right to enter: so whoever writes a file need not know the config. The umask has
no say in it, in either direction.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ...configs.folder_modes import PRIVATE
from .disk_errors import disk_error
from .symlinks import refuse_link_outside

_READ_AND_WRITE = 0o666


def make_folder(folder: Path, permissions: int | None) -> None:
    """Make a folder, and those above it; these have the permissions of the umask.

    Args:
        folder: The folder; need not be there.
        permissions: Of the folder where it is new; None leaves them to the umask.

    Raises:
        CacheError: It cannot be made.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.mkdir(exist_ok=True, mode=0o777 if permissions is None else PRIVATE)
    except OSError as error:
        raise disk_error(folder, error, "cannot be made") from error


def make_subfolder(folder: Path) -> None:
    """Make a folder in a cache, with the permissions of the one that it lies in.

    Raises:
        CacheError: It cannot be made, or is a link that leads out of the cache.
    """
    refuse_link_outside(folder)
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
        permissions = stat.S_IMODE(folder.parent.stat().st_mode)
    except OSError as error:
        raise disk_error(folder, error, "cannot be made") from error
    set_permissions(folder, permissions)


def file_permissions(folder: Path) -> int:
    """The permissions of a file in a cache folder."""
    return stat.S_IMODE(folder.stat().st_mode) & _READ_AND_WRITE


def open_in_folder(path: Path, flags: int) -> int:
    """Open a file of a cache, never through a link; a new one gets the permissions of its folder.

    Args:
        path: The file.
        flags: Of `os.open`; `O_CREAT` and what the file is opened for.

    Returns:
        The file descriptor.

    Raises:
        OSError: It cannot be opened.
    """
    handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    if flags & os.O_CREAT and os.fstat(handle).st_uid == os.geteuid():
        os.fchmod(handle, file_permissions(path.parent))
    return handle


def follow_folder(path: Path) -> None:
    """Give a file of a cache that is there the permissions of its folder.

    Raises:
        CacheError: It cannot be opened for writing.
    """
    try:
        os.close(open_in_folder(path, os.O_CREAT | os.O_RDWR))
    except OSError as error:
        raise disk_error(path, error, "cannot be opened for writing") from error


def set_permissions(folder: Path, permissions: int) -> None:
    """Give a folder of one's own its permissions; that of another user stays as it is.

    Raises:
        CacheError: The file system does not let us.
    """
    status = folder.stat()
    is_own = status.st_uid == os.geteuid()
    if is_own and stat.S_IMODE(status.st_mode) != permissions:
        try:
            folder.chmod(permissions)
        except OSError as error:
            raise disk_error(folder, error, "cannot be given its permissions") from error
