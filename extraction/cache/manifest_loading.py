"""The manifest of a cache folder, also where `cache.json` is of the first layout, or is lost.

Where it is lost, or contradicts the files, it is made anew of what the files say of themselves. A
cache that was growing when its process died has files of two numbers of buckets. Those count that
are whole: the larger number only once each of its files is there. Nothing is removed here.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from .bucket_files import FolderContents, files_of, layout_of, look_into
from .file_seals import FileSeal
from .manifest import (
    Manifest,
    UnreadableManifest,
    former_manifest,
    manifest_path,
    newer_layout,
    read_manifest,
)
from .parquet_files import largest_value
from .schema import LAYOUT_VERSION


@dataclass(frozen=True)
class LoadedManifest:
    """The manifest of a folder, and whether the one on the disk says the same.

    Attributes:
        manifest: The manifest; where there is no cache yet, that of an empty one.
        is_current: Whether `cache.json` holds it as it is.
        problem: Why `cache.json` could not be used; empty where it could, or where there is no
            cache.
    """

    manifest: Manifest
    is_current: bool = True
    problem: str = ""


def load_manifest(folder: Path) -> LoadedManifest:
    """Find out which files a cache consists of; the folder need not exist.

    Raises:
        CacheError: A newer attrx wrote the cache.
    """
    try:
        manifest = read_manifest(manifest_path(folder))
    except UnreadableManifest as error:
        return _rebuild(folder, look_into(folder), f"{manifest_path(folder)}: {error}")
    if manifest.layout == LAYOUT_VERSION:
        return LoadedManifest(manifest)
    return _list_files(folder, look_into(folder), manifest.buckets)


def _list_files(folder: Path, contents: FolderContents, buckets: int) -> LoadedManifest:
    """The manifest of a cache of the first layout, which says how many buckets there are."""
    if contents.files and buckets not in contents.bucket_counts():
        problem = f"{manifest_path(folder)}: there are no files of {buckets} buckets"
        return _rebuild(folder, contents, problem)
    return LoadedManifest(Manifest(buckets, _expected_files(contents, buckets)), is_current=False)


def _rebuild(folder: Path, contents: FolderContents, problem: str) -> LoadedManifest:
    """The manifest that the files themselves make."""
    former = former_manifest(folder)
    if not contents.files and former is None:
        is_new = not manifest_path(folder).exists() and not (folder / "journal.sqlite").exists()
        return LoadedManifest(Manifest(), is_current=False, problem="" if is_new else problem)
    _check_layouts(folder, contents)
    buckets = _choose_buckets(folder, contents, former)
    files = _expected_files(contents, buckets)
    if former is not None and former.buckets == buckets:
        files |= _lost_files(contents, former)
    return LoadedManifest(Manifest(buckets, files), is_current=False, problem=problem)


def _lost_files(contents: FolderContents, former: Manifest) -> dict[str, FileSeal | None]:
    """What the manifest before the last one names, and is gone."""
    names = {file.name for file in contents.files}
    lost = {}
    for name, seal in former.files.items():
        if name not in names and not former.may_be_absent(name):
            lost[name] = seal
    return lost


def _check_layouts(folder: Path, contents: FolderContents) -> None:
    """Leave the cache of a newer attrx to it, also where its manifest says nothing."""
    for file in contents.files:
        version = layout_of(folder / file.name)
        if version > LAYOUT_VERSION:
            raise newer_layout(folder / file.name, version)


def _choose_buckets(folder: Path, contents: FolderContents, former: Manifest | None) -> int:
    """The number of buckets that counts.

    Growing copies all answers before it is done, so what has an answer that no other has was in
    use. A cache never shrinks.
    """
    least = 1 if former is None else former.buckets
    counts = [count for count in contents.bucket_counts() if count >= least]

    def rank(buckets: int) -> tuple[int, bool, int]:
        return _newest_ns(folder, buckets), _is_whole(contents, buckets), buckets

    return max(counts, key=rank, default=least)


def _is_whole(contents: FolderContents, buckets: int) -> bool:
    """Whether no file of a number of buckets is missing.

    One bucket may lack its answers, or its products; what is split has all files.
    """
    if buckets == 1:
        return _n_files(contents, buckets) > 0
    return not contents.missing(buckets)


def _n_files(contents: FolderContents, buckets: int) -> int:
    return sum(file.buckets == buckets for file in contents.files)


def _newest_ns(folder: Path, buckets: int) -> int:
    newest_ns = 0
    for file in files_of(buckets):
        if file.kind == "answers":
            newest_ns = max(newest_ns, _newest_of_file(folder / file.name))
    return newest_ns


def _newest_of_file(path: Path) -> int:
    try:
        return largest_value(path, "answered_ns")
    except (OSError, pa.ArrowException):  # a damaged file votes for nothing
        return 0


def _expected_files(contents: FolderContents, buckets: int) -> dict[str, FileSeal | None]:
    """The files that there must be: of several buckets all, of one those that are there."""
    names = []
    for file in files_of(buckets):
        if buckets > 1 or file in contents.files:
            names.append(file.name)
    return dict.fromkeys(names)
