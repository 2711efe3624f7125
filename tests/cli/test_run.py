import csv
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from attrx.cli.app import run
from attrx.runs.init import init


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, "apparel")
    monkeypatch.chdir(tmp_path)


def outputs() -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in Path("out").iterdir() if path.name != "run.json"
    }


def test_what_init_writes_runs_at_once_and_again_with_the_same_result(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv"]) == 0
    first = outputs()
    assert {"values.csv", "values.parquet", "votes.parquet", "products.csv", "weights.csv"} <= set(
        first
    )
    printed = capsys.readouterr()
    assert "mock-95" in printed.out
    assert "30 products, 180 cells" in printed.err
    assert run(["run", "products.csv"]) == 0
    assert outputs() == first


def test_paths_count_from_the_config_and_not_from_where_it_is_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run(["run", "../products.csv", "-c", "../attrx.yaml", "--quiet"]) == 0
    assert (tmp_path / "out" / "values.csv").exists()


def test_limit_holds_for_the_values_too(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "products.csv", "--limit", "4"]) == 0
    assert "4 products, 24 cells" in capsys.readouterr().err
    assert len(Path("out/tryout/values.csv").read_text().splitlines()) == 1 + 24


@pytest.mark.parametrize("options", [("--limit", "4"), ("--models", "mock-95,mock-70")])
def test_a_try_out_leaves_the_outputs_of_the_last_run_as_they_are(
    options: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    assert run(["run", "products.csv", *options]) == 0
    assert "its outputs go into out/tryout, and those in out stay" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in Path("out").iterdir() if path.is_file()} == before
    assert run(["evaluate", "--gold", "gold.csv", "--from", "out/tryout"]) == 0
    assert "wrote out/tryout/evaluation.csv" in capsys.readouterr().err
    assert run(["report", "--from", "out/tryout"]) == 0
    assert "wrote out/tryout/report.html" in capsys.readouterr().err
    assert not Path("out/evaluation.csv").exists()


def test_a_try_out_goes_where_it_is_sent() -> None:
    arguments = ["run", "products.csv", "--limit", "2", "--quiet"]
    assert run([*arguments, "--to", "elsewhere"]) == 0
    assert not Path("out").exists()
    assert run([*arguments, "--to", "out"]) == 0
    assert Path("out/values.csv").exists()
    assert not Path("out/tryout").exists()


def test_all_models_by_name_are_no_try_out() -> None:
    config = Path("attrx.yaml")
    config.write_text(
        config.read_text().replace("- name: mock-70", "- name: mock-70\n    retired: true")
    )
    names = "mock-95,mock-93,mock-88,mock-80"
    assert run(["run", "products.csv", "--models", names, "--quiet"]) == 0
    assert Path("out/values.csv").exists()
    assert not Path("out/tryout").exists()


def test_a_retired_model_is_not_asked_and_what_it_said_counts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--limit", "20", "--to", "out", "--quiet"]) == 0
    config = Path("attrx.yaml")
    retired = config.read_text().replace("- name: mock-70", "- name: mock-70\n    retired: true")
    config.write_text(retired)
    assert run(["run", "products.csv"]) == 0
    printed = capsys.readouterr()
    assert "not asked for yet" not in printed.err
    table = printed.out.split("product ")[0]
    assert "mock-80" in table
    assert "mock-70" not in table
    with Path("out/weights.csv").open(newline="") as file:
        votes = {row["model"]: int(row["voted"]) for row in csv.DictReader(file)}
    assert 0 < votes["mock-70"] <= 20 < votes["mock-80"]
    assert run(["status"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if "mock-70" in line]
    assert line.split()[5] == "0"
    assert run(["extract", "products.csv", "--models", "mock-70"]) == 2
    assert "'mock-70' is retired" in capsys.readouterr().err


def test_a_budget_still_writes_values_and_is_exit_code_4(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--max-requests", "60"]) == 4
    assert Path("out/values.csv").exists()
    assert "stopped at the budget" in capsys.readouterr().err


def test_cells_without_a_vote_are_exit_code_3_and_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = Path("attrx.yaml")
    config.write_text(
        config.read_text()
        .replace('gold: "true_{attribute}"', 'always: "-?-"')
        .replace("open: true", "values: [a]")
    )
    assert run(["run", "products.csv", "--quiet"]) == 3
    assert capsys.readouterr().err.count("usable answer") == 1
    assert Path("out/values.csv").exists()


def test_quiet_prints_nothing_when_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_the_first_run_has_nothing_to_compare_with_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--compare", "out"]) == 0
    assert "no earlier run in out to compare with" in capsys.readouterr().err
    assert not Path("out/changes.csv").exists()
    assert run(["run", "products.csv", "--compare", "out"]) == 0
    assert Path("out/changes.csv").exists()


def test_an_earlier_run_that_cannot_be_read_ends_the_call_before_anything_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--limit", "2", "--to", "out", "--quiet"]) == 0
    Path("out/votes.parquet").write_text("no parquet")
    assert run(["run", "products.csv", "--compare", "out"]) == 1
    assert "votes.parquet: cannot be read" in capsys.readouterr().err
    assert run(["ensemble", "--quiet"]) == 0
    assert (
        len(Path("out/values.csv").read_text().splitlines()) == 1 + 2 * 6
    )  # two products are cached, as before


@pytest.mark.parametrize(
    ("arguments", "message", "code"),
    [
        (("--gold", "none.csv"), "none.csv: no such file", 1),
        (("--method", "stack"), "the method 'stack' learns from gold, and there is none", 2),
    ],
)
def test_gold_that_cannot_be_used_ends_the_call_before_anything_is_asked(
    arguments: tuple[str, ...], message: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "products.csv", *arguments]) == code
    assert message in capsys.readouterr().err
    assert run(["ensemble"]) == 1
    assert "no answers yet" in capsys.readouterr().err


def test_the_last_line_of_json_sums_the_run_up_also_when_quiet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ["products.csv", "--quiet", "--log-format", "json"]
    assert run(["run", *arguments, "--max-requests", "60"]) == 4
    *_, summary = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert summary["event"] == "summary"
    assert summary["exit_code"] == 4
    assert summary["products"] == 30
    assert summary["warnings"]["budget_spent"] == 1
    assert summary["asking"]["mock-95"]["answers"] == 12  # 60 requests, 5 models
    assert summary["cost_usd"] == 0
    assert run(["run", "none.csv", "--log-format", "json", "-q"]) == 1
    error, summary = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert error["level"] == "error"
    assert (summary["event"], summary["exit_code"]) == ("summary", 1)


def test_the_end_of_a_budget_says_what_was_spent_what_is_left_to_do_and_how_to_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["extract", "products.csv", "--max-requests", "60", "--quiet"]) == 4
    assert capsys.readouterr().err == (
        "WARNING: stopped at the budget (60 requests): $0.00 spent; the rest takes 90 requests,"
        " about $0.00; what was answered is kept, and `attrx extract products.csv --max-requests 60"
        " --quiet` goes on from there\n"
    )


def test_a_dry_run_says_when_the_budget_will_not_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--dry-run", "--max-requests", "60", "--quiet"]) == 0
    assert capsys.readouterr().err == (
        "WARNING: the budget will not do: 150 requests are needed, and 60 allowed\n"
    )


@pytest.mark.parametrize("streams", [("stdout",), ("stdout", "stderr")])
def test_values_are_written_also_where_nobody_reads_what_is_printed(
    streams: tuple[str, ...],
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as broken_pipe, open("stderr.txt", "wb") as stderr:
        pipes: dict[str, Any] = {"stderr": stderr, **dict.fromkeys(streams, broken_pipe)}
        command = [sys.executable, "-m", "attrx", "run", "products.csv"]
        done = subprocess.run(command, check=False, **pipes)
    assert done.returncode == 0
    assert Path("out/values.csv").exists()
    assert "Traceback" not in Path("stderr.txt").read_text()


def test_a_terminal_that_was_closed_ends_nothing() -> None:
    """Its side of the pseudo-terminal fails with EIO from then on."""
    mother, daughter = pty.openpty()
    os.close(mother)
    with os.fdopen(daughter, "wb") as terminal:
        command = [sys.executable, "-m", "attrx", "run", "products.csv"]
        done = subprocess.run(command, check=False, stdout=terminal, stderr=terminal)
    assert done.returncode == 0
    assert Path("out/values.csv").exists()
