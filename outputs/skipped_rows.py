"""`skipped_rows.csv`: the rows of the input that could not be read and were left out."""

from __future__ import annotations

import contextlib
from pathlib import Path

from ..extraction.inputs.bad_rows import LONGEST_TEXT, BadRows
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from .files import make_folder, open_rows

FILE = "skipped_rows.csv"
COLUMNS = ("line", "reason", "text")


def skipped_files(bad_rows: BadRows | None) -> tuple[str, ...]:
    """The files that are written: the list, where there is anything to list."""
    return (FILE,) if bad_rows is not None and bad_rows.count else ()


def write_skipped_rows(output: Path, bad_rows: BadRows | None) -> Path | None:
    """Write the list, where there is anything to list, and its path; or remove an earlier one."""
    path = output / FILE
    if bad_rows is None or not skipped_files(bad_rows):
        _remove_old_list(path)
        return None
    make_folder(output)
    with open_rows(path, COLUMNS) as writer:
        for row in bad_rows.listed_rows:
            text = spreadsheet_safe(row.text[:LONGEST_TEXT].rstrip("\r\n"))
            writer.writerow((row.line, row.reason.lstrip(" :"), text))
    return path


def _remove_old_list(path: Path) -> None:
    """Remove the list of an earlier run; whatever else has its name stays."""
    header = ",".join(COLUMNS).encode()
    with contextlib.suppress(OSError), path.open("rb") as file:
        if file.read(len(header)) == header:
            path.unlink()
