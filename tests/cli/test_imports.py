from pathlib import Path

import pytest
from bad_inputs import CONFIG

from attrx.cli.app import run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("attrx.yaml").write_text(CONFIG)


def test_what_was_imported_is_told_and_then_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.csv").write_text(
        "product_id,attribute,model,value\np1,gender,one,male\np1,brand,one,Acme\np1,gender,two,female\np2,gender,one,men\n"
    )
    assert run(["import", "answers.csv"]) == 0
    assert capsys.readouterr().err == "4 rows: 3 answers about 2 products imported\n"
    assert run(["cache", "info"]) == 0
    printed = capsys.readouterr().out
    rows = [line.split() for line in printed.splitlines()]
    assert ["one", "imported", "2"] in rows
    assert ["two", "imported", "1"] in rows


def test_conflicts_and_unknown_models_are_warned_of(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.csv").write_text(
        "product_id,attribute,model,value\np1,gender,one,male\np1,gender,one,female\np1,gender,six,male\n"
    )
    assert run(["import", "answers.csv", "--quiet"]) == 0
    warnings = capsys.readouterr().err
    assert "six" in warnings
    assert "1 row contradicted an earlier row of the file; the last one counts" in warnings


def test_a_file_without_the_columns_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    Path("answers.csv").write_text("sku,answer\np1,male\n")
    assert run(["import", "answers.csv"]) == 1
    assert capsys.readouterr().err.startswith("ERROR: answers.csv")
