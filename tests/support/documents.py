"""The documents as the tests see them.

Their blocks of code, and what a shell prints when it runs them.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = (
    *sorted(ROOT.glob("*.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "examples").rglob("*.md")),
)
_BLOCK = re.compile(r"(<!-- not run: [^\n]+ -->\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_MANY_DECIMALS = re.compile(r"\d+\.\d{7,}")
_NEXT = "=== next command ==="


@dataclass(frozen=True)
class Block:
    """A fenced block of code.

    Attributes:
        language: What stands behind the fence.
        text: What it holds.
        runs: Whether a shell can run it; `<!-- not run: why -->` in the line before says that it
            cannot.
    """

    language: str
    text: str
    runs: bool


@dataclass(frozen=True)
class Step:
    """A command of a console block, and what the document says that it prints.

    A line `...` stands for any lines.
    """

    command: str
    printed: str

    def matches(self, printed: str) -> bool:
        """Whether a shell printed what the document says."""
        lines = (
            "(?:.*\n)*?" if line == "..." else re.escape(f"{line}\n")
            for line in _lines(self.printed)
        )
        return (
            re.fullmatch("".join(lines), "".join(f"{line}\n" for line in _lines(printed)))
            is not None
        )

    def shown_anew(self, printed: str) -> str:
        """What the document should say; an end that was left out stays so."""
        shown = self.printed.splitlines()
        lines = [line.rstrip() for line in printed.splitlines()]
        if shown[-1:] == ["..."]:
            lines = [*lines[: len(shown) - 1], "..."]
        return "".join(f"{line}\n" for line in lines)


def blocks(path: Path, language: str) -> list[Block]:
    """The blocks of one language in a document."""
    found = _BLOCK.findall(path.read_text(encoding="utf-8"))
    return [Block(named, text, not mark) for mark, named, text in found if named == language]


def steps(block: Block) -> Iterator[Step]:
    """The commands of a console block."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, printed = part.partition("\n")
        yield Step(command, printed)


def run_all(commands: Iterable[str], folder: Path) -> list[str]:
    """Run commands one after the other in one shell.

    Args:
        commands: What a user would type; they find the `attrx` of this environment.
        folder: Where they run.

    Returns:
        What each printed, to stdout and to stderr.
    """
    script = "".join(f"echo '{_NEXT}'\n{command}\n" for command in commands)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        name: value for name, value in os.environ.items() if name not in {"COLUMNS", "FORCE_COLOR"}
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment | {"PATH": path, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    return done.stdout.split(f"{_NEXT}\n")[1:]


def table_under(path: Path, first_header: str) -> list[tuple[str, ...]]:
    """The rows of the Markdown table whose first column has this header, as texts."""
    rows = []
    lines = iter(path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith(f"| {first_header} |"):
            next(lines)
            break
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(
            tuple(cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1])
        )
    return rows


def anchors(path: Path) -> set[str]:
    """The headings of a document as links name them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def code_in(text: str) -> list[str]:
    """What stands between backticks."""
    return re.findall(r"`([^`]+)`", text)


def _lines(text: str) -> list[str]:
    """The lines without spaces at their ends, with decimals as far as machines agree on them."""
    lines = [
        _MANY_DECIMALS.sub(lambda number: f"{float(number[0]):.6g}", line.rstrip())
        for line in text.splitlines()
    ]
    return lines
