"""One writer per folder, also where two machines share it.

On one machine the operating system decides: its lock ends with its process, however that died. File
systems that are shared between machines may keep such locks to themselves; so the holder also
leaves a record of itself (`owner_record.py`), which it touches every half minute. That of another
machine counts as long as it was touched in the last ten minutes, and is taken over after that.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...configs.errors import AttrxError, CacheLocked, FolderLocked
from .disk_errors import disk_error
from .modes import open_in_folder
from .owner_record import OwnerRecord, OwnRecord, read_record
from .process_identity import ProcessIdentity

SECONDS_BETWEEN_BEATS = 30.0
STALE_S = 600.0
"""Without a sign of life for so many seconds, a writer on another machine is taken for dead."""
_CONTENTION = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK}
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


@dataclass(frozen=True, slots=True)
class LockTerms:
    """How a kind of folder is locked.

    Attributes:
        file: Name of the lock's file; the record of its owner is beside it.
        noun: What is locked, in messages.
        error: Raised where another run holds it.
        hint: What to do then.
    """

    file: str
    noun: str
    error: type[AttrxError]
    hint: str


CACHE_LOCK = LockTerms(
    "lock",
    "the cache",
    CacheLocked,
    "Wait until it has finished, or stop that process; its answers are kept.",
)
OUTPUT_LOCK = LockTerms(
    ".attrx-lock",
    "the output folder",
    FolderLocked,
    "Wait until it has finished, or name another folder with --to.",
)


class WriterLock:
    """A folder that is held for writing; made by `writer_lock`.

    Attributes:
        previous_owner: A writer on another machine that gave no sign of life any more, in words;
            empty where there was none.
    """

    def __init__(self, folder: Path, terms: LockTerms) -> None:
        self.previous_owner = ""
        self._folder = folder
        self._terms = terms
        self._owner_path = folder / f"{terms.file}.owner"
        self._record = OwnRecord(self._owner_path)
        self._is_released = threading.Event()

    def require(self) -> None:
        """Make sure that the folder is still held.

        Raises:
            AttrxError: This process was still for so long that another machine took it over.
        """
        if self._record.is_in_place():
            return
        if read_record(self._owner_path) is None and self._record.put_first():
            return  # somebody tidied up
        raise self._held_by(read_record(self._owner_path))

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the folder, and give signs of life, until the block ends."""
        handle = self._lock_file()
        try:
            try:
                self._put_record()
            except OSError as error:
                raise disk_error(self._owner_path, error) from error
            with self._beating():
                yield
        finally:
            self._record.remove()
            os.close(handle)  # the lock ends with the last descriptor of its file

    def _lock_file(self) -> int:
        """Get the operating system's lock; returns the descriptor that holds it."""
        path = self._folder / self._terms.file
        try:
            handle = open_in_folder(path, os.O_CREAT | os.O_RDWR)
        except OSError as error:
            failure = "is no file that could be locked" if _is_odd(path) else "cannot be locked"
            raise disk_error(path, error, failure) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(handle)
            if error.errno in _CONTENTION:
                raise self._held_by(read_record(self._owner_path)) from None
            raise self._lock_error(path, error) from error
        return handle

    def _lock_error(self, path: Path, error: OSError) -> AttrxError:
        if error.errno in _NO_LOCKS:
            failure = "its file system cannot lock files, so that two runs could write at once"
            lock_error = disk_error(path, error, failure)
            lock_error.hint = "Name a folder on another disk under `paths`."
            return lock_error
        return disk_error(path, error, "cannot be locked")

    def _put_record(self) -> None:
        """Leave a record, unless the one of a living writer on another machine is there."""
        if self._record.put_first():
            return
        record = read_record(self._owner_path)
        if record is not None and _may_write(record.owner):
            age_s = self._now_s() - record.changed_s
            if age_s < STALE_S:
                raise self._held_by(record)
            self.previous_owner = record.words
        self._record.take_over()
        if not self._record.is_in_place():
            raise self._held_by(read_record(self._owner_path))

    def _now_s(self) -> float:
        """The time by the clock of the file system, which is that of the records."""
        path = self._folder / self._terms.file
        os.utime(path, follow_symlinks=False)
        return path.stat().st_mtime

    def _held_by(self, record: OwnerRecord | None) -> AttrxError:
        owner = record.words if record is not None else ""
        who = owner or "its owner did not say who it is"
        text = f"{self._folder}: another run holds {self._terms.noun} ({who})"
        return self._terms.error(text, hint=self._terms.hint)

    @contextlib.contextmanager
    def _beating(self) -> Iterator[None]:
        heart = threading.Thread(target=self._beat, name="writer-lock", daemon=True)
        heart.start()
        try:
            yield
        finally:
            self._is_released.set()
            heart.join()

    def _beat(self) -> None:
        while not self._is_released.wait(SECONDS_BETWEEN_BEATS):
            with contextlib.suppress(OSError):  # a beat more or less; `require` sees what is gone
                if self._record.is_in_place():
                    self._record.touch()


@contextlib.contextmanager
def writer_lock(folder: Path, terms: LockTerms = CACHE_LOCK) -> Iterator[WriterLock]:
    """Hold a folder for writing.

    Args:
        folder: An existing folder.
        terms: How its kind is locked.

    Raises:
        FolderLocked: Another living process holds it; the message says which, and on which host.
            Of a cache, it is a CacheLocked.
        CacheError: It cannot be locked.
    """
    lock = WriterLock(folder, terms)
    with lock.hold():
        yield lock


def _may_write(owner: ProcessIdentity | None) -> bool:
    """Whether a process may be writing although this one has the operating system's lock."""
    return owner is not None and not owner.shares_system and owner.life == "elsewhere"


def _is_odd(path: Path) -> bool:
    """Whether something lies there that is no plain file."""
    with contextlib.suppress(OSError):
        return not stat.S_ISREG(path.lstat().st_mode)
    return False
