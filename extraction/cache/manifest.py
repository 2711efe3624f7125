"""`cache.json`: which layout a cache folder has, and how many buckets."""

from __future__ import annotations

from pathlib import Path

import orjson

from ...configs.errors import CacheError
from ..storage.atomic_write import replacing
from .schema import LAYOUT_VERSION


def manifest_path(folder: Path) -> Path:
    """Where the manifest of a cache folder lies."""
    return folder / "cache.json"


def read_bucket_count(folder: Path) -> int:
    """The number of buckets, a power of two; 1 where there is no cache yet.

    Raises:
        CacheError: The manifest is broken, or of a layout that this version cannot read.
    """
    path = manifest_path(folder)
    try:
        manifest = orjson.loads(path.read_bytes())
        version = manifest["layout_version"]
        buckets = int(manifest["buckets"])
    except FileNotFoundError:
        return 1
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CacheError(f"{path}: cannot be read: {error}") from error
    if version != LAYOUT_VERSION:
        raise CacheError(
            f"{path}: the cache has layout {version}, this attrx reads layout {LAYOUT_VERSION}",
            hint="Install the attrx that wrote it, or a newer one.",
        )
    return buckets


def write_bucket_count(folder: Path, buckets: int) -> None:
    """Write the manifest of a cache with so many buckets.

    Raises:
        CacheError: The disk is full or not writable.
    """
    manifest = {"layout_version": LAYOUT_VERSION, "buckets": buckets}
    with replacing(manifest_path(folder), like_folder=True) as temporary:
        temporary.write_bytes(orjson.dumps(manifest))
