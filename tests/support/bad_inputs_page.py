"""Write docs/bad-inputs.md: every bad input is given to attrx, and what it said is put down.

`make docs` calls this file; a test compares the page with what it would write.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from collections.abc import Sequence
from pathlib import Path

import bad_answers
from bad_answers import ATTRIBUTES, BadAnswer
from bad_files import GOLD_CASES, IMPORT_CASES, OPTION_CASES, PRODUCTS_CASES
from bad_inputs import CONFIG_CASES, BadInput
from documents import ROOT

from attrx.cli.app import run

PAGE = ROOT / "docs" / "bad-inputs.md"
SECTIONS = (
    ("The config", CONFIG_CASES),
    ("Products", PRODUCTS_CASES),
    ("Options", OPTION_CASES),
    ("Gold", GOLD_CASES),
    ("Answers from elsewhere", IMPORT_CASES),
)
CASES = tuple(case for _, cases in SECTIONS for case in cases)
_LONGEST_SHOWN = 100
_INTRODUCTION = """\
# Bad inputs

What attrx says to what it cannot use, and what becomes of answers that are not as they should be. Every line was run:
`make docs` writes this page from the tables in `tests/support`, and a test compares the two.

Messages go to stderr after `ERROR: `, what to do next after `Hint: `. The exit code is 2 where the config or an option
is wrong, and 1 where a file is. No model is asked before all of the input has been found in order.

In these examples `attrx.yaml` has an id column `sku`, a text column `title`, the closed attribute `gender`, the open
attribute `brand`, and two mock models, `one` and `two`.
"""
_ANSWERS = f"""\
## Answers of models

No answer stops a run. Each becomes votes: a value, *absent* (the model says n/a), or a missing vote and why:
`left_out`, `off_list`, `unreadable` or `refused`. Asked here: `gender` (male with the synonym men, female, unisex),
`brand` (open), `weight` (a number in g; kg and oz are taken too), and `lining` (wool, None).

| what is wrong | the answer | {" | ".join(f"`{name}`" for name in ATTRIBUTES)} |
|---|---|{"---|" * len(ATTRIBUTES)}
"""


def said_about(case: BadInput, folder: Path) -> tuple[int, str]:
    """Give a bad input to attrx.

    Args:
        case: The case.
        folder: An empty folder.

    Returns:
        The exit code, and what was printed to stderr.
    """
    case.write(folder)
    with (
        contextlib.chdir(folder),
        contextlib.redirect_stdout(io.StringIO()),
        io.StringIO() as printed,
    ):
        with contextlib.redirect_stderr(printed):
            code = run(case.command)
        return code, printed.getvalue()


def written_page(folder: Path) -> str:
    """The page as it should be; `folder` is an empty one to work in."""
    parts = [_INTRODUCTION]
    for number, (title, cases) in enumerate(SECTIONS):
        parts.append(f"\n## {title}\n\n| what is wrong | what is said | exit |\n|---|---|---|\n")
        for place, case in enumerate(cases):
            work = folder / f"{number}-{place}"
            work.mkdir()
            parts.append(_row(case.name, *reversed(said_about(case, work))))
    work = folder / "answers"
    work.mkdir()
    return "".join([*parts, "\n", _ANSWERS, *_answer_rows(bad_answers.CASES, work)])


def _answer_rows(cases: Sequence[BadAnswer], folder: Path) -> list[str]:
    votes = bad_answers.votes_on(cases, folder)
    return [
        _row(case.name, _code(_shortened(case.raw)), *map(_vote, votes[case.name]))
        for case in cases
    ]


def _vote(text: str) -> str:
    return _code(text[1:-1]) if text.startswith("'") else f"*{text}*"


def _row(*cells: object) -> str:
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def _cell(content: object) -> str:
    """Text for a cell of a table: messages in code, and line breaks between them."""
    text = str(content).strip("\n")
    if "ERROR: " in text:
        lines = (line.removeprefix("ERROR: ") for line in text.split("\n"))
        text = "<br>".join(
            _plain(line) if line.startswith("Hint: ") else _code(line) for line in lines
        )
    return text.replace("|", r"\|")


def _plain(text: str) -> str:
    """Text whose signs Markdown would act on; backticks in pairs stay, and make code."""
    text = text.replace("*", r"\*").replace("<", r"\<")
    return text if text.count("`") % 2 == 0 else text.replace("`", r"\`")


def _code(text: str) -> str:
    """Text in code; backticks in it, and spaces at its ends, stay what they are."""
    if not text:
        return ""
    text = text.replace("\n", "⏎")
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _shortened(text: str) -> str:
    if len(text) <= _LONGEST_SHOWN:
        return text
    return (
        f"{text[: _LONGEST_SHOWN // 4]} … {text[-_LONGEST_SHOWN // 4 :]} ({len(text):,} characters)"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        PAGE.write_text(written_page(Path(scratch)), encoding="utf-8")
