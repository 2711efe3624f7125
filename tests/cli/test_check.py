from pathlib import Path

import pytest
from bad_inputs import CONFIG

from attrx.cli.app import run
from attrx.testing import VendorServer


def write(server: VendorServer, folder: Path) -> None:
    model = f"provider: openai\n    model: gpt-4\n    base_url: {server.base_url('openai')}"
    (folder / "attrx.yaml").write_text(
        CONFIG.replace(
            "provider: mock\n    temperature: 0\n    options: {accuracy: 0.9, seed: 1}", model
        )
    )


def test_each_model_has_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with VendorServer() as server:
        write(server, tmp_path)
        assert run(["check"]) == 0
    printed = capsys.readouterr()
    rows = {
        line.split()[0]: line.split()[1:]
        for line in printed.out.splitlines()
        if line[:3] in ("one", "two")
    }
    assert (rows["one"][0], rows["one"][2:4]) == ("ok", ["json_schema", "yes"])
    assert rows["two"] == ["not", "asked"]
    assert printed.err == ""


def test_a_model_that_cannot_be_used_is_an_error_with_a_hint_and_exit_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with VendorServer(faults=lambda call: "unauthorized") as server:
        write(server, tmp_path)
        assert run(["check", "--models", "one"]) == 1
    printed = capsys.readouterr()
    assert "failed" in printed.out
    assert printed.err.startswith("ERROR: ")
    assert "'one'" in printed.err
