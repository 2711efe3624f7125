"""Where a cache may be made: in a folder that is new or empty, or was a cache before."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ...configs.errors import ConfigError
from ..storage.disk_errors import disk_error
from .bucket_files import look_into
from .manifest import (
    UnreadableManifest,
    former_manifest_path,
    manifest_path,
    read_manifest,
)
from .own_names import is_own_name

_OF_OTHERS = frozenset([".DS_Store", ".gitignore", ".gitkeep", "Thumbs.db", "desktop.ini"])
"""What tools put into any folder."""
MOST_NAMES = 5


def check_folder(folder: Path) -> None:
    """See that a cache may be made in a folder, or is there.

    Raises:
        ConfigError: It holds something else.
        CacheError: It cannot be looked into.
    """
    try:
        _check_folder(folder)
    except OSError as error:
        raise disk_error(folder, error, "cannot be looked into") from error


def _check_folder(folder: Path) -> None:
    if not folder.exists() or _is_cache(folder):
        return
    strange_names = _strange_names(folder)
    if not strange_names:
        return
    names = ", ".join(strange_names[:MOST_NAMES])
    more = len(strange_names) - MOST_NAMES
    rest = f" and {more} more" if more > 0 else ""
    raise ConfigError(
        f"paths.cache: {folder} is no cache of attrx, and holds other things: {names}{rest}",
        hint="Give the cache a folder of its own, such as `.attrx`.",
    )


def _is_cache(folder: Path) -> bool:
    """Whether something in a folder says that attrx has kept answers there."""
    for path in (manifest_path(folder), former_manifest_path(folder)):
        with contextlib.suppress(UnreadableManifest):
            read_manifest(path)
            return True
    return (folder / "journal.sqlite").is_file() or bool(look_into(folder).files)


def _strange_names(folder: Path) -> list[str]:
    """What lies in a folder that is no cache yet, and is not attrx's."""
    names = [f"{path.parent.name}/{path.name}" for path in look_into(folder).strange]
    for path in sorted(folder.iterdir()):
        if not is_own_name(path.name) and path.name not in _OF_OTHERS:
            names.append(path.name)
    return names
