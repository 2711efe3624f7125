"""Files that the manifest does not name: left by a growth, put back from a backup, or not attrx's.

What of them the cache lacks is taken in; then they go. One that cannot be read is moved aside, and
what attrx has not written stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...configs.errors import CacheDamaged
from ...configs.notices import Notice
from ...configs.wording import quantity
from .aside import set_aside
from .bucket_files import KINDS, SCHEMAS, BucketFile, is_scratch, look_into
from .parquet_files import FooterMismatch, open_parquet, read_parquet

if TYPE_CHECKING:
    from .writable_cache import WritableCache

MOST_NAMES = 5


def take_strays(cache: WritableCache) -> Iterator[Notice]:
    """Bring the folders of the buckets to what the manifest says, without loss.

    Yields:
        What the user should know.

    Raises:
        CacheError: The disk is full or broken.
    """
    _remove_scratch(cache.folder)
    contents = look_into(cache.folder, cache.manifest.files)
    for file in sorted(contents.files):
        if file.name not in cache.manifest.files:
            yield from _take_stray(cache, file)
    if contents.strange:
        names = ", ".join(path.name for path in contents.strange[:MOST_NAMES])
        text = f"{cache.folder}: not attrx's, and left alone: {names}"
        yield Notice("cache_strange_files", text)


def _remove_scratch(folder: Path) -> None:
    for kind in KINDS:
        for path in (folder / kind).iterdir():
            if is_scratch(path):
                path.unlink(missing_ok=True)


def _take_stray(cache: WritableCache, file: BucketFile) -> Iterator[Notice]:
    path = cache.folder / file.name
    if not _was_retired(cache, file):
        try:
            rows = read_parquet(path, SCHEMAS[file.kind])
        except CacheDamaged as error:
            place = set_aside(cache.folder, path)
            text = f"{error.message}; the cache does without it, and it lies in {place.parent}"
            yield Notice("cache_set_aside", text)
            return
        n_new = cache.take_in(file.kind, rows)
        if n_new and file.kind == "answers":
            text = f"{path}: {quantity(n_new, 'answer')} in it taken in, which the cache lacked"
            yield Notice("cache_taken_in", text)
    path.unlink(missing_ok=True)


def _was_retired(cache: WritableCache, file: BucketFile) -> bool:
    """Whether all that a file holds was written to the files of more buckets."""
    seal = cache.manifest.retired.get(file.name)
    if seal is None:
        return False
    try:
        with open_parquet(cache.folder / file.name, [seal]):
            return True
    except (FooterMismatch, CacheDamaged):
        return False
