"""Files that an earlier run wrote and this one does not: they would be taken for this run's."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

import orjson

from .cells import CELL_FILES, REVIEW_WORKBOOK

OUTPUTS = frozenset(
    {*CELL_FILES, REVIEW_WORKBOOK, "products.csv", "weights.csv", "changes.csv", "run.json"}
)
"""All that `ensemble` writes, by name."""


def is_of_earlier_run(path: Path) -> bool:
    """Whether a file of the output folder is there, and is one that an earlier run wrote."""
    return path.exists() and path.name in _files_of_earlier_run(path.parent)


def remove_stale_files(folder: Path, new_files: Collection[str]) -> Iterator[Path]:
    """Remove what the earlier run says it wrote into an output folder, but for the new files.

    Called while `run.json` is still the earlier run's: the output folder may hold files of the
    user's, also of these names, and only that list tells them apart.

    Args:
        folder: The output folder.
        new_files: Names of this run's files.

    Yields:
        What was removed.
    """
    stale = _files_of_earlier_run(folder) - set(new_files)
    for name in sorted(stale):
        with contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()
            yield folder / name


def remove_run(folder: Path) -> Iterator[Path]:
    """Remove a whole earlier run, and its folder where nothing else is in it.

    Args:
        folder: Its output folder; need not exist.

    Yields:
        The folder, where a run was in it.
    """
    files = list(remove_stale_files(folder, {"run.json"}))
    if not files:
        return
    (folder / "run.json").unlink()
    with contextlib.suppress(OSError):  # not empty
        folder.rmdir()
    yield folder


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
