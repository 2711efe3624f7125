import csv
import json
from pathlib import Path

import pytest

from attrx.cli.app import run
from attrx.runs.init import init


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, "gender")
    monkeypatch.chdir(tmp_path)
    assert run(["extract", "products.csv", "--quiet"]) == 0


def fill_in(sample: str, filled: str) -> None:
    with Path("gold.csv").open(newline="") as file:
        true = {(row["product_id"], row["attribute"]): row["value"] for row in csv.DictReader(file)}
    with Path(sample).open(newline="") as file:
        rows = list(csv.DictReader(file))
    with Path(filled).open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(
            {**row, "value": true[row["product_id"], row["attribute"]]} for row in rows
        )


def test_a_sample_is_drawn_filled_in_checked_and_learned_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["gold", "sample", "--n", "20"]) == 0
    told = capsys.readouterr().err
    assert told.startswith("20 cells to label: ")
    assert told.endswith("wrote gold-sample.csv\n")
    fill_in("gold-sample.csv", "filled.csv")
    assert run(["gold", "check", "filled.csv"]) == 0
    assert "20 labelled cells" in capsys.readouterr().err
    assert run(["ensemble", "--gold", "filled.csv"]) == 0
    printed = capsys.readouterr()
    assert [
        line.split()[0]
        for line in printed.out.splitlines()
        if line.startswith(("iwmv", "auto", "majority"))
    ] == [
        "majority",
        "iwmv",
        "auto",
    ]
    told = " ".join(printed.err.split())
    assert "20 gold cells of 20 products, models disagree on" in told
    assert "Published is" in told
    assert "can go out unread" in told
    assert json.loads(Path("out/run.json").read_text())["method"] == "auto"


def test_a_gold_file_with_mistakes_fails_its_check(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mine.csv").write_text("product_id,attribute,value\nnobody,gender,male\n")
    assert run(["gold", "check", "mine.csv"]) == 1
    assert "'nobody' among them" in capsys.readouterr().err


def test_a_sample_that_nobody_has_filled_in_is_no_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["gold", "sample", "--n", "20", "--quiet"]) == 0
    assert run(["gold", "check", "gold-sample.csv", "--quiet"]) == 0
    assert (
        "WARNING: gold-sample.csv: none of its 20 cells is labelled yet" in capsys.readouterr().err
    )


def test_an_ensemble_worse_than_the_best_model_is_exit_code_6(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["ensemble", "--method", "single:mock-70", "--quiet"]) == 0
    before = Path("out/values.csv").read_bytes()
    asked = [
        "ensemble",
        "--gold",
        "gold.csv",
        "--method",
        "single:mock-70",
        "--require-no-worse-than-best",
    ]
    assert run(asked) == 6
    capsys.readouterr()
    assert run([*asked, "--quiet"]) == 6
    assert capsys.readouterr().err == (
        "WARNING: refused: the ensemble is worse than the best model by more than the tolerance;"
        " the outputs are kept aside in out/refused, the earlier ones stay\n"
    )
    assert Path("out/values.csv").read_bytes() == before
    assert Path("out/refused/values.csv").exists()


def test_only_gold_can_tell_which_is_worse(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ensemble", "--require-no-worse-than-best"]) == 2
    assert "only gold can tell" in capsys.readouterr().err


def test_a_comparison_with_the_last_run_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ensemble", "--quiet"]) == 0
    assert run(["ensemble", "--compare", "out"]) == 0
    assert "30 cells of the earlier run, changed: none" in capsys.readouterr().err
    assert Path("out/changes.csv").read_text() == "product_id,attribute,old,new,why\n"


def test_a_tolerance_lets_a_worse_ensemble_pass(capsys: pytest.CaptureFixture[str]) -> None:
    refusing = ["ensemble", "--gold", "gold.csv", "--method", "single:mock-70", "--quiet"]
    refusing += ["--require-no-worse-than-best"]
    assert run(refusing) == 6
    assert run([*refusing, "--tolerance", "0.5"]) == 0
    assert run([*refusing, "--tolerance", "-1"]) == 2
    assert "--tolerance" in capsys.readouterr().err


def test_half_of_the_labels_are_shown_and_the_rest_is_gold(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["gold", "shots", "gold.csv", "--n", "4"]) == 0
    told = capsys.readouterr().err
    assert "4 worked examples for the prompt" in told
    assert len(Path("shots.jsonl").read_text().splitlines()) == 4
    assert run(["ensemble", "--gold", "gold-rest.csv", "--quiet"]) == 0
    assert run(["gold", "shots", "gold.csv"]) == 1
    assert "is there already" in capsys.readouterr().err
