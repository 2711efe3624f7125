"""Write docs/hostile.md: what was tried to break a run, and what is promised.

`make docs` calls this file; the rows are those of the tables that `make test-hostile` runs, and a
test compares the page with what it would write.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import bombs
import crash_scenarios
import damaged_files
import injections
import odd_batch_files
import odd_behaviours
import readers
from documents import ROOT
from file_damage import DAMAGES

PAGE = ROOT / "docs" / "hostile.md"
SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGPIPE", "SIGUSR1", "SIGQUIT")
_INTRODUCTION = """\
# What was tried to break a run

`make test-hostile` tries all of this: kills, servers, files, texts and machines that mean no good. It is no part of
`make test`, and takes a quarter of an hour at most on two cores. Every row below is a row of a table in `tests/support` that
the tests in `tests/hostile` run; `make docs` writes this page from them, and a test compares the two. What attrx trusts whom
with is in [SECURITY.md](../SECURITY.md).
"""


def written_page() -> str:
    """The page as it should be."""
    return "\n".join(
        [
            _INTRODUCTION,
            *_crashes(),
            *_signals(),
            *_files(),
            *_servers(),
            *_batches(),
            *_texts(),
            *_bombs(),
            *_limits(),
            *_readers(),
        ]
    )


def _crashes() -> Iterable[str]:
    yield "## Kills\n"
    yield (
        "A command is killed (SIGKILL) before each of its operations on files, one after the other:"
        " each file opened for writing, renamed, removed or forced to the disk, each change and commit"
        f" of SQLite, each write of Arrow. Promised: {_uncapitalised(crash_scenarios.ALWAYS)}\n"
    )
    rows = (*crash_scenarios.SCENARIOS, *crash_scenarios.BATCH_SCENARIOS)
    yield _table(("killed", "promised besides"), ((row.name, row.promise) for row in rows))


def _signals() -> Iterable[str]:
    yield "## Signals\n"
    yield (
        f"{', '.join(SIGNALS)}, each at every seventh of those operations. Promised: the run ends"
        " with exit code 0 or 130, or as the signal ends any process, and the same command again"
        " gives the outputs of a run that had none, and asks nothing that had been committed.\n"
    )


def _files() -> Iterable[str]:
    yield "## Damaged files\n"
    names = ", ".join(damage.name for damage in DAMAGES)
    yield (
        f"Each file in each state: it {names}. Of Parquet files a bit is also flipped in each mark, each"
        " column's header, dictionary and values, and the footer; of SQLite's in each field of the"
        " header and each page. Promised:\n"
    )
    for kind, promise in damaged_files.PROMISES.items():
        yield f"- {_KINDS[kind]}: {_uncapitalised(promise)}"
    yield ""
    yield _table(
        ("file", "kind", "read by"),
        (
            (f"`{file.path}`", _KINDS[file.kind], _commands(file.commands))
            for file in damaged_files.FILES
        ),
    )


_KINDS = {
    "cache": "the cache",
    "journal": "the journal",
    "log": "the journal's log",
    "output": "an output",
    "input": "what people wrote",
}


def _commands(commands: Iterable[str]) -> str:
    return ", ".join(f"`{command.replace(' --quiet', '')}`" for command in commands)


def _servers() -> Iterable[str]:
    yield "## Servers\n"
    count = len(odd_behaviours.BEHAVIOURS)
    yield (
        f"A server with one of {count} odd behaviours beside one that answers as it should, in turn as each"
        f" of the four vendors. Promised: {_uncapitalised(odd_behaviours.PROMISE)}\n"
    )
    groups = groupby(odd_behaviours.BEHAVIOURS, key=lambda behaviour: behaviour.group)
    yield _table(("kind", "the server"), ((group, _names(rows)) for group, rows in groups))


def _names(rows: Iterable[odd_behaviours.OddBehaviour]) -> str:
    return "; ".join(row.name for row in rows)


def _batches() -> Iterable[str]:
    yield "## Files of batches\n"
    yield (
        "The file of results of a batch, as OpenAI's and Anthropic's APIs give it, has what is named here."
        f" Promised: {_uncapitalised(odd_batch_files.PROMISE)}\n"
    )
    yield _table(("it has",), ((file.name,) for file in odd_batch_files.FILES))


def _texts() -> Iterable[str]:
    yield "## Texts that try to be more\n"
    yield (
        "Each stands in a product's title and category, in a model's answer, in a model's name at the"
        " vendor, and in a vendor's error. Promised:\n"
    )
    for place, promise in injections.PLACES.items():
        yield f"- {place}: {_uncapitalised(promise)}"
    yield ""
    yield _table(("the text tries",), ((row.name,) for row in injections.INJECTIONS))


def _bombs() -> Iterable[str]:
    yield "## Small files that want much\n"
    yield f"Promised: {_uncapitalised(bombs.BOMB_PROMISE)}\n"
    yield _table(("the file",), ((bomb.name,) for bomb in bombs.BOMBS))


def _limits() -> Iterable[str]:
    yield "## Machines that have little\n"
    yield f"Promised: {_uncapitalised(bombs.LIMIT_PROMISE)}\n"
    yield _table(
        ("limit", "exit code"),
        ((limit.name, "0 or 1" if limit.may_fail else "0") for limit in bombs.LIMITS),
    )
    yield "A file system that is full, with 0 to 320 KB left, is tried where one can be mounted.\n"


def _readers() -> Iterable[str]:
    yield "## Bytes of strangers\n"
    yield (
        "Every reader, under hypothesis: examples with pieces cut out, doubled, replaced and put in, and"
        f" bytes that are anything. Promised: {_uncapitalised(readers.PROMISE)}\n"
    )
    yield _table(("reader of",), ((reader.name,) for reader in readers.READERS))


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [_row(header), f"|{'---|' * len(header)}", *map(_row, rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _uncapitalised(text: str) -> str:
    return text[0].lower() + text[1:]


if __name__ == "__main__":
    PAGE.write_text(written_page(), encoding="utf-8")
