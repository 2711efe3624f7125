"""A writer takes a cache over: its manifest is made to name all files, and they are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...configs.notices import Notice
from .aside import set_aside
from .damage import damage_error, find_damage, settle, with_seals
from .journal_rescue import mend_journal
from .manifest import Manifest, manifest_path, write_manifest
from .manifest_loading import load_manifest
from .repair import RepairedFile, repair_files


@dataclass(frozen=True)
class CacheState:
    """The state in which a cache was.

    Attributes:
        notices: What a user should know of it.
        repaired_files: What became of damaged files.
    """

    notices: tuple[Notice, ...] = ()
    repaired_files: tuple[RepairedFile, ...] = ()


def take_over(folder: Path, *, accept_loss: bool) -> CacheState:
    """See that `cache.json` names all files with their seals, and that they and the journal hold.

    Args:
        folder: The cache folder, locked.
        accept_loss: Read all files, rescue what can be read of those that are damaged, and go on
            without the rest.

    Raises:
        CacheDamaged: A file is gone or broken, and no loss is accepted.
        CacheError: The disk is full or not writable.
    """
    loaded = load_manifest(folder)
    manifest = with_seals(folder, settle(folder, loaded.manifest))
    damage = find_damage(folder, manifest)
    if damage and not accept_loss:
        raise damage_error(folder, damage)
    # First of all that is changed: where no loss is accepted, nothing is.
    journal = folder / "journal.sqlite"
    notices = list(mend_journal(journal, manifest.buckets, accept_loss=accept_loss))
    if loaded.problem:
        notices.append(_rebuild_notice(folder, loaded.problem))
    if not loaded.is_current or manifest != loaded.manifest:
        write_manifest(folder, manifest)
    repaired_files = _repair(folder, manifest) if accept_loss else ()
    return CacheState(tuple(notices), repaired_files)


def _rebuild_notice(folder: Path, problem: str) -> Notice:
    text = f"{problem}, and was made anew of the files of the cache; no answer is lost"
    path = manifest_path(folder)
    if path.exists() or path.is_symlink():
        text += f"; the old one lies in {set_aside(folder, path).parent}"
    return Notice("cache_manifest_rebuilt", text)


def _repair(folder: Path, manifest: Manifest) -> tuple[RepairedFile, ...]:
    repaired_files = []
    for repaired_file, manifest_since in repair_files(folder, manifest):
        repaired_files.append(repaired_file)
        manifest = manifest_since
    if manifest.pending is not None:
        write_manifest(folder, settle(folder, manifest))
    return tuple(repaired_files)
