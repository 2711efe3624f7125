import csv
import json
from pathlib import Path

import pytest

from attrx.cli.app import run
from attrx.runs.init import init


@pytest.fixture(autouse=True)
def _shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path, "gender")
    monkeypatch.chdir(tmp_path)
    assert run(["extract", "products.csv", "--quiet"]) == 0


def rows(capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    assert run(["cache", "info"]) == 0
    printed = capsys.readouterr().out
    return {line.split()[0]: line.split()[1:] for line in printed.splitlines() if "mock-" in line}


def test_info_counts_answers_by_model_and_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert rows(capsys) == {
        f"mock-{accuracy}": ["asked", "30"] for accuracy in (70, 80, 88, 93, 95)
    }


def test_info_says_where_the_cache_is_and_how_large(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "info"]) == 0
    assert capsys.readouterr().err.startswith(".attrx: 30 products, 150 answers, ")


def test_export_writes_what_other_tools_read(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "export", "plain", "--format", "csv"]) == 0
    assert "wrote plain/votes.csv" in capsys.readouterr().err
    with Path("plain/votes.csv").open(newline="") as file:
        votes = list(csv.DictReader(file))
    assert len(votes) == 150
    assert {vote["attribute"] for vote in votes} == {"gender"}


def test_export_replaces_an_earlier_export_and_nothing_else(
    capsys: pytest.CaptureFixture[str],
) -> None:
    catalog = Path("products.csv").read_text()
    assert run(["cache", "export", ".", "--format", "csv"]) == 1
    assert "is no earlier export" in capsys.readouterr().err
    assert Path("products.csv").read_text() == catalog
    for _ in range(2):
        for kind in ("csv", "parquet"):
            assert run(["cache", "export", "plain", "--format", kind]) == 0


def test_prune_removes_a_model_and_first_says_how_much(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "prune", "--drop-model", "mock-70", "--dry-run"]) == 0
    assert capsys.readouterr().err == "0 products and 30 answers would go\n"
    assert "mock-70" in rows(capsys)
    assert run(["cache", "prune", "--drop-model", "mock-70"]) == 0
    assert capsys.readouterr().err == "0 products and 30 answers removed\n"
    assert "mock-70" not in rows(capsys)


def test_prune_removes_products_that_an_input_no_longer_holds(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = Path("products.csv").read_text().splitlines(keepends=True)
    Path("fewer.csv").write_text("".join(lines[:11]))
    assert run(["cache", "prune", "--keep-products", "fewer.csv"]) == 0
    assert capsys.readouterr().err == "20 products and 100 answers removed\n"


def test_prune_without_a_choice_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "prune"]) == 2
    assert "Hint: Name --keep-products FILE or --drop-model NAME." in capsys.readouterr().err


def test_prune_of_an_unknown_model_names_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "prune", "--drop-model", "mock-70", "--drop-model", "mock-71"]) == 2
    printed = capsys.readouterr().err
    assert "ERROR: --drop-model: no model 'mock-71' in the cache or in the config" in printed
    assert "did you mean 'mock-70'?" in printed
    assert "mock-70" in rows(capsys)


def test_prune_takes_models_that_only_the_cache_or_only_the_config_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("attrx.yaml").write_text(
        Path("attrx.yaml").read_text().replace("name: mock-70", "name: mock-new")
    )
    assert run(["cache", "prune", "--drop-model", "mock-70", "--drop-model", "mock-new"]) == 0
    assert capsys.readouterr().err == "0 products and 30 answers removed\n"


def test_cache_alone_prints_its_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache"]) == 2
    assert "export" in capsys.readouterr().err


ANSWERS = Path(".attrx/answers/00000-of-00001.parquet")


def damage(path: Path, place: int) -> None:
    """Flip one bit."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_verify_reads_all_and_says_what_is_damaged(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cache", "verify"]) == 0
    printed = capsys.readouterr()
    rows = [line.split() for line in printed.out.splitlines()]
    assert ["products", "1", "30"] in [row[:3] for row in rows]
    assert ["answers", "1", "150"] in [row[:3] for row in rows]
    assert printed.err == ""
    damage(ANSWERS, 1000)
    assert run(["cache", "verify"]) == 1
    assert f"WARNING: {ANSWERS}: damaged: " in capsys.readouterr().err
    ANSWERS.unlink()
    assert run(["cache", "verify", "--log-format", "json"]) == 1
    summary = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert summary["damaged_files"] == 1
    assert summary["warnings"] == {"cache_damaged": 1}


def test_a_missing_file_ends_every_command_and_nothing_is_asked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ANSWERS.unlink()
    commands = (
        ["extract", "products.csv"],
        ["run", "products.csv"],
        ["extract", "products.csv", "--dry-run"],
        ["ensemble"],
        ["status"],
        ["cache", "info"],
        ["cache", "export", "plain"],
        ["cache", "prune", "--drop-model", "mock-70"],
    )
    for command in commands:
        assert run(command) == 1
        printed = capsys.readouterr().err
        assert "answers/00000-of-00001.parquet (missing; it had 150 answers)" in printed
        assert "`attrx cache repair`" in printed
        assert "`--accept-loss`" in printed
    assert not ANSWERS.exists()


@pytest.mark.parametrize(
    "command", [["cache", "prune", "--drop-model", "mock-70"], ["import", "more.csv"]]
)
def test_what_was_mended_is_told_by_every_command_that_writes(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    Path("more.csv").write_text("product_id,model,raw\nAX-101,mock-70,male\n")
    Path(".attrx/cache.json").unlink()
    assert run(command) == 0
    assert ".attrx/cache.json: it is gone, and was made anew" in capsys.readouterr().err


def test_repair_says_what_is_lost_and_keeps_the_damaged_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["cache", "repair"]) == 0
    assert capsys.readouterr().err == "the cache is whole\n"
    damaged = ANSWERS.read_bytes()[:-100]
    ANSWERS.write_bytes(damaged)
    assert run(["cache", "repair"]) == 3
    printed = capsys.readouterr().err
    assert "0 answers rescued, 150 lost; the damaged file lies in .attrx/aside-" in printed
    (kept,) = Path(".attrx").glob("aside-*/answers/*.parquet")
    assert kept.read_bytes() == damaged
    assert run(["cache", "verify"]) == 0
    assert run(["extract", "products.csv", "-q"]) == 0
    assert rows(capsys)["mock-70"] == ["asked", "30"]


def test_accepting_the_loss_repairs_and_asks_again(capsys: pytest.CaptureFixture[str]) -> None:
    ANSWERS.unlink()
    assert run(["run", "products.csv", "--accept-loss"]) == 0
    assert "0 answers rescued, 150 lost" in capsys.readouterr().err
    assert rows(capsys)["mock-70"] == ["asked", "30"]


def test_there_is_nothing_to_verify_or_repair_without_a_cache(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(".attrx").rename(tmp_path / "elsewhere")
    for command in ("verify", "repair"):
        assert run(["cache", command]) == 1
        assert ".attrx: no cache here yet" in capsys.readouterr().err
    assert run(["extract", "products.csv", "--accept-loss", "-q"]) == 0
