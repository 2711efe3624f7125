import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bad_inputs import CASES, CONFIG, BadInput

from attrx.cli.app import run
from attrx.configs.errors import (
    AttrxError,
    AuthError,
    CacheError,
    CacheLocked,
    ConfigError,
    InputError,
)

HEAVY = (
    "openai",
    "anthropic",
    "huggingface_hub",
    "pandas",
    "pyarrow",
    "numpy",
    "jinja2",
    "aiohttp",
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("attrx.yaml").write_text(CONFIG)


def fails_with(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    def status(*_: object) -> None:
        raise error

    monkeypatch.setattr("attrx.runs.status.status", status)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_input_is_an_error_on_stderr_and_an_exit_code(
    case: BadInput, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    case.write(tmp_path)
    assert run(case.command) == case.code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("ERROR: ")
    assert "Traceback" not in printed.err
    for part in case.parts:
        assert part in printed.err
    for secret in case.unsaid:
        assert secret not in printed.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("no"), 2),
        (InputError("no"), 1),
        (CacheError("no"), 1),
        (CacheLocked("no"), 5),
        (AuthError("no"), 1),
        (AttrxError("no"), 1),
        (PermissionError(13, "Permission denied", "out/values.csv"), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_every_error_has_its_exit_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(error, monkeypatch)
    assert run(["status"]) == code


def test_an_error_is_a_line_and_its_hint_another(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_with(CacheLocked("process 12 on host holds .attrx", hint="Wait for it."), monkeypatch)
    run(["status"])
    assert capsys.readouterr().err == "ERROR: process 12 on host holds .attrx\nHint: Wait for it.\n"


def test_a_full_disk_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_with(OSError(28, "No space left on device", "out/values.csv"), monkeypatch)
    run(["status"])
    assert capsys.readouterr().err == "ERROR: out/values.csv: No space left on device\n"


def test_a_bug_is_not_dressed_up_as_a_users_error(monkeypatch: pytest.MonkeyPatch) -> None:
    fails_with(TypeError("a bug"), monkeypatch)
    with pytest.raises(TypeError):
        run(["status"])


def test_an_error_cannot_act_on_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_with(InputError("row 3: id '\x1b[2J[red]x'", hint="\x1b]0;title\x07Fix it."), monkeypatch)
    run(["status"])
    assert capsys.readouterr().err == "ERROR: row 3: id '[red]x'\nHint: Fix it.\n"


def test_with_json_an_error_is_one_json_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fails_with(InputError("row 3\nrow 4", hint="Fix them."), monkeypatch)
    run(["status", "--log-format", "json"])
    line, summary = capsys.readouterr().err.splitlines()
    record = json.loads(line)
    assert (record["level"], record["message"], record["hint"]) == (
        "error",
        "row 3\nrow 4",
        "Fix them.",
    )
    assert json.loads(summary)["event"] == "summary"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["extrac"], "No such command 'extrac'. Did you mean 'extract'?"),
        (["status", "--confg", "x"], "No such option: --confg"),
        (["extract"], "Missing argument 'INPUT'."),
        (["extract", "p.csv", "--limit", "0"], "Invalid value for '--limit'"),
        (["extract", "p.csv", "--limit", "many"], "Invalid value for '--limit'"),
        (["extract", "p.csv", "--max-cost", "nan"], "Invalid value for '--max-cost'"),
        (["extract", "p.csv", "--max-cost", "-1"], "Invalid value for '--max-cost'"),
        (["status", "--log-format", "xml"], "Invalid value for '--log-format'"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"ERROR: {message}")
    assert "--help` explains." in printed.err
    assert printed.out == ""


def test_without_arguments_the_help_is_printed_and_the_code_is_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([]) == 2
    assert capsys.readouterr().err.startswith("Usage: attrx")


def test_the_version_goes_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("attrx 0.")


def test_help_imports_no_sdk_and_no_table_library() -> None:
    script = (
        "import sys; from attrx.cli.app import run; code = run(['--help']);"
        "names = {name.split('.')[0] for name in sys.modules};"
        f"print(*sorted(names & set({HEAVY})), code, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stderr.split() == ["0"]


@pytest.mark.parametrize(("command", "code"), [(["--help"], 1), (["status", "--quiet"], 0)])
def test_a_reader_that_leaves_early_is_told_nothing(command: list[str], code: int) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as stdout:
        arguments = [sys.executable, "-m", "attrx", *command]
        done = subprocess.run(arguments, stdout=stdout, stderr=subprocess.PIPE, check=False)
    assert done.stderr == b""
    assert done.returncode == code


def test_a_terminal_without_unicode_does_not_end_the_run() -> None:
    Path("attrx.yaml").write_text(CONFIG.replace("brand", "größe–日本").replace("open:", "opn:"))
    done = subprocess.run(
        [sys.executable, "-m", "attrx", "status"],
        capture_output=True,
        check=False,
        env={"PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith(b"ERROR: attrx.yaml:11: attributes.gr")
    assert done.stderr.count(b"?") >= 4
