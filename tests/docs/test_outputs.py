"""Every column of every output file is explained, and no other."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest
from documents import ROOT, code_in

from attrx.cli.app import run
from attrx.configs.notices import Kind
from attrx.outputs.review_reasons import REASONS
from attrx.runs.init import init

OUTPUTS = ROOT / "docs" / "outputs.md"

pytestmark = pytest.mark.xdist_group("outputs")


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The outputs of a run and its evaluation."""
    folder = tmp_path_factory.mktemp("shop")
    init(folder, "gender")
    config = ["-c", str(folder / "attrx.yaml"), "--quiet"]
    assert run(["run", str(folder / "products.csv"), *config]) == 0
    assert (
        run(["ensemble", str(folder / "products.csv"), "--compare", str(folder / "out"), *config])
        == 0
    )
    assert run(["evaluate", "--gold", str(folder / "gold.csv"), *config]) == 0
    assert run(["report", *config]) == 0
    return folder / "out"


def explained(file: str) -> list[str]:
    """The columns in the table under a file's heading."""
    section = OUTPUTS.read_text().split(f"\n## `{file}`\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def header(path: Path) -> list[str]:
    with path.open(newline="") as file:
        return next(csv.reader(file))


def parquet_columns(path: Path) -> list[str]:
    return list(pq.read_schema(path).names)


@pytest.mark.parametrize(
    ("file", "written", "columns"),
    [
        ("values.csv", "values.csv", header),
        ("values.csv", "values.parquet", parquet_columns),
        ("weights.csv", "weights.csv", header),
        ("evaluation.csv", "evaluation.csv", header),
        ("changes.csv", "changes.csv", header),
    ],
)
def test_the_columns_explained_are_those_written(
    file: str, written: str, columns: Callable[[Path], list[str]], out: Path
) -> None:
    assert explained(file) == columns(out / written)


def test_the_columns_of_votes_are_explained_for_one_model(out: Path) -> None:
    *fixed, first, canonical = explained("votes.parquet")
    columns = parquet_columns(out / "votes.parquet")
    assert columns[: len(fixed) + 2] == [
        *fixed,
        *(name.replace("MODEL", "mock-95") for name in (first, canonical)),
    ]


def test_the_columns_of_the_review_are_explained_for_one_model_and_the_text(out: Path) -> None:
    columns = header(out / "review.csv")
    models = [name for name in columns if name.startswith("mock-")]
    assert models == [f"mock-{accuracy} says" for accuracy in (95, 93, 88, 80, 70)]
    named = {"MODEL says": models, "TEXT COLUMN": ["title", "description"]}
    assert [part for name in explained("review.csv") for part in named.get(name, [name])] == columns


def test_every_reason_for_a_review_is_named() -> None:
    row = next(line for line in OUTPUTS.read_text().splitlines() if line.startswith("| `review` |"))
    assert set(REASONS) <= set(code_in(row))


def test_every_kind_of_warning_is_explained_and_no_other() -> None:
    section = OUTPUTS.read_text().split("\n## Warnings\n")[1].split("\n## ")[0]
    _, kinds = section.split("| kind |")
    assert re.findall(r"^\| `(\w+)` \|", kinds, re.MULTILINE) == list(get_args(Kind))


def test_every_file_written_has_a_heading(out: Path) -> None:
    headings = set(re.findall(r"^## `([^`]+)`", OUTPUTS.read_text(), re.MULTILINE))
    written = {path.name for path in out.glob("[!.]*")}
    assert written | {"skipped_rows.csv"} == headings | {"values.parquet"}


def test_the_run_holds_no_time_and_no_path(out: Path) -> None:
    content = json.loads((out / "run.json").read_text())
    assert str(out) not in json.dumps(content)
    assert not [key for key in content if "time" in key or "seconds" in key]
