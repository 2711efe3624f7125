"""Who may enter a folder, as `paths.mode` says it: a name, or an octal number."""

from __future__ import annotations

import re

PRIVATE = 0o700
_NAMED_MODES: dict[str, int | None] = {"private": PRIVATE, "group": 0o2770, "umask": None}
_OCTAL = re.compile("0?2?7[0-7][0-7]")


def folder_permissions(mode: str) -> int | None:
    """The permissions of a folder under a mode of the config.

    Args:
        mode: `private`, `group`, `umask`, or an octal number such as `0750`.

    Returns:
        The permissions; None where the umask decides.

    Raises:
        ValueError: It is none of these, or would lock its owner out.
    """
    if mode in _NAMED_MODES:
        return _NAMED_MODES[mode]
    if not _OCTAL.fullmatch(mode):
        names = ", ".join(_NAMED_MODES)
        raise ValueError(f"expected {names}, or an octal number from 0700 to 0777 (or 2777)")
    return int(mode, 8)


def check_mode(mode: str) -> str:
    """The mode, if it is one.

    Raises:
        ValueError: It is none.
    """
    folder_permissions(mode)
    return mode
