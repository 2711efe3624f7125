"""`attrx cache verify | repair`: whether all that was paid for can be read, and what if not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..configs.errors import CacheError
from ..configs.notices import Notice
from ..configs.settings import Settings
from ..extraction.cache.repair import RepairedFile
from ..extraction.cache.verification import FileCheck, verify_folder
from ..extraction.cache.writable_cache import open_for_writing


@dataclass(frozen=True)
class Repair:
    """How a cache was made whole.

    Attributes:
        repaired_files: What became of each damaged file.
        notices: What else was found.
    """

    repaired_files: tuple[RepairedFile, ...]
    notices: tuple[Notice, ...]

    @property
    def has_lost(self) -> bool:
        """Whether rows are lost, as far as anybody knows."""
        return self.has_mended_journal or any(file.lost_rows != 0 for file in self.repaired_files)

    @property
    def has_mended_journal(self) -> bool:
        """Whether the journal was damaged, which may have held more than could be read of it."""
        return any(notice.kind == "journal_rescued" for notice in self.notices)


def verify(
    settings: Settings, on_file: Callable[[FileCheck], None] = lambda _: None
) -> tuple[FileCheck, ...]:
    """Read every file of the cache; changes nothing.

    Args:
        settings: The configuration.
        on_file: Told of each file once it was read.

    Raises:
        CacheError: There is no cache, or a newer attrx wrote it.
    """
    _check_existence(settings)
    checks = []
    for check in verify_folder(settings.paths.cache):
        on_file(check)
        checks.append(check)
    return tuple(checks)


def repair(settings: Settings) -> Repair:
    """Rescue what can be read of damaged files; they are kept aside, and nobody is asked.

    Raises:
        CacheError: There is no cache, or it cannot be written.
        CacheLocked: Another run holds it.
    """
    _check_existence(settings)
    paths = settings.paths
    with open_for_writing(paths.cache, paths.cache_permissions, accept_loss=True) as cache:
        return Repair(cache.repaired_files, tuple(cache.notices))


def _check_existence(settings: Settings) -> None:
    if not settings.paths.cache.is_dir():
        raise CacheError(f"{settings.paths.cache}: no cache here yet")
