"""Scratch folders and files whose names say which process made them.

A process that is killed leaves its scratch behind. The next one that works in the folder sweeps
what belongs to no living process; what carries no such name is not attrx's, and is never touched.
"""

from __future__ import annotations

import contextlib
import glob
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .disk_errors import disk_error
from .process_identity import OWNER_PATTERN, ProcessIdentity, identity_in, owner_token

ScratchKind = Literal["spool", "changes", ".attrx"]
OLD_S = 7 * 24 * 3600.0
"""After so many seconds without a change, what another machine left behind is taken for dead."""

_FOLDER = re.compile(rf"(?:spool|changes|\.attrx)-{OWNER_PATTERN}")
_FILE = re.compile(rf".+\.{OWNER_PATTERN}\.tmp(?:-wal|-shm|\.in-use)?")
# As `tempfile` named them in earlier editions, which did not say whose they are.
_UNSIGNED_FOLDER = re.compile(r"(?:spool|changes|\.attrx)-[a-z0-9_]{8}")
_UNSIGNED_CONTENT = re.compile(r".+\.arrows|earlier|(?:spool|changes)-[a-z0-9_]{8}")


@dataclass(frozen=True, slots=True)
class _Scratch:
    """One thing in a folder that carries a name of scratch."""

    path: Path
    owner: ProcessIdentity | None

    @property
    def is_dead(self) -> bool:
        """Whether no process needs it any more."""
        life = "elsewhere" if self.owner is None else self.owner.life
        if life == "elsewhere":
            return time.time() - self.path.lstat().st_mtime > OLD_S
        return life == "dead"

    def remove(self) -> None:
        """Remove it, without following links."""
        if self.path.is_dir():
            shutil.rmtree(self.path, ignore_errors=True)
        else:
            self.path.unlink(missing_ok=True)


def make_scratch(parent: Path, kind: ScratchKind) -> Path:
    """Make an empty scratch folder that nobody else can enter.

    Args:
        parent: An existing folder.
        kind: What it is for, the beginning of its name.

    Raises:
        CacheError: It cannot be made.
    """
    folder = parent / f"{kind}-{owner_token()}"
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise disk_error(folder, error, "cannot be made") from error
    return folder


@contextlib.contextmanager
def scratch_folder(parent: Path, kind: ScratchKind) -> Iterator[Path]:
    """A scratch folder that goes when the block ends.

    Raises:
        CacheError: It cannot be made.
    """
    folder = make_scratch(parent, kind)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def temporary_path(path: Path) -> Path:
    """Where a file is written before it takes its place: beside it, under a name none can guess."""
    return path.with_name(f"{path.name}.{owner_token()}.tmp")


def sweep_scratch(folder: Path) -> list[Path]:
    """Remove the scratch of dead processes from a folder.

    Args:
        folder: Where to look; folders in it are not looked into.

    Returns:
        What was removed.
    """
    removed_paths = []
    for scratch in _find_scratch(folder):
        with contextlib.suppress(OSError):  # what cannot be removed disturbs nobody
            if scratch.is_dead:
                scratch.remove()
                removed_paths.append(scratch.path)
    return removed_paths


def sweep_earlier(path: Path) -> None:
    """Remove what dead processes left of writing this file."""
    for temporary in path.parent.glob(f"{glob.escape(path.name)}.*.tmp"):
        name = _FILE.fullmatch(temporary.name)
        if name is None or temporary.is_symlink():
            continue
        scratch = _Scratch(temporary, identity_in(name))
        with contextlib.suppress(OSError):
            if scratch.is_dead:
                scratch.remove()


def _find_scratch(folder: Path) -> Iterator[_Scratch]:
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return
    for path in paths:
        if path.is_symlink():
            continue
        pattern = _FOLDER if path.is_dir() else _FILE
        name = pattern.fullmatch(path.name)
        if name is not None:
            yield _Scratch(path, identity_in(name))
        elif path.is_dir() and _is_unsigned_scratch(path):
            yield _Scratch(path, None)


def _is_unsigned_scratch(folder: Path) -> bool:
    """Whether an earlier edition made a folder; `.attrx-20261126` may be a copy of a cache."""
    if _UNSIGNED_FOLDER.fullmatch(folder.name) is None:
        return False
    names = [path.name for path in folder.iterdir()]
    return all(map(_UNSIGNED_CONTENT.fullmatch, names))
