"""What cannot be used is moved into the folder `aside-DATE` of the cache, and never deleted."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from pathlib import Path

from ...configs.errors import CacheError


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
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    place = folder / f"aside-{today}" / path.relative_to(folder)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        return path.rename(_free_name(place))
    except OSError as error:
        raise CacheError(f"{path}: cannot be moved aside: {error.strerror or error}") from error


def _free_name(place: Path) -> Path:
    """The place itself, or the first name like it that nothing has."""
    for number in itertools.count(1):
        candidate = place if number == 1 else place.with_name(f"{place.name}.{number}")
        if not candidate.exists() and not candidate.is_symlink():
            return candidate
    raise AssertionError
