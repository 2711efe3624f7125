"""The files of a run take their places together.

A run writes its files into a folder of their own beside the outputs. Then it writes a record of
what goes where, and from that moment its files are those of the last run: they are moved to their
places, and the record goes. Where a run is killed in between, the next one finishes what the record
says, and whoever only reads takes each file from where it is. So no two files that attrx reads are
of different runs; whoever reads past attrx sees a mixture for as long as a few renames take.

    .attrx-commit.json      the record
    .attrx-new-XXXXXXXX     the new files; in `earlier` those of the run they were compared with
    .attrx-earlier          the latter, where a run was killed before it had said what changed
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import orjson

from ..configs.errors import AttrxError, CacheError, InputError
from ..extraction.storage.atomic_write import replacing

RECORD = ".attrx-commit.json"
STAGING = ".attrx-new-"
"""Begins the name of a folder of new files."""
EARLIER = "earlier"
"""Folder among the new files for those of the run that they were compared with."""
UNTOLD = ".attrx-earlier"
RUN = "run.json"
VERSION = 1
_STAGING_NAME = re.compile(re.escape(STAGING) + r"[a-z0-9_]{8}")
ATTEMPTS = 5
"""As often are files read anew that another run replaced meanwhile."""
_AGAIN = "Run the same command again: it goes on from there."

Content = TypeVar("Content")


@dataclass(frozen=True)
class Commit:
    """What a run puts in place.

    Attributes:
        staging: Name of the folder that holds the new files, in the output folder.
        files: Names of the new files.
        removals: Files of earlier runs that go, as paths within the output folder.
    """

    staging: str
    files: tuple[str, ...]
    removals: tuple[str, ...] = ()


def put_in_place(folder: Path, commit: Commit) -> None:
    """Put the files of a run in place, all or, as far as attrx can tell, none.

    Args:
        folder: The output folder, of which this process is the only writer.
        commit: What goes where. Each new file is on the disk.

    Raises:
        CacheError: The disk is full or not writable. As long as there is no record, the files of
            the earlier run are the last ones; else the next run finishes.
    """
    record = orjson.dumps({"version": VERSION, **asdict(commit)}, option=orjson.OPT_INDENT_2)
    with replacing(folder / RECORD) as temporary:
        temporary.write_bytes(record)
    _move(folder, commit)
    _end(folder, commit)
    shutil.rmtree(folder / UNTOLD, ignore_errors=True)


def finish(folder: Path) -> bool:
    """Finish what a killed run has left undone.

    Args:
        folder: The output folder, of which this process is the only writer; need not exist.

    Returns:
        Whether there was anything to finish.

    Raises:
        CacheError: The record cannot be understood, or a file cannot be moved.
    """
    commit = _read_record(folder)
    if commit is not None:
        _move(folder, commit)
        _keep_earlier(folder, folder / commit.staging / EARLIER)
        _end(folder, commit)
    for staging in folder.glob(f"{STAGING}*"):  # of runs that were killed before their record
        if _STAGING_NAME.fullmatch(staging.name) and not staging.is_symlink():
            shutil.rmtree(staging, ignore_errors=True)
    return commit is not None


def has_record(folder: Path) -> bool:
    """Whether a run is being put in place, or was when it was killed."""
    return (folder / RECORD).exists()


def is_on_its_way(path: Path) -> bool:
    """Whether a run is putting this file in place, or was when it was killed.

    Raises:
        CacheError: A record cannot be understood.
    """
    commit = _read_record(path.parent)
    return commit is not None and path.name in commit.files


def output_path(folder: Path, name: str) -> Path:
    """Where a file of the last run is: at its place, or on the way there.

    Raises:
        CacheError: A record cannot be understood.
    """
    commit = _read_record(folder)
    if commit is not None:
        staged_path = folder / commit.staging / name
        if name in commit.files and staged_path.exists():
            return staged_path
    return folder / name


def untold_run(folder: Path) -> Path | None:
    """The run with which a killed run of a folder was compared; None where there is none.

    The killed run may have replaced it, and told nobody what changed.

    Raises:
        CacheError: A record cannot be understood.
    """
    commit = _read_record(folder)
    earlier = folder / UNTOLD
    if commit is not None and (folder / commit.staging / EARLIER).is_dir():
        earlier = folder / commit.staging / EARLIER
    return earlier if earlier.is_dir() else None


def read_one_run(folder: Path, read: Callable[[], Content]) -> Content:
    """Read several files of an output folder, all of one run.

    Args:
        folder: The output folder.
        read: Reads them, by `output_path`; called again where another run has put its files in
            place meanwhile.

    Raises:
        InputError: They are replaced faster than they can be read.
    """
    for _ in range(ATTEMPTS):
        run_before = _identity(folder)
        try:
            content = read()
        except (AttrxError, OSError):
            if _identity(folder) == run_before:
                raise
            continue
        if _identity(folder) == run_before:
            return content
    raise InputError(
        f"{folder}: other runs replace these files while they are read",
        hint="Wait until they have finished.",
    )


def _identity(folder: Path) -> tuple[bool, int, int, int] | None:
    """Tells the last run of a folder from others, and whether its files are still on the way."""
    is_on_the_way = has_record(folder)
    try:
        status = output_path(folder, RUN).stat()
    except OSError:
        return None
    return is_on_the_way, status.st_ino, status.st_mtime_ns, status.st_size


def _read_record(folder: Path) -> Commit | None:
    path = folder / RECORD
    try:
        content = orjson.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    try:
        return _commit_of(content)
    except (KeyError, TypeError, ValueError) as error:
        raise _unreadable(path) from error


def _commit_of(content: dict[str, Any]) -> Commit:
    """The record as it was written; it names nothing outside the output folder."""
    commit = Commit(content["staging"], tuple(content["files"]), tuple(content["removals"]))
    if content["version"] != VERSION:
        raise ValueError("another version")
    if _STAGING_NAME.fullmatch(commit.staging) is None:
        raise ValueError("not a folder of new files")
    for name in commit.files:
        if name == ".." or PurePosixPath(name).name != name:
            raise ValueError("not a name")
    for name in commit.removals:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("outside the folder")
    return commit


def _unreadable(path: Path) -> CacheError:
    return CacheError(
        f"{path}: expected what a run had still to do when it was killed, and cannot read it",
        hint="Remove that file, and run `attrx ensemble` again.",
    )


def _move(folder: Path, commit: Commit) -> None:
    staging = folder / commit.staging
    try:
        for name in commit.files:
            with contextlib.suppress(FileNotFoundError):  # moved before the kill
                (staging / name).replace(folder / name)
        _remove(folder, commit.removals)
        _sync(folder)
    except OSError as error:
        place = error.filename2 or error.filename or folder
        raise CacheError(
            f"{place}: cannot be put in its place: {error.strerror or error}", hint=_AGAIN
        ) from error


def _keep_earlier(folder: Path, earlier: Path) -> None:
    """Keep the run that a killed one was compared with: nobody was told what changed."""
    if earlier.is_dir():
        shutil.rmtree(folder / UNTOLD, ignore_errors=True)
        earlier.replace(folder / UNTOLD)


def _end(folder: Path, commit: Commit) -> None:
    """Remove the record: the run is whole."""
    record = folder / RECORD
    try:
        record.unlink(missing_ok=True)
        _sync(folder)
    except OSError as error:
        raise CacheError(
            f"{record}: cannot be removed: {error.strerror or error}", hint=_AGAIN
        ) from error
    shutil.rmtree(folder / commit.staging, ignore_errors=True)


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files, and the folders in `folder` that are empty without them."""
    parents = set()
    for name in names:
        path = folder / name
        path.unlink(missing_ok=True)
        parents.add(path.parent)
    for parent in parents - {folder}:
        with contextlib.suppress(OSError):  # not empty
            parent.rmdir()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
