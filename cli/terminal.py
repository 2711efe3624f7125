"""Where everything is printed: data and tables to stdout, messages and progress to stderr."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from .formatting import printable_lines

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from ..configs.notices import Notice

LogFormat = Literal["text", "json"]
Level = Literal["info", "warning", "error"]

_WIDTH_OF_A_FILE = 200
_STYLES: dict[Level, str] = {"info": "", "warning": "yellow", "error": "bold red"}
_PREFIXES: dict[Level, str] = {"info": "", "warning": "WARNING: ", "error": "ERROR: "}


class Terminal:
    """What a command prints with.

    Attributes:
        quiet: Print warnings, errors and what was asked for, and nothing else.
        log_format: How messages and progress are written; tables are text in either case.
        command: The command line, as a shell takes it.
    """

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.quiet = False
        self.log_format: LogFormat = "text"
        self.command = "the same command"
        self._now = now
        self._facts: dict[str, Any] = {}
        self._warnings: Counter[str] = Counter()
        self._told_notices: set[tuple[str, str]] = set()

    @cached_property
    def out(self) -> Console:
        """Stdout."""
        return _console(stderr=False)

    @cached_property
    def err(self) -> Console:
        """Stderr."""
        return _console(stderr=True)

    @property
    def live(self) -> bool:
        """Whether progress can be drawn over and over in the same place."""
        return (
            self.err.is_terminal
            and not self.err.is_dumb_terminal
            and self.log_format == "text"
            and not self.quiet
        )

    def note(self, text: str, event: str = "note", **fields: Any) -> None:
        """Say something worth knowing.

        Args:
            text: One or more lines.
            event: What it is about, for `--log-format json`.
            fields: Further values for `--log-format json`.
        """
        if not self.quiet:
            self._say("info", text, event, fields)

    def warning(self, notice: Notice, event: str = "warning", **fields: Any) -> None:
        """Say that something may be wrong; `--quiet` does not hold it back.

        Args:
            notice: What; `--log-format json` gives its fields as `run.json` does.
            event: As in `note`.
            fields: As in `note`.
        """
        if (notice.kind, notice.text) in self._told_notices:  # asking and combining may both know
            return
        self._told_notices.add((notice.kind, notice.text))
        self._warnings[notice.kind] += 1
        self._say("warning", notice.text, event, fields | notice.to_json())

    def error(self, text: str, hint: str = "", **fields: Any) -> None:
        """Say why the command failed, and what to do next."""
        if self.log_format == "json":
            self._say("error", text, "error", fields | ({"hint": hint} if hint else {}))
            return
        self._say("error", text, "error", fields)
        for line in printable_lines(hint).splitlines():
            self._print(f"Hint: {line}", "")

    def facts(self, **fields: Any) -> None:
        """Keep what the command came to for its summary."""
        self._facts |= fields

    def summarize(self, exit_code: int) -> None:
        """With `--log-format json`, end with one line that holds it all, also under `--quiet`.

        Args:
            exit_code: The command's.
        """
        if self.log_format != "json":
            return
        fields = self._facts | {"exit_code": exit_code, "warnings": dict(self._warnings)}
        self._say("info", f"exit code {exit_code}", "summary", fields)

    def show(self, table: RenderableType, *, asked_for: bool = False) -> None:
        """Print a table to stdout.

        Args:
            table: What to print.
            asked_for: The table is what the command is there for, so that `--quiet` does not hold
                it back.
        """
        if asked_for or not self.quiet:
            self.out.print(table)

    def show_text(self, text: str) -> None:
        """Print a text that the command is there for to stdout, its lines as long as they are."""
        plain = printable_lines(text)
        self.out.print(plain, markup=False, highlight=False, emoji=False, soft_wrap=True)

    def _say(self, level: Level, text: str, event: str, fields: dict[str, Any]) -> None:
        plain = printable_lines(text)
        if self.log_format == "json":
            record = {
                "time": self._now().isoformat(timespec="milliseconds"),
                "level": level,
                "event": event,
            }
            self._print(json.dumps(record | {"message": plain} | fields), "")
        else:
            self._print(_PREFIXES[level] + plain, _STYLES[level])

    def _print(self, line: str, style: str) -> None:
        # Text is never read as markup: `[bold]` in a product's title stays what it is.
        self.err.print(
            line, style=style, markup=False, highlight=False, emoji=False, soft_wrap=True
        )


def _console(*, stderr: bool) -> Console:
    from .lasting_console import LastingConsole

    environment = dict(os.environ)
    for name in ("COLUMNS", "LINES"):  # a terminal of size 0x0, as containers have, has no size
        if not environment.get(name, "").strip("0 "):
            environment.pop(name, None)
    console = LastingConsole(stderr=stderr, highlight=False, _environ=environment)
    if not console.is_terminal and "COLUMNS" not in environment:
        console.width = (
            _WIDTH_OF_A_FILE  # tables in a file or a pipe are not squeezed into 80 columns
        )
    return console


def survive_any_encoding() -> None:
    """Let characters that the terminal's encoding lacks be replaced, not end the run."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")
