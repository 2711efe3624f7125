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
from ...ensemble.methods.iwmv import Iwmv
from ...ensemble.weights import EarlierWeights
from ...extraction.cache.answer_facts import Versions
from ..commit_record import EARLIER, output_path, read_one_run, untold_run
from ..one_run import read_whole_run
from ..read_back import read_earlier_weights
from .changes import Changes, write_changes
from .drift import read_earlier_run, shift_notices
from .nights import RunNow

FILES = ("values.parquet", "votes.parquet", "weights.csv", "run.json")
_ANOTHER = (
    "Give --compare the output folder of another run, or run once without it: then that is the one"
    " to compare with."
)


@dataclass(frozen=True)
class EarlierRun:
    """The files of an earlier run, kept from being replaced.

    Attributes:
        folder: Holds `FILES`.
        scratch: A folder for what does not fit into memory.
    """

    folder: Path
    scratch: Path

    def keep_in(self, staging: Path) -> None:
        """Keep it among the new files, so that it is still there where they take its place."""
        kept_folder = staging / EARLIER
        kept_folder.mkdir()
        for name in FILES:
            _hold(self.folder / name, kept_folder / name)

    def write_changes(self, output: Path, settings: Settings) -> Changes:
        """Write `changes.csv` into this run's output folder."""
        names = [model.name for model in settings.models]
        return write_changes(self.folder, output, output / "changes.csv", self.scratch, names)

    def weights_of_iwmv(self) -> EarlierWeights | None:
        """What it learned without gold; None where something else weighed its votes.

        Raises:
            InputError: It cannot be read.
        """
        run = read_earlier_run(self.folder)
        method = run.get("choice") or run.get("method")
        if method != Iwmv.name or run.get("leader"):
            return None
        return read_earlier_weights(self.folder / "weights.csv", int(run["products"]))

    def shift_notices(self, run: RunNow, versions: Versions) -> Iterator[Notice]:
        """Say what moved more than chance would."""
        return shift_notices(self.folder, run, versions)


def find_earlier_run(folder: Path | None, output: Path, note: Callable[[str], None]) -> Path | None:
    """The folder with which a run is compared, where it holds an earlier one.

    Where it holds none, this is the first run: that is noted, so that every night can be run with
    the same command.

    Args:
        folder: What `--compare` names; None where it was not given.
        output: The output folder of this run.
        note: Told where there is nothing to compare with.

    Raises:
        InputError: The earlier run cannot be read, or a file was named.
    """
    if folder is None:
        return None
    if folder.is_file():
        hint = "Give --compare the output folder of an earlier run."
        raise InputError(f"{folder}: is a file", hint=hint)
    named_folder = folder
    folder = run_to_compare(folder, output)
    for name in FILES:
        if not output_path(folder, name).exists():
            note(f"no earlier run in {folder} to compare with: there is no {name}")
            return None
    read_one_run(folder, lambda: read_whole_run(folder, _ANOTHER))
    return named_folder


def run_to_compare(folder: Path, output: Path) -> Path:
    """Where the run is that this one is compared with.

    Args:
        folder: What `--compare` names.
        output: The output folder of this run.

    Returns:
        The same folder; or that of the run before, where a run was killed before it had said what
        changed.
    """
    is_own = is_same_folder(folder, output)
    return (untold_run(folder) if is_own else None) or folder


def is_same_folder(folder: Path, other: Path) -> bool:
    """Whether both paths lead to one folder."""
    return folder.resolve() == other.resolve()


def hold_earlier_run(folder: Path, scratch: Path) -> EarlierRun:
    """Take hold of the files of an earlier run, before this run replaces them, which it may.

    Raises:
        InputError: They are of different runs, or cannot be read.
    """
    held_folder = scratch / "earlier"
    held_folder.mkdir()
    read_one_run(folder, lambda: _hold_all(folder, held_folder))
    return EarlierRun(held_folder, scratch)


def _hold_all(folder: Path, held_folder: Path) -> None:
    for name in FILES:
        held_path = held_folder / name
        held_path.unlink(missing_ok=True)
        _hold(output_path(folder, name), held_path)
    read_whole_run(held_folder, _ANOTHER)


def _hold(source: Path, target: Path) -> None:
    """A second name for a file where the disk allows it, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
