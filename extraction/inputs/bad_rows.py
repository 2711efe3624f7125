"""Rows of an input that cannot be read: an error, or left out, listed and counted.

One row of a feed of 1.8 million whose owner is somebody else must not stop the night; that it was
left out must not be lost either.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ...configs.errors import InputError

LONGEST_TEXT = 2_000
SKIP_HINT = " To leave such rows out, set 'input.bad_rows: skip' in the config."
MOST_LISTED = 10_000
"""Rows that are listed; more are only counted."""


@dataclass(frozen=True)
class BadRow:
    """One row that was left out.

    Attributes:
        line: The line of the file on which it begins, from 1.
        reason: What is wrong with it.
        text: The row as it stands in the file.
    """

    line: int
    reason: str
    text: str


@dataclass
class BadRows:
    """What happens to rows that cannot be read.

    Attributes:
        path: The file.
        are_skipped: They are left out; otherwise the first one is an error.
        count: Rows that were left out so far.
        listed_rows: The first `MOST_LISTED` of them.
    """

    path: Path
    are_skipped: bool = False
    count: int = 0
    listed_rows: list[BadRow] = field(default_factory=list)

    def add(self, row: BadRow, *, number: int, hint: str) -> None:
        """Take note of a row.

        Args:
            row: The row.
            number: Its number among the rows, from 1; 0 is the header.
            hint: What to do about it.

        Raises:
            InputError: Such rows are not left out.
        """
        if not self.are_skipped or number == 0:
            raise InputError(
                f"{self.path}: row {number} (line {row.line}){row.reason}",
                hint=hint + SKIP_HINT,
            )
        self.count += 1
        if len(self.listed_rows) < MOST_LISTED:
            self.listed_rows.append(row)

    @property
    def summary(self) -> str:
        """What was left out, in words; empty where nothing was."""
        if not self.count:
            return ""
        first = self.listed_rows[0]
        rows = "1 row" if self.count == 1 else f"{self.count:,} rows"
        were = "was" if self.count == 1 else "were"
        more = "" if self.count == 1 else ", and so on"
        return (
            f"{self.path}: {rows} that cannot be read {were} left out: "
            f"line {first.line}{first.reason}{more}"
        )
