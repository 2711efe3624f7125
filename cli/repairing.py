"""What `attrx cache repair` and `--accept-loss` share: a cache is made whole, and how is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..configs.notices import Notice

if TYPE_CHECKING:
    from ..configs.settings import Settings
    from .terminal import Terminal


def make_whole(terminal: Terminal, settings: Settings) -> bool:
    """Repair the cache.

    Returns:
        Whether anything is lost.
    """
    from ..runs import cache_integrity

    result = cache_integrity.repair(settings)
    for notice in result.notices:
        terminal.warning(notice)
    for file in result.repaired_files:
        terminal.warning(Notice("cache_repaired", file.describe()), path=file.name)
    if not result.repaired_files and not result.has_mended_journal:
        terminal.note("the cache is whole")
    return result.has_lost


def accept_losses(terminal: Terminal, settings: Settings) -> None:
    """Repair the cache, where there is one, before models are asked again about what is lost."""
    if settings.paths.cache.is_dir():
        make_whole(terminal, settings)
