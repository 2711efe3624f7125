"""`cache.json`: the layout of a cache, its number of buckets, and its files with their seals.

It is written before a file is put in its place, and names both what stood there and what will: so
whenever a process dies, the file that stands there is known. It is written whole, the former one is
kept beside it as `cache.json.old`, and a digest of itself tells whether a digit of it has changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import orjson

from ...configs.errors import CacheError
from ..storage.atomic_write import replacing
from .bucket_files import BucketFile, is_bucket_count
from .file_seals import DIGEST_BYTES, FileSeal
from .schema import LAYOUT_VERSION

Seals = Mapping[str, FileSeal | None]
"""Path from the cache folder on -> seal; None where an older attrx wrote the file, without one."""


@dataclass(frozen=True)
class PendingFile:
    """A file that was being replaced when the manifest was written.

    Attributes:
        name: Its path from the cache folder on.
        former_seal: Of what stood there before; None where nothing did.
    """

    name: str
    former_seal: FileSeal | None


@dataclass(frozen=True)
class Manifest:
    """What a cache folder holds.

    Attributes:
        buckets: Number of buckets, a power of two.
        files: The files of the buckets that there must be.
        pending: The file that was being replaced; None where all stand.
        retired: Files of fewer buckets, from before the cache grew; they may be gone.
        layout: Version of the layout that it was read from; the first one names no files.
    """

    buckets: int = 1
    files: Seals = field(default_factory=dict)
    pending: PendingFile | None = None
    retired: Seals = field(default_factory=dict)
    layout: int = LAYOUT_VERSION

    def seals(self, name: str) -> tuple[FileSeal, ...]:
        """The seals that a file may have; empty where none is known."""
        seals = [self.files.get(name), self.retired.get(name)]
        if self.pending is not None and self.pending.name == name:
            seals.append(self.pending.former_seal)
        return tuple(seal for seal in seals if seal is not None)

    def may_be_absent(self, name: str) -> bool:
        """Whether a file need not be there."""
        if name not in self.files:
            return True
        pending = self.pending
        return pending is not None and pending.name == name and pending.former_seal is None

    def with_file(self, name: str, seal: FileSeal) -> Manifest:
        """The same, with a file about to be put in its place; what was pending before stands."""
        pending = PendingFile(name, self.files.get(name))
        return replace(self, files={**self.files, name: seal}, pending=pending)


class UnreadableManifest(Exception):
    """A manifest is lost, or holds what attrx has not written."""


def manifest_path(folder: Path) -> Path:
    """Where the manifest of a cache folder lies."""
    return folder / "cache.json"


def former_manifest_path(folder: Path) -> Path:
    """Where the manifest before the last one lies."""
    return folder / "cache.json.old"


def read_manifest(path: Path) -> Manifest:
    """The manifest at a path.

    Raises:
        UnreadableManifest: There is none, or it is damaged.
        CacheError: A newer attrx wrote it.
    """
    fields = _read_fields(path)
    version = fields.get("layout_version")
    if version == 1:
        return _first_layout(fields)
    check = fields.pop("check", None)
    if check != _check(fields):
        raise UnreadableManifest("it is damaged")
    if version != LAYOUT_VERSION:
        raise newer_layout(path, version)
    try:
        return _from_json(fields)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnreadableManifest("it is damaged") from error


def _read_fields(path: Path) -> dict[str, Any]:
    try:
        fields = orjson.loads(path.read_bytes())
    except FileNotFoundError as error:
        raise UnreadableManifest("it is gone") from error
    except (OSError, orjson.JSONDecodeError) as error:
        raise UnreadableManifest("it is damaged") from error
    if not isinstance(fields, dict):
        raise UnreadableManifest("it is damaged")
    return fields


def _first_layout(fields: dict[str, Any]) -> Manifest:
    """The manifest of the first layout, which names the number of buckets and nothing else."""
    buckets: Any = fields.get("buckets")
    if fields.keys() != {"layout_version", "buckets"} or not is_bucket_count(buckets):
        raise UnreadableManifest("it is damaged")
    return Manifest(buckets=buckets, layout=1)


def newer_layout(path: Path, version: object) -> CacheError:
    """The error about a cache that this attrx is too old for."""
    return CacheError(
        f"{path}: the cache has layout {version}, this attrx reads layouts 1 to {LAYOUT_VERSION}",
        hint="Install the attrx that wrote it, or a newer one.",
    )


def _from_json(fields: dict[str, Any]) -> Manifest:
    buckets = fields["buckets"]
    if not is_bucket_count(buckets):
        raise ValueError(buckets)
    pending = fields["pending"]
    former = None
    if pending is not None:
        former_seal = pending["former"]
        seal = None if former_seal is None else FileSeal.from_json(former_seal)
        former = PendingFile(pending["name"], seal)
    files = _seals(fields["files"])
    return Manifest(buckets, files, former, _seals(fields["retired"]))


def _seals(fields: dict[str, Any]) -> Seals:
    seals = {}
    for name, seal in fields.items():
        if BucketFile.of_name(name) is None:
            raise ValueError(name)
        seals[name] = None if seal is None else FileSeal.from_json(seal)
    return seals


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in its place; the former one is kept.

    Raises:
        CacheError: The disk is full or not writable.
    """
    path = manifest_path(folder)
    fields = _to_json(manifest)
    with replacing(path, like_folder=True) as temporary:
        temporary.write_bytes(orjson.dumps({**fields, "check": _check(fields)}))
        _keep_former(path, former_manifest_path(folder))


def _keep_former(path: Path, former_path: Path) -> None:
    """Give the present manifest a second name, so that there is one at any moment."""
    if not path.is_file():
        return
    former_path.unlink(missing_ok=True)
    try:
        os.link(path, former_path)
    except OSError:  # a file system without links
        shutil.copyfile(path, former_path)


def _to_json(manifest: Manifest) -> dict[str, Any]:
    pending = None
    if manifest.pending is not None:
        former_seal = manifest.pending.former_seal
        former = None if former_seal is None else former_seal.to_json()
        pending = {"name": manifest.pending.name, "former": former}
    return {
        "layout_version": LAYOUT_VERSION,
        "buckets": manifest.buckets,
        "files": _seals_to_json(manifest.files),
        "pending": pending,
        "retired": _seals_to_json(manifest.retired),
    }


def _seals_to_json(seals: Seals) -> dict[str, Any]:
    return {name: None if seal is None else seal.to_json() for name, seal in seals.items()}


def _check(fields: dict[str, Any]) -> str:
    """A digest of a manifest, but for the digest in it. Later layouts keep to this one."""
    content = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()


def former_manifest(folder: Path) -> Manifest | None:
    """The manifest before the last one, if it can be read."""
    with contextlib.suppress(UnreadableManifest, CacheError):
        return read_manifest(former_manifest_path(folder))
    return None
