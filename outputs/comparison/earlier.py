"""An earlier run that this one is compared with."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...configs.errors import InputError
from ...configs.notices import Notice
from ...configs.settings import Settings
from .changes import Changes, count_rows, write_changes
from .drift import Versions, learning_difference, read_earlier_run, shift_notices

FILES = ("values.parquet", "votes.parquet", "weights.csv", "run.json")


@dataclass(frozen=True)
class EarlierRun:
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

    def shift_notices(
        self, output: Path, versions: Versions, settings: Settings
    ) -> Iterator[Notice]:
        """Say what moved more than chance would."""
        return shift_notices(self.folder, output, versions, settings)

    def not_compared(self, settings: Settings) -> str:
        """Why the agreement of the models is not compared; empty where it is."""
        difference = learning_difference(self.folder, settings)
        if not difference:
            return ""
        return f"the agreement of the models is not compared with the earlier run's: {difference}"


def find_earlier_run(folder: Path | None, note: Callable[[str], None]) -> Path | None:
    """The folder with which a run is compared, where it holds an earlier one.

    Where it holds none, this is the first run: that is noted, so that every night can be run with
    the same command.

    Args:
        folder: What `--compare` names; None where it was not given.
        note: Told where there is nothing to compare with.

    Raises:
        InputError: The earlier run cannot be read, or a file was named.
    """
    if folder is None:
        return None
    if folder.is_file():
        hint = "Give --compare the output folder of an earlier run."
        raise InputError(f"{folder}: is a file", hint=hint)
    for name in FILES:
        if not (folder / name).exists():
            note(f"no earlier run in {folder} to compare with: there is no {name}")
            return None
    count_rows(folder / "values.parquet")
    count_rows(folder / "votes.parquet")
    read_earlier_run(folder)
    return folder


def hold_earlier_run(folder: Path, scratch: Path) -> EarlierRun:
    """Take hold of the files of an earlier run, before this run replaces them, which it may."""
    held_folder = scratch / "earlier"
    held_folder.mkdir()
    for name in FILES:
        _hold(folder / name, held_folder / name)
    return EarlierRun(held_folder, scratch)


def _hold(source: Path, target: Path) -> None:
    """A second name for a file where the disk allows it, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
