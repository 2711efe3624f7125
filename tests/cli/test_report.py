from pathlib import Path

import pytest

from attrx.cli.app import run
from attrx.runs.init import init


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, "gender")
    monkeypatch.chdir(tmp_path)


def test_the_report_lies_beside_the_values(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    capsys.readouterr()
    assert run(["report"]) == 0
    assert capsys.readouterr().err == "wrote out/report.html\n"
    assert Path("out/report.html").read_text().startswith("<!doctype html>")


def test_the_report_goes_where_it_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    assert run(["report", "--to", "public/today.html", "--quiet"]) == 0
    assert Path("public/today.html").exists()
    assert not Path("out/report.html").exists()


def test_the_report_replaces_a_page_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    config = Path("attrx.yaml").read_text()
    assert run(["report", "--to", "attrx.yaml"]) == 1
    assert "is no page, and would be replaced by one" in capsys.readouterr().err
    assert Path("attrx.yaml").read_text() == config
    assert run(["report"]) == run(["report"]) == 0


def test_a_folder_gets_a_page_of_the_usual_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    Path("v1.2").mkdir()
    for folder in ("new", "v1.2"):
        assert run(["report", "--to", folder]) == 0
        assert f"wrote {folder}/report.html\n" in capsys.readouterr().err
        assert Path(folder, "report.html").read_text().startswith("<!doctype html>")


def test_without_values_it_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["report"]) == 1
    assert capsys.readouterr().err.startswith(
        "ERROR: out/run.json: no values yet\nHint: Run `attrx ensemble`"
    )


def test_where_only_a_try_out_was_run_the_hint_names_its_folder(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--limit", "3", "--quiet"]) == 0
    assert run(["report"]) == 1
    assert "Hint: Give `--from out/tryout` for those of the try-out" in capsys.readouterr().err
