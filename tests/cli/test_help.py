"""Each command's help is kept as a file: a change is seen; ATTRX_UPDATE_GOLDEN=1 writes them."""

import os
from pathlib import Path

import pytest

from attrx.cli.app import app, run

GOLDEN = Path(__file__).parent / "golden"


def commands(node: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [path]
    for name, command in getattr(node, "commands", {}).items():
        found += commands(command, (*path, name))
    return found


def all_commands() -> list[tuple[str, ...]]:
    from typer.main import get_command

    return commands(get_command(app))


@pytest.mark.parametrize(
    "command", all_commands(), ids=lambda command: " ".join(("attrx", *command))
)
def test_the_help_is_the_kept_one(
    command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert run([*command, "--help"]) == 0
    printed = capsys.readouterr().out
    path = GOLDEN / f"{'-'.join(('attrx', *command))}.txt"
    if os.environ.get("ATTRX_UPDATE_GOLDEN"):
        path.write_text(printed)
    assert printed == path.read_text()


def test_no_kept_help_is_of_a_command_that_is_gone() -> None:
    names = {f"{'-'.join(('attrx', *command))}.txt" for command in all_commands()}
    assert {path.name for path in GOLDEN.iterdir()} == names
