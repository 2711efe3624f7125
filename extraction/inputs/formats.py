"""Which format a file has, and who opens it.

CSV, TSV, JSON, Parquet and workbooks, each also gzipped.

Everything becomes text; a value that is not there becomes the empty text. Rows are numbered from 1,
the header apart. A new format is one file with one function, and one line in `_OPENERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ...configs.errors import InputError
from ...configs.settings import InputSettings
from .bounds import check_columns
from .delimited_text import open_delimited, open_delimited_sheet, open_tab_separated
from .file_state import FileState, state_of, watch_rows
from .json_table import open_json
from .parquet_table import open_parquet
from .source_file import SourceFile
from .table import ONE_ROW_PER_PRODUCT, Table


def _open_workbook(file: SourceFile, settings: InputSettings) -> Table:
    from .workbook import open_workbook  # noqa: PLC0415  openpyxl takes a moment to import

    return open_workbook(file, settings)


Opener = Callable[[SourceFile, InputSettings], Table]

_OPENERS: dict[str, Opener] = {
    ".csv": open_delimited,
    ".tsv": open_tab_separated,
    ".tab": open_tab_separated,
    ".txt": open_delimited,
    ".json": open_json,
    ".jsonl": open_json,
    ".ndjson": open_json,
    ".parquet": open_parquet,
    ".xlsx": _open_workbook,
}
FORMATS = ".csv, .tsv, .txt, .json, .jsonl (or .ndjson), .parquet and .xlsx, each also with .gz"
"""The formats, as messages list them."""


def open_table(path: Path, settings: InputSettings) -> Table:
    """Open a products file of any supported format.

    Args:
        path: The file; its name's ending says the format.
        settings: Column names, and the encoding and separator where they are given.

    Raises:
        InputError: The file is missing, empty, of an unknown kind, or broken (also while its rows
            are walked).
    """
    check_file(path)
    state = state_of(path)
    opener, is_gzipped = _opener_of(path)
    return _watch(opener(SourceFile(path, is_gzipped), settings), state)


def open_sheet(path: Path, columns: Sequence[str]) -> Table:
    """Open a table that a person filled in, of any supported format.

    Rows may be shorter than the header: Excel leaves out separators at the end of rows, where
    sixteen rows in sequence have nothing in their last columns.

    Args:
        path: The file.
        columns: At least two columns that it should have.

    Raises:
        InputError: As `open_table`.
    """
    check_file(path)
    state = state_of(path)
    opener, is_gzipped = _opener_of(path)
    file = SourceFile(path, is_gzipped)
    settings = InputSettings(id=columns[0], text=tuple(columns[1:]))
    if opener in (open_delimited, open_tab_separated):
        opener = open_delimited_sheet
    return _watch(opener(file, settings), state)


def _watch(table: Table, state: FileState) -> Table:
    """The table, whose file must not change while its rows are walked."""
    check_columns(table.path, len(table.columns))
    return replace(table, rows=watch_rows(table.rows, table.path, state), state=state)


def check_file(path: Path) -> None:
    """Check what can be told of a file without reading it.

    Raises:
        InputError: The file is missing, empty, or of an unknown kind.
    """
    if str(path) == "-":
        hint = "Save what comes from the other program first, and give that file."
        raise InputError("-: expected a file, which can be read several times", hint=hint)
    if path.is_dir():
        raise InputError(f"{path}: is a folder, expected a file")
    if not path.exists():
        raise InputError(f"{path}: no such file")
    _opener_of(path)
    if state_of(path).bytes == 0:
        raise InputError(f"{path}: the file is empty", hint=ONE_ROW_PER_PRODUCT)


def _opener_of(path: Path) -> tuple[Opener, bool]:
    """What opens a file by the ending of its name, and whether the file is gzipped."""
    endings = [suffix.lower() for suffix in path.suffixes]
    is_gzipped = endings[-1:] == [".gz"]
    if is_gzipped:
        endings.pop()
    opener = _OPENERS.get(endings[-1]) if endings else None
    if opener is None:
        raise InputError(
            f"{path}: cannot tell the format from the name", hint=f"Supported: {FORMATS}."
        )
    return opener, is_gzipped
