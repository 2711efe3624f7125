"""What cannot be used is moved into the folder `aside-DATE` of the cache, and never deleted."""

from __future__ import annotations

import itertools
import shutil
from datetime import UTC, datetime
from pathlib import Path

from ..storage.atomic_write import replacing
from ..storage.disk_errors import disk_error
from ..storage.modes import make_subfolder


def set_aside(folder: Path, path: Path) -> Path:
    """Move a file of a cache out of the way.

    Args:
        folder: The cache folder.
        path: The file, anywhere in it.

    Returns:
        Where it is now.

    Raises:
        CacheError: It cannot be moved.
    """
    place = place_aside(folder, path)
    try:
        return path.rename(place)
    except OSError as error:
        raise disk_error(path, error, "cannot be moved aside") from error


def copy_aside(folder: Path, path: Path) -> Path:
    """Keep a copy of a file of a cache, as it is now.

    Args:
        folder: The cache folder.
        path: The file, anywhere in it.

    Returns:
        Where the copy is.

    Raises:
        CacheError: It cannot be copied.
    """
    place = place_aside(folder, path)
    with replacing(place, like_folder=True) as temporary:
        shutil.copyfile(path, temporary)
    return place


def place_aside(folder: Path, path: Path) -> Path:
    """Where a file of a cache goes that cannot be used; the folder for it is made.

    Raises:
        CacheError: It cannot be made.
    """
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    aside_folder = folder / f"aside-{today}"
    place = aside_folder / path.relative_to(folder)
    make_subfolder(aside_folder)
    if place.parent != aside_folder:
        make_subfolder(place.parent)
    return _free_name(place)


def _free_name(place: Path) -> Path:
    """The place itself, or the first name like it that nothing has."""
    for number in itertools.count(1):
        candidate = place if number == 1 else place.with_name(f"{place.name}.{number}")
        if not candidate.exists() and not candidate.is_symlink():
            return candidate
    raise AssertionError
