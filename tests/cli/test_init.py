from pathlib import Path

import pytest

from attrx.cli.app import run


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_files_are_named_and_what_comes_next(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "shop", "--preset", "gender"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "wrote shop/attrx.yaml",
        "wrote shop/attrx.vendors.yaml",
        "wrote shop/products.csv",
        "wrote shop/gold.csv",
        "Next: cd shop && attrx run products.csv",
    ]


def test_without_a_folder_it_writes_here(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init"]) == 0
    assert Path("attrx.yaml").exists()
    assert capsys.readouterr().err.endswith("Next: attrx run products.csv\n")


def test_a_second_time_is_a_usage_error_that_changes_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(["init"])
    Path("attrx.yaml").write_text("mine")
    assert run(["init"]) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
    assert Path("attrx.yaml").read_text() == "mine"
