"""Files that an earlier run wrote and this one does not: left there, they would be taken for this run's."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path

import orjson

from .cells import CELL_FILES

OUTPUTS = frozenset({*CELL_FILES, "products.csv", "weights.csv", "changes.csv", "run.json"})
"""All that `ensemble` writes, by name."""


def remove_leftovers(folder: Path, written: Collection[str]) -> Iterator[Path]:
    """Remove what the earlier run says it wrote into an output folder, apart from what was written now.

    Called while `run.json` is still the earlier run's: the output folder may hold files of the
    user's, also of these names, and only that list tells them apart.

    Args:
        folder: The output folder.
        written: Names of this run's files.

    Yields:
        What was removed.
    """
    for name in sorted(_recorded(folder) - set(written)):
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
    if list(remove_leftovers(folder, {"run.json"})):
        (folder / "run.json").unlink()
        with contextlib.suppress(OSError):  # not empty
            folder.rmdir()
        yield folder


def _recorded(folder: Path) -> frozenset[str]:
    """The files that the run of a folder says it wrote; none where it says nothing that can be read."""
    try:
        run = orjson.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        return frozenset()
    files = run.get("files") if isinstance(run, dict) else None
    return (
        OUTPUTS & {name for name in files if isinstance(name, str)}
        if isinstance(files, list)
        else frozenset()
    )
