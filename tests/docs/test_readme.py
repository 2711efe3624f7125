"""The front page says what is so: its tables are compared with the code."""

from __future__ import annotations

import re
from typing import Any

import pytest
from documents import ROOT, blocks, code_in, steps, table_under

from attrx.cli.app import app, attrx, run
from attrx.cli.exit_codes import Code
from attrx.configs.errors import ConfigError
from attrx.configs.settings import ModelSettings
from attrx.providers.registry import known_providers, open_provider

README = ROOT / "README.md"


def commands() -> dict[str, Any]:
    from typer.main import get_command

    found: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    return found


def test_the_demo_shown_is_the_one_that_make_runs() -> None:
    recipe = (ROOT / "Makefile").read_text().split("\ndemo:")[1].split("\n\n")[0]
    made = re.findall(r"\$\(BIN\)/(attrx .*)", recipe)
    shown = [
        step.command for block in blocks(README, "console") if block.runs for step in steps(block)
    ]
    assert made == [
        command for command in shown if "demo" in command and command.startswith("attrx ")
    ]


def test_the_table_of_commands_names_every_command_once() -> None:
    named = [code_in(cells[0])[0].split()[1] for cells in table_under(README, "command")]
    assert sorted(named) == sorted(commands())


@pytest.mark.parametrize(
    "command", [code_in(cells[0])[0] for cells in table_under(README, "command")]
)
def test_a_command_is_shown_with_arguments_that_it_takes(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _, name, *arguments = command.split()
    assert run([name, "--help"]) == 0
    told = capsys.readouterr().out
    for argument in arguments:
        assert argument in told


def test_the_subcommands_shown_are_those_that_there_are() -> None:
    for cells in table_under(README, "command"):
        first, *others = code_in(cells[0])
        group = commands()[first.split()[1]]
        if hasattr(group, "commands"):
            assert {first.split()[2], *others} == set(group.commands)


def test_the_exit_codes_are_those_of_the_help() -> None:
    shown = {int(cells[0]) for cells in table_under(README, "exit code")}
    said = " ".join((attrx.__doc__ or "").split()).split("Exit codes: ")[1]
    assert shown == {int(code) for code in re.findall(r"(?:^|; )(\d+) ", said)}
    assert shown <= set(Code)


def test_every_provider_is_there_with_the_variable_of_its_key() -> None:
    rows = {code_in(cells[0])[0]: cells[-1] for cells in table_under(README, "`provider:`")}
    assert tuple(sorted(rows)) == known_providers()
    for name, key in rows.items():
        if key != "none":
            with pytest.raises(ConfigError, match=code_in(key)[0]):
                open_provider(ModelSettings(name="m", provider=name, model="m"))
