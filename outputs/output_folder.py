"""The output folder of a run: one writer at a time, and nothing left undone by an earlier one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from ..extraction.storage.scratch import scratch_folder, sweep_scratch
from ..extraction.storage.writer_lock import OUTPUT_LOCK, writer_lock
from .commit_record import finish
from .files import make_folder
from .stale_files import REFUSED_FOLDER


@contextlib.contextmanager
def open_for_outputs(folder: Path) -> Iterator[Path]:
    """Hold an output folder for writing, after finishing and sweeping what killed runs left.

    Args:
        folder: The folder; made if it is not there.

    Yields:
        A scratch folder in it, so that its disk is the one that needs the room.

    Raises:
        FolderLocked: Another run writes to it.
        CacheError: It cannot be written.
        InputError: It cannot be made, or is a file.
    """
    make_folder(folder)
    with writer_lock(folder, OUTPUT_LOCK):
        finish(folder)
        finish(folder / REFUSED_FOLDER)
        sweep_scratch(folder)
        with scratch_folder(folder, ".attrx") as scratch:
            yield scratch
