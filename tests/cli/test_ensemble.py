import csv
import json
from pathlib import Path

import pytest

from attrx.cli.app import run
from attrx.cli.tables import MOST_GROUPS, count_more_groups, weights_table
from attrx.outputs.weights import WeightRow
from attrx.runs.init import init


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, "gender")
    monkeypatch.chdir(tmp_path)


def extracted() -> None:
    assert run(["extract", "products.csv", "--quiet"]) == 0


def test_the_weights_are_those_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    extracted()
    assert run(["ensemble"]) == 0
    printed = capsys.readouterr().out
    [line] = [line.split() for line in printed.splitlines() if line.startswith("gender")]
    with Path("out/weights.csv").open(newline="") as file:
        weights = [float(row["weight"]) for row in csv.DictReader(file)]
    assert line == ["gender", "30", *(f"{weight:.3f}" for weight in weights)]


def test_every_file_and_what_became_of_the_cells_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    extracted()
    assert run(["ensemble", "products.csv", "--log-format", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    written = {event["path"] for event in events if event["event"] == "wrote"}
    assert written >= {"out/values.csv", "out/weights.csv", "out/products.csv", "out/run.json"}
    assert all(Path(path).exists() for path in written)
    [summary] = [event for event in events if event["event"] == "ensemble"]
    assert sum(summary["statuses"].values()) == summary["products"] == 30


def test_options_go_before_the_config(capsys: pytest.CaptureFixture[str]) -> None:
    extracted()
    assert run(["ensemble", "--method", "single:mock-80", "--group-by", "all"]) == 0
    [line] = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("*")]
    assert line == ["*", "30", "0.000", "0.000", "0.000", "1.000", "0.000"]


def test_groups_by_category_show_their_category(capsys: pytest.CaptureFixture[str]) -> None:
    extracted()
    assert run(["ensemble", "--group-by", "category"]) == 0
    rows = [
        line.split()[:3]
        for line in capsys.readouterr().out.splitlines()
        if line.split()[1:2] == ["gender"]
    ]
    rows = [row for row in rows if row[0] != "product"]  # the table of values names its columns
    assert ["Shoes", "gender", "6"] in rows
    assert len(rows) == 7


def test_products_fed_back_have_their_columns_replaced_in_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    extracted()
    with Path("products.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    with Path("fed-back.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([header[0], "gender", "gender_attrx", *header[1:]])
        writer.writerows([row[0], "mine", "earlier", *row[1:]] for row in rows)
    assert run(["ensemble", "fed-back.csv"]) == 0
    with Path("out/products.csv").open(newline="") as file:
        written, *values = csv.reader(file)
    assert written == [header[0], "gender", "gender_attrx", *header[1:]]
    assert {row[1] for row in values} == {"mine"}
    assert {row[2] for row in values} == {"male", "female", "unisex", ""}  # "" is absent
    assert [row[3:] for row in values] == [row[1:] for row in rows]
    assert "in products.csv the values stand in 'gender_attrx'" in capsys.readouterr().err


def test_a_method_that_does_not_exist_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ensemble", "--method", "majorty"]) == 2
    assert (
        capsys.readouterr().err
        == "ERROR: --method: unknown method 'majorty'; did you mean 'majority'?\n"
    )


def test_cells_that_nobody_answered_are_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--models", "mock-95", "--limit", "3", "--quiet"]) == 0
    Path("more.csv").write_text("product_id,model,raw\np9,mock-70,no idea\n")
    assert run(["import", "more.csv", "--quiet"]) == 0
    assert run(["ensemble"]) == 3
    assert "1 no answer" in capsys.readouterr().err
    assert run(["ensemble", "--quiet"]) == 3
    assert capsys.readouterr().err.endswith(
        "\nWARNING: 1 cell without a usable answer of any model\n"
    )


def test_without_answers_it_says_what_to_do_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ensemble"]) == 1
    assert "attrx extract" in capsys.readouterr().err


def test_many_groups_are_left_to_the_file() -> None:
    rows = [
        WeightRow("*", f"a{n}", model, n, 1, 0, 9, 9, 0, 0)
        for n in range(MOST_GROUPS + 2)
        for model in ("x", "y")
    ]
    table = weights_table(rows)
    assert table.row_count == MOST_GROUPS
    assert count_more_groups(rows) == 2
    assert [str(column.header) for column in table.columns] == ["attribute", "cells", "x", "y"]


def test_groups_that_all_have_the_same_weights_share_a_line() -> None:
    rows = [
        WeightRow("*", f"a{n}", model, 0.5, 1, 0, 9, 9, 0, 0)
        for n in range(3)
        for model in ("x", "y")
    ]
    table = weights_table(rows)
    assert [[str(cell) for cell in column.cells] for column in table.columns] == [
        ["*"],
        ["27"],
        ["0.500"],
        ["0.500"],
    ]
    assert count_more_groups(rows) == 0


def test_a_model_that_never_voted_has_no_weight(capsys: pytest.CaptureFixture[str]) -> None:
    config = Path("attrx.yaml")
    text = config.read_text()
    config.write_text(text.replace("accuracy: 0.70, ", 'always: "-?-", '))
    assert run(["extract", "products.csv", "--quiet"]) == 3  # it is stopped
    assert run(["ensemble"]) == 0
    [line] = [
        line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("gender")
    ]
    assert len(line) == 2 + 4
    with Path("out/weights.csv").open(newline="") as file:
        weights = {row["model"]: row["weight"] for row in csv.DictReader(file)}
    assert weights["mock-70"] == ""
    assert float(weights["mock-95"]) > 0
    assert run(["report", "--quiet"]) == 0


def test_where_no_model_voted_it_is_said_where_to_look(capsys: pytest.CaptureFixture[str]) -> None:
    config = Path("attrx.yaml")
    config.write_text(config.read_text().replace("{accuracy", '{always: "-?-", accuracy'))
    assert run(["extract", "products.csv", "--quiet"]) == 3
    assert run(["ensemble"]) == 3
    printed = capsys.readouterr().err
    assert "no model voted: see attrx status for why" in printed
    assert "only" not in printed
    with Path("out/weights.csv").open(newline="") as file:
        assert {row["weight"] for row in csv.DictReader(file)} == {""}


def test_without_the_input_products_csv_stays_and_is_said_to_be_stale(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["run", "products.csv", "--quiet"]) == 0
    before = Path("out/products.csv").read_bytes()
    for _ in range(2):
        assert run(["ensemble", "--gold", "gold.csv"]) == 0
        assert "out/products.csv keeps the values of an earlier run" in capsys.readouterr().err
        assert Path("out/products.csv").read_bytes() == before
        told = json.loads(Path("out/run.json").read_bytes())
        assert "products.csv" not in told["files"]
        assert told["stale_files"] == ["products.csv"]
    assert run(["ensemble", "products.csv", "--gold", "gold.csv"]) == 0
    assert "keeps the values" not in capsys.readouterr().err
    assert json.loads(Path("out/run.json").read_bytes())["stale_files"] == []
