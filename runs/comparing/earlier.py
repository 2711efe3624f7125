"""An earlier run that this one is compared with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...configs.errors import InputError
from ...configs.settings import Settings
from .changes import Changes, write_changes
from .nights import Versions, what_moved

FILES = ("values.parquet", "votes.parquet", "weights.csv", "run.json")


@dataclass(frozen=True)
class Earlier:
    """The files of an earlier run, kept from being replaced.

    Attributes:
        folder: Holds `FILES`.
        scratch: A folder for what does not fit into memory.
    """

    folder: Path
    scratch: Path

    def write_changes(self, output: Path, settings: Settings) -> Changes:
        """Write `changes.csv` into this run's output folder."""
        names = [model.name for model in settings.models]
        return write_changes(self.folder, output, output / "changes.csv", self.scratch, names)

    def what_moved(self, output: Path, versions: Versions, settings: Settings) -> Iterator[str]:
        """Say in words what moved more than chance would."""
        return what_moved(self.folder, output, versions, settings)


def open_earlier(folder: Path, scratch: Path) -> Earlier:
    """Take hold of an earlier run's files before this run replaces them, which it may.

    Raises:
        InputError: A file is missing.
    """
    kept = scratch / "earlier"
    kept.mkdir()
    for name in FILES:
        try:
            _hold(folder / name, kept / name)
        except FileNotFoundError as error:
            raise InputError(
                f"{folder / name}: no such file", hint="Give --compare the output folder of an earlier run."
            ) from error
    return Earlier(kept, scratch)


def _hold(source: Path, target: Path) -> None:
    """A second name for a file where the disk allows it, else a copy."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        shutil.copyfile(source, target)
