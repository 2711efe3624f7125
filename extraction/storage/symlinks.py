"""Symbolic links in a cache or output folder: never followed out of it.

The folder itself may be a link that the user made, to a larger disk for example. What lies in it is
attrx's, and a link there could make it write to, or read from, any file of the user's.
"""

from __future__ import annotations

from pathlib import Path

from ...configs.errors import CacheError


def refuse_link_outside(path: Path) -> None:
    """Let a path be that is no link, or one that stays in its folder.

    Raises:
        CacheError: It leads out of the folder.
    """
    if not path.is_symlink():
        return
    folder = path.parent.resolve()
    target = path.resolve()
    if target.is_relative_to(folder):
        return
    raise CacheError(
        f"{path}: is a symbolic link that leads out of its folder, to {target}; such links are not"
        " followed",
        hint="Put the file itself there; the whole folder may be a link.",
    )
