"""Are the files of an output folder of one run? Those of different runs would contradict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ..configs.errors import InputError
from .commit_record import RUN, output_path
from .file_digests import is_of_run
from .read_back import read_run

TABLES = ("values.parquet", "votes.parquet")
"""What programs read; tables in CSV may have been saved by a spreadsheet since."""


def read_whole_run(folder: Path, hint: str = "Run `attrx ensemble` again.") -> dict[str, Any]:
    """The `run.json` of an output folder whose tables are those that it tells of.

    Args:
        folder: The output folder.
        hint: What to do where they are not.

    Raises:
        InputError: They are of different runs, or cannot be read, or there is no run yet.
    """
    run = read_run(output_path(folder, RUN))
    for name in TABLES:
        path = output_path(folder, name)
        if not _is_of(run, path, hint):
            raise InputError(
                f"{path}: is of another run than the one that {folder / RUN} tells of", hint=hint
            )
    return run


def _is_of(run: Mapping[str, Any], path: Path, hint: str) -> bool:
    try:
        n_rows = pq.read_metadata(path).num_rows
        # Runs of earlier editions left no digests, but the number of cells.
        return bool(n_rows == run.get("cells", n_rows)) and is_of_run(path, run)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read: {error}", hint=hint) from error
