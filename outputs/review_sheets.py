"""The sheets of a run: written with what people typed into those that they replace."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..configs.errors import CacheError
from ..configs.notices import Notice
from ..configs.settings import Settings
from ..configs.wording import quantity
from .cells import REVIEW_SHEET, REVIEW_WORKBOOK
from .csv_format import CsvFormat
from .review import ReviewQueue
from .sheet_labels import SheetLabels, read_sheet_labels


class ReviewSheets:
    """The review queue as a person fills it in.

    Args:
        folders: The output folders whose sheets the new ones replace.
        settings: The configuration.

    Attributes:
        labels: What people typed into those sheets, as they were last read.
    """

    def __init__(self, folders: Sequence[Path], settings: Settings) -> None:
        self._folders = folders
        self._settings = settings
        self.labels = self._read()

    def _read(self) -> SheetLabels:
        return read_sheet_labels(self._folders, self._settings)

    def write(self, queue: ReviewQueue, staging: Path, csv_format: CsvFormat) -> None:
        """Write them into the folder of the new files.

        Somebody may save a sheet while a run goes on: it is then read anew.
        """
        while True:
            queue.write(staging / REVIEW_SHEET, self.labels, csv_format)
            if self._settings.output.workbooks:
                queue.write(staging / REVIEW_WORKBOOK, self.labels)
            if self.labels.are_current():
                return
            self.labels = self._read()

    def set_aside(self, files: Sequence[str]) -> Iterator[Notice]:
        """Keep what is not in the new sheets: those that cannot be read, or have no successor.

        Args:
            files: Names of this run's files.
        """
        for path, error in self.labels.unreadable.items():
            reason = error.message.removeprefix(f"{path}: ")
            kept_path = set_aside(path)
            text = f"{path} was changed, and cannot be read ({reason}): it stays as {kept_path}"
            yield Notice("sheet_set_aside", text)
        for path in sorted(self.labels.filled_in):
            if path.name not in files:
                kept_path = set_aside(path)
                text = f"{path} is not written any more, and was filled in: it stays as {kept_path}"
                yield Notice("sheet_set_aside", text)

    @property
    def note(self) -> str:
        """What was kept, in words; empty where nothing was."""
        n_cells = self.labels.cells
        return (
            f"kept the labels of {quantity(n_cells, 'cell')} in {REVIEW_SHEET}" if n_cells else ""
        )


def set_aside(path: Path) -> Path:
    """Give a file another name, under which it stays when another takes its place.

    Returns:
        The other path: the first free one, or one under which the same is kept already.

    Raises:
        CacheError: It cannot be made.
    """
    number = 1
    while True:
        kept_path = path.with_name(f"{path.stem}-kept-{number}{path.suffix}")
        if not kept_path.exists():
            _keep(path, kept_path)
            return kept_path
        if filecmp.cmp(path, kept_path, shallow=False):
            return kept_path
        number += 1


def _keep(path: Path, kept_path: Path) -> None:
    try:
        try:
            os.link(path, kept_path, follow_symlinks=False)
        except OSError:
            shutil.copyfile(path, kept_path)
    except OSError as error:
        raise CacheError(
            f"{kept_path}: cannot be written: {error.strerror or error}",
            hint=f"It would keep what was typed into {path}: move that away, and run again.",
        ) from error
