"""What lies in a cache folder by attrx's own hand."""

from __future__ import annotations

import re
from pathlib import Path

_OWN_NAMES = re.compile(
    r"cache\.json.*|journal\.sqlite.*|lock|lock\.owner.*|products|answers|votes|gold|(aside|spool)-.*"
)


def is_own_name(name: str) -> bool:
    """Whether attrx gives this name to a file or folder in a cache folder."""
    return _OWN_NAMES.fullmatch(name) is not None


def is_own_folder(folder: Path) -> bool:
    """Whether nothing lies in a folder that attrx did not put there; an empty one is its own."""
    return all(is_own_name(path.name) for path in folder.iterdir())
