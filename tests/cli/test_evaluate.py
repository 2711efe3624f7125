import csv
from pathlib import Path

import pytest

from attrx.cli.app import run
from attrx.cli.evaluate import _sentence
from attrx.ensemble.evaluation.differences import Comparison, Interval
from attrx.runs.init import init


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, "apparel")
    monkeypatch.chdir(tmp_path)


def test_everyone_is_scored_on_the_same_cells_and_the_table_is_that_of_the_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    assert run(["evaluate", "--gold", "gold.csv"]) == 0
    printed = capsys.readouterr()
    rows = {
        line.split()[0]: line.split()[1:] for line in printed.out.splitlines() if " 180 " in line
    }
    assert list(rows)[-2:] == ["majority", "ensemble"]
    assert len(rows) == 7
    with Path("out/evaluation.csv").open(newline="") as file:
        micro = {row["who"]: row for row in csv.DictReader(file) if row["level"] == "micro"}
    for who, cells in rows.items():
        assert cells[2] == f"{float(micro[who]['accuracy']):.3f}"
        assert cells[5] == f"{float(micro[who]['f1']):.3f}"
    assert "180 gold cells of 30 products" in printed.err
    assert "F1 of the ensemble minus that of mock-9" in printed.err


def test_quiet_still_prints_the_table_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    assert run(["evaluate", "--gold", "gold.csv", "--match", "exact", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert "ensemble" in printed.out
    assert printed.err == ""


def test_gold_is_required(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evaluate"]) == 2
    assert "--gold" in capsys.readouterr().err


def test_without_values_it_says_what_to_do_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--quiet"]) == 0
    assert run(["evaluate", "--gold", "gold.csv"]) == 1
    assert "attrx ensemble" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.05, "the ensemble is better"),
        (-0.01, 0.05, "no clear difference"),
        (-0.05, -0.01, "one alone is better"),
        (-0.005, 0.009, "no difference worth .01"),
    ],
)
def test_a_difference_is_called_one_only_where_the_interval_leaves_out_0(
    low: float, high: float, verdict: str
) -> None:
    said = _sentence(Comparison("one", Interval("f1", (low + high) / 2, low, high, 0.01)))
    assert said.startswith("F1 of the ensemble minus that of one, the best model here: ")
    assert said.endswith(verdict)


def test_what_cannot_be_compared_is_said() -> None:
    assert _sentence(Comparison("one", Interval("accuracy", None, None, None, None))) == (
        "accuracy: ensemble and one cannot be compared on these cells"
    )
