"""Files of a cache that are gone, or are not the ones that the manifest knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...configs.errors import CacheDamaged
from ...configs.wording import quantity
from .file_seals import FileSeal, seal_of
from .manifest import Manifest
from .parquet_files import FooterMismatch, open_parquet

_NOUNS = {"products": "product", "answers": "answer"}


@dataclass(frozen=True, slots=True)
class DamagedFile:
    """A file that cannot be used as it is.

    Attributes:
        name: Its path from the cache folder on.
        is_missing: Whether it is gone.
        rows: How many rows it had; None where that is not known.
    """

    name: str
    is_missing: bool
    rows: int | None

    def describe(self) -> str:
        """What is gone, in words."""
        state = "missing" if self.is_missing else "damaged"
        if self.rows is None:
            return f"{self.name} ({state})"
        noun = _NOUNS[self.name.partition("/")[0]]
        return f"{self.name} ({state}; it had {quantity(self.rows, noun)})"


def missing_files(folder: Path, manifest: Manifest) -> list[DamagedFile]:
    """The files that there must be and are not."""
    missing = []
    for name, seal in manifest.files.items():
        if not (folder / name).is_file() and not manifest.may_be_absent(name):
            missing.append(_damaged_file(name, seal, is_missing=True))
    return missing


def find_damage(folder: Path, manifest: Manifest) -> list[DamagedFile]:
    """The files that are missing, were cut, or have another footer; pages are not looked at."""
    damage = missing_files(folder, manifest)
    for name, seal in manifest.files.items():
        if (folder / name).is_file() and not _is_whole(folder / name, manifest.seals(name)):
            damage.append(_damaged_file(name, seal, is_missing=False))
    return damage


def _damaged_file(name: str, seal: FileSeal | None, *, is_missing: bool) -> DamagedFile:
    return DamagedFile(name, is_missing, None if seal is None else seal.rows)


def _is_whole(path: Path, seals: tuple[FileSeal, ...]) -> bool:
    try:
        with open_parquet(path, seals):
            return True
    except (FileNotFoundError, FooterMismatch, CacheDamaged):
        return False


def damage_error(folder: Path, damage: Iterable[DamagedFile]) -> CacheDamaged:
    """The error that names what is gone."""
    files = [file.describe() for file in damage]
    noun = "file of the cache is" if len(files) == 1 else "files of the cache are"
    count = "a" if len(files) == 1 else str(len(files))
    return CacheDamaged(f"{folder}: {count} {noun} gone or damaged: {', '.join(files)}")


def settle(folder: Path, manifest: Manifest) -> Manifest:
    """Find out whether the pending file has come to its place, or the one before still stands.

    Raises:
        CacheError: The file cannot be looked at.
    """
    pending = manifest.pending
    if pending is None:
        return manifest
    path = folder / pending.name
    files = dict(manifest.files)
    seal = files.get(pending.name)
    if not path.exists() and pending.former_seal is None:
        files.pop(pending.name, None)
    elif seal is not None and not _is_whole(path, (seal,)):
        files[pending.name] = pending.former_seal or seal
    return replace(manifest, files=files, pending=None)


def with_seals(folder: Path, manifest: Manifest) -> Manifest:
    """The same, with seals for files that have none yet: those of the first layout.

    One that cannot be read goes without.
    """
    files = dict(manifest.files)
    for name, seal in manifest.files.items():
        if seal is None:
            files[name] = _new_seal(folder / name)
    return replace(manifest, files=files)


def _new_seal(path: Path) -> FileSeal | None:
    try:
        return seal_of(path, pq.read_metadata(path).num_rows)
    except (OSError, pa.ArrowException):
        return None
