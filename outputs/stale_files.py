"""Files that an earlier run wrote and this one does not: they would be taken for this run's."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import orjson

from .cells import CELL_FILES, REVIEW_WORKBOOK

REFUSED_FOLDER = "refused"
"""Folder in the output folder for what `require_no_worse_than_best` holds back."""
OUTPUTS = frozenset(
    {*CELL_FILES, REVIEW_WORKBOOK, "products.csv", "weights.csv", "changes.csv", "run.json"}
)
"""All that `ensemble` writes, by name."""


def is_of_earlier_run(path: Path) -> bool:
    """Whether a file of the output folder is there, and is one that an earlier run wrote."""
    return path.exists() and path.name in _files_of_earlier_run(path.parent)


def stale_files_of(folder: Path, new_files: Collection[str]) -> list[str]:
    """What the earlier run says it wrote into an output folder, but for the new files.

    The output folder may hold files of the user's, also of these names, and only the list in
    `run.json` tells them apart.

    Args:
        folder: The output folder; its `run.json` is still the earlier run's.
        new_files: Names of this run's files.

    Returns:
        Names of files that are there, in order.
    """
    stale = _files_of_earlier_run(folder) - set(new_files)
    return [name for name in sorted(stale) if (folder / name).exists()]


def files_of_whole_run(folder: Path) -> list[str]:
    """The names of all files that the run of a folder says it wrote; the folder need not exist."""
    files = stale_files_of(folder, {"run.json"})
    return [*files, "run.json"] if files else []


def _files_of_earlier_run(folder: Path) -> frozenset[str]:
    """The files that the run of a folder says it wrote; none where that cannot be read."""
    try:
        run = orjson.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        return frozenset()
    if not isinstance(run, dict):
        return frozenset()
    names: set[str] = set()
    for key in ("files", "stale_files"):
        files = run.get(key)
        if isinstance(files, list):
            names.update(name for name in files if isinstance(name, str))
    return OUTPUTS.intersection(names)
