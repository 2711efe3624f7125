"""A table of texts, whatever file it came from: column names, and rows as they are read."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from ...configs.errors import InputError
from ...configs.suggestions import did_you_mean
from .bad_rows import BadRows
from .dialect import Dialect
from .encodings import Encoding
from .file_state import FileState

Row = tuple[str, ...]
COLUMNS_SHOWN = 20
"""So many columns are listed where one is missing."""
ONE_ROW_PER_PRODUCT = "Expected a header and one row per product."


@dataclass(frozen=True)
class Table:
    """A file that is being read.

    Attributes:
        path: The file.
        columns: Column names in file order.
        rows: The rows, each as long as `columns`; can be walked once. Walking them raises an
            InputError where the file is broken.
        encoding: What text files were read as; None for Parquet and workbooks.
        bad_rows: Rows that were left out so far; None where a format has none.
        dialect: How a text of separated fields is written; None for other formats.
        state: What the disk said of the file when it was opened.
    """

    path: Path
    columns: tuple[str, ...]
    rows: Iterator[Row]
    encoding: Encoding | None = None
    bad_rows: BadRows | None = None
    dialect: Dialect | None = None
    state: FileState | None = None

    def index(self, column: str, role: str) -> int:
        """Position of a column, from 0.

        Args:
            column: Its name.
            role: What it is needed for, as messages say it.

        Raises:
            InputError: The column is not there, or is there twice.
        """
        times = self.columns.count(column)
        if times == 0:
            raise self._no_column(column, role)
        if times > 1:
            raise InputError(f"{self.path}: the header names '{column}' {times} times")
        return self.columns.index(column)

    def _no_column(self, column: str, role: str) -> InputError:
        hints = [did_you_mean(column, self.columns)]
        if role.startswith("input."):
            hints.append("Name the columns of your file under 'input:' in the config.")
        listing = ", ".join(self.columns[:COLUMNS_SHOWN])
        if len(self.columns) > COLUMNS_SHOWN:
            listing += " ..."
        return InputError(
            f"{self.path}: no column '{column}' ({role}); found: {listing}",
            hint=" ".join(filter(None, hints)),
        )


def id_text(value: Any) -> str:
    """An id of JSON or Parquet; one that pandas made a float is the whole number that it was."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return as_text(value)


def as_text(value: Any) -> str:
    """A value of JSON or Parquet as the text that a CSV would hold; "" for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, list | dict):
        return orjson.dumps(value, default=str).decode()
    return str(value)
