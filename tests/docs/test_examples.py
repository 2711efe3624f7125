"""The examples do what they say.

The nightly job with each of its exit codes, and the steps of the smoke run.
"""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import get_args

import pytest
import yaml
from documents import ROOT, table_under

from attrx.cli.exit_codes import Code
from attrx.configs.notices import Kind
from attrx.extraction.storage.writer_lock import writer_lock
from attrx.runs.init import init

NIGHTLY = ROOT / "examples" / "nightly"
SMOKE = ROOT / "examples" / "ci" / "smoke.yml"


def user_environment() -> Mapping[str, str]:
    """What a user's shell has: the `attrx` of this environment, and no keys."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": os.environ.get("HOME", "/"), "PYTHONIOENCODING": "utf-8"}


def run_night(shop: Path) -> subprocess.CompletedProcess[str]:
    """One night of the cron job."""
    return subprocess.run(
        [str(NIGHTLY / "nightly.sh"), str(shop)],
        env=user_environment(),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A folder as `attrx init` makes it."""
    init(tmp_path / "shop", "apparel")
    return tmp_path / "shop"


def test_a_good_night_publishes_and_prints_nothing(shop: Path) -> None:
    first = run_night(shop)
    assert (first.returncode, first.stdout, first.stderr) == (Code.SUCCESS, "", "")
    products = shop / "published" / "products.csv"
    assert "brand" in products.read_text(encoding="utf-8").splitlines()[0]
    with (shop / "products.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(
            ["AX-999", "Shirts", "Northwold shirt white M", "Cotton.", *[""] * 6]
        )
    assert run_night(shop).returncode == Code.SUCCESS
    assert "AX-999" in products.read_text(encoding="utf-8")


def test_a_night_that_stops_at_the_budget_leaves_what_was_published(shop: Path) -> None:
    (shop / "published").mkdir()
    (shop / "published" / "products.csv").write_text("the night before", encoding="utf-8")
    config = (shop / "attrx.yaml").read_text(encoding="utf-8")
    settings = yaml.safe_load(config)
    settings["budget"] = {"max_requests": 40}
    (shop / "attrx.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    night = run_night(shop)
    assert night.returncode == Code.BUDGET
    assert "stopped at the budget; not published" in night.stdout
    assert (shop / "published" / "products.csv").read_text(encoding="utf-8") == "the night before"


def test_a_second_run_on_the_same_cache_does_nothing(shop: Path) -> None:
    (shop / ".attrx").mkdir()
    with writer_lock(shop / ".attrx"):
        night = run_night(shop)
    assert night.returncode == Code.CACHE_IN_USE
    assert "still going" in night.stdout
    assert "another run holds the cache" in night.stdout
    assert not (shop / "published" / "products.csv").exists()


def test_a_mistake_in_the_config_is_printed_with_its_line(shop: Path) -> None:
    config = (shop / "attrx.yaml").read_text(encoding="utf-8")
    (shop / "attrx.yaml").write_text(
        config.replace("version: 1", "version: 1\nmodel: {}"), encoding="utf-8"
    )
    night = run_night(shop)
    assert night.returncode == Code.USAGE
    assert "attrx.yaml:" in night.stdout
    assert "did you mean 'models'?" in night.stdout


def test_warnings_of_kinds_that_are_known_are_logged_and_not_printed(shop: Path) -> None:
    with (shop / "products.csv").open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerow(["AX-999", "Shirts", *[""] * 8])
    night = run_night(shop)
    assert night.returncode == Code.SUCCESS
    assert night.stdout == ""
    [log] = (shop / "log").iterdir()
    assert "products_without_text" in log.read_text(encoding="utf-8")


def test_every_kind_of_warning_that_the_job_names_exists() -> None:
    script = (NIGHTLY / "nightly.sh").read_text(encoding="utf-8")
    [kinds] = re.findall(r'^quiet_kinds="([^"]*)"$', script, re.MULTILINE)
    assert set(kinds.split()) <= set(get_args(Kind))


def test_every_exit_code_is_explained() -> None:
    assert {int(row[0]) for row in table_under(NIGHTLY / "README.md", "code")} == set(Code)


def test_the_steps_of_the_smoke_run_pass(tmp_path: Path) -> None:
    workflow = yaml.safe_load(SMOKE.read_text(encoding="utf-8"))
    [job] = workflow["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert commands[0] == "pip install attrx"
    assert len(commands) == 5
    for command in commands[1:]:
        process = subprocess.run(
            ["bash", "-e", "-c", command],
            cwd=tmp_path,
            env=user_environment(),
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert process.returncode == 0, f"{command}\n{process.stderr}"
    [upload] = [step for step in job["steps"] if "upload-artifact" in step.get("uses", "")]
    assert (tmp_path / upload["with"]["path"]).is_dir()
