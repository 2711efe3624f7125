"""Where every part of a config was written, so that a message can name file and line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import ConfigError

KeyPath = tuple[str | int, ...]
"""Keys and list positions from the top: ("models", 0, "limits"); attributes go by name."""
MOST_PROBLEMS = 100
"""Of a config are listed; whoever has more has given another file."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the config that cannot be used.

    Attributes:
        path: What it is about.
        message: What was expected and what was found.
        hint: What to do next; one sentence, may be empty.
        at: The part whose line is named, where that is not the line of `path`.
        line: The line, counted from 1, where no part has it.
    """

    path: KeyPath
    message: str
    hint: str = ""
    at: KeyPath | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A config file and the lines of its keys and list items.

    Attributes:
        file: The file as the user named it.
        folder: Relative paths count from here.
        lines: Line, counted from 1, of each key and list item.
    """

    file: str
    folder: Path
    lines: Mapping[KeyPath, int] = field(repr=False)

    def line(self, path: KeyPath) -> int | None:
        """The line of this part, or of the nearest part around it that was written down."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return None


def label(path: KeyPath) -> str:
    """The path as a user reads it: `models[0].limits`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def config_error(problems: Iterable[Problem], source: Source | None) -> ConfigError:
    """One error that lists the problems by line, each as `attrx.yaml:7: models[0]: what is wrong`.

    Without a source (settings that were not read from a file) the lines are left out.
    """
    messages = []
    hints = []
    in_order = sorted(problems, key=lambda problem: _line(problem, source) or 0)
    for problem in in_order[:MOST_PROBLEMS]:
        messages.append(_message(problem, source))
        if problem.hint and problem.hint not in hints:
            hints.append(problem.hint)
    if len(in_order) > MOST_PROBLEMS:
        messages.append("and more of the kind")
    return ConfigError("\n".join(messages), hint="\n".join(hints))


def _line(problem: Problem, source: Source | None) -> int | None:
    if problem.line is not None or source is None:
        return problem.line
    return source.line(problem.at or problem.path)


def _message(problem: Problem, source: Source | None) -> str:
    parts = []
    if source is not None:
        line = _line(problem, source)
        parts.append(f"{source.file}:{line}" if line else source.file)
    if problem.path:
        parts.append(label(problem.path))
    return ": ".join([*parts, problem.message])
