import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import yaml
from waiting import wait_until

from attrx.cli.app import run
from attrx.cli.extract import tell_of_failures
from attrx.cli.terminal import Terminal
from attrx.runs.counting import ModelTally
from attrx.runs.init import init
from attrx.testing import VendorServer

STDERR = Path("stderr.txt")
NOTICED = "what is in flight still arrives"


@pytest.fixture(autouse=True)
def _shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    init(tmp_path, "gender")
    monkeypatch.chdir(tmp_path)


def table(printed: str) -> dict[str, list[str]]:
    """Model -> its cells, those of all parts in which the table was printed."""
    rows: dict[str, list[str]] = {}
    for line in printed.splitlines():
        if line.startswith("mock-"):
            name, *cells = line.split()
            rows.setdefault(name, []).extend(cells)
    return rows


def test_the_table_says_what_each_model_did_and_a_second_call_asks_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["extract", "products.csv"]) == 0
    first = table(capsys.readouterr().out)
    assert list(first) == ["mock-95", "mock-93", "mock-88", "mock-80", "mock-70"]
    assert [cells[:6] for cells in first.values()] == [["30", "30", "30", "0", "0", "0"]] * 5
    assert {cells[-1] for cells in first.values()} == {"$0.00"}
    assert run(["extract", "products.csv"]) == 0
    again = table(capsys.readouterr().out)
    assert [cells[:6] for cells in again.values()] == [["0", "0", "0", "0", "0", "30"]] * 5


def test_limit_and_models_choose_what_is_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--limit", "7", "--models", "mock-95, mock-70"]) == 0
    assert {name: cells[0] for name, cells in table(capsys.readouterr().out).items()} == {
        "mock-95": "7",
        "mock-70": "7",
    }
    assert run(["status"]) == 0
    status = table(capsys.readouterr().out)
    assert (status["mock-95"][1], status["mock-93"][1]) == ("7", "0")


def test_stopping_at_the_budget_is_exit_code_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--max-requests", "20"]) == 4
    printed = capsys.readouterr()
    assert "stopped at the budget" in printed.err
    # 30 products to ask each model about, 20 requests to send: shared among 5 models.
    assert [cells[:2] for cells in table(printed.out).values()] == [["30", "4"]] * 5


def test_cells_without_a_vote_are_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    text = Path("attrx.yaml").read_text().replace('gold: "true_{attribute}"', "always: perhaps")
    Path("attrx.yaml").write_text(text)
    assert run(["extract", "products.csv"]) == 3
    assert "30 cells got no usable answer from any model" in capsys.readouterr().err


def test_a_held_cache_is_exit_code_5(capsys: pytest.CaptureFixture[str]) -> None:
    with waiting_extract() as (process, _):
        assert run(["extract", "products.csv"]) == 5
        process.kill()
        process.communicate()
    assert capsys.readouterr().err.startswith("ERROR: ")


@contextmanager
def waiting_extract(*wrapper: str) -> Iterator[tuple[subprocess.Popen[str], VendorServer]]:
    """An `extract` of two models: one has answered all, the other waits for a held answer."""
    config = yaml.safe_load(Path("attrx.yaml").read_text())
    with VendorServer(holds=lambda call: True) as server:
        held = {
            "name": "mock-b",
            "provider": "openai",
            "model": "x",
            "limits": {"concurrency": 2},
        }
        config["models"][1:] = [{**held, "base_url": server.base_url("openai")}]
        Path("attrx.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        command = [*wrapper, sys.executable, "-m", "attrx", "extract", "products.csv"]
        with STDERR.open("w") as stderr:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
        wait_until(lambda: journaled() == 30 and server.calls, process)
        yield process, server


def journaled() -> int:
    try:
        with closing(sqlite3.connect("file:.attrx/journal.sqlite?mode=ro", uri=True)) as journal:
            return int(journal.execute("SELECT count(*) FROM answers").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # not there yet


def interrupt(process: subprocess.Popen[str], number: int = signal.SIGINT) -> None:
    """Press Ctrl-C, or send another signal, and wait until the command has noticed."""
    process.send_signal(number)
    wait_until(lambda: NOTICED in STDERR.read_text(), process)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_lets_what_is_in_flight_arrive(number: int) -> None:
    with waiting_extract() as (process, server):
        interrupt(process, number)
        server.release()
        out, _ = process.communicate()
        in_flight = len(server.calls)
    assert process.returncode == 130
    assert "Traceback" not in STDERR.read_text()
    assert {name: cells[2] for name, cells in table(out).items()} == {
        "mock-95": "30",
        "mock-b": str(in_flight),
    }
    assert in_flight < 30


def test_ctrl_c_twice_leaves_at_once_and_keeps_what_was_answered() -> None:
    with waiting_extract() as (process, _):
        interrupt(process)
        process.send_signal(signal.SIGINT)
        process.communicate()
    err = STDERR.read_text()
    assert process.returncode == 130
    assert "WARNING: interrupted; what was answered is kept" in err
    assert err.count(NOTICED) == 1
    assert "Traceback" not in err
    assert journaled() == 30


def test_under_nohup_a_terminal_that_is_closed_stops_nothing() -> None:
    with waiting_extract("nohup") as (process, server):
        process.send_signal(signal.SIGHUP)
        server.release()
        process.communicate()
    assert process.returncode == 0
    assert NOTICED not in STDERR.read_text()


def test_as_json_every_line_of_stderr_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--log-format", "json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [event["model"] for event in events if event["event"] == "progress"][-1] == "mock-70"


def test_quiet_prints_nothing_when_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--quiet"]) == 0
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_an_unknown_model_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--models", "mock-96"]) == 2
    assert "mock-96" in capsys.readouterr().err


def test_naming_no_model_at_all_does_not_ask_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["extract", "products.csv", "--models", " , "]) == 2
    assert (
        capsys.readouterr().err
        == "ERROR: --models: expected names of models, separated by commas, found none\n"
    )
    assert not Path(".attrx").exists()


@pytest.mark.parametrize("command", [["run"], ["extract"], ["cache", "prune", "--keep-products"]])
def test_a_mistyped_input_leaves_no_cache_behind(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*command, "nope.csv"]) == 1
    assert capsys.readouterr().err == "ERROR: nope.csv: no such file\n"
    assert not Path(".attrx").exists()


@pytest.mark.parametrize(
    "command", [["run"], ["extract"], ["ensemble"], ["cache", "prune", "--keep-products"]]
)
def test_a_file_without_products_is_no_order_to_empty_everything(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "products.csv", "--quiet"]) in {0, 6}
    values = Path("out/values.csv").read_bytes()
    Path("empty.csv").write_text(Path("products.csv").read_text().splitlines()[0] + "\n")
    capsys.readouterr()
    assert run([*command, "empty.csv"]) == 1
    assert "ERROR: empty.csv: has a header and no products" in capsys.readouterr().err
    assert Path("out/values.csv").read_bytes() == values
    assert run(["extract", "products.csv", "--quiet", "--max-requests", "1"]) == 0


def test_the_prompt_is_shown_as_it_is_sent_however_wide_the_terminal_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert run(["extract", "products.csv", "--dry-run", "--limit", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    [title] = [line for line in lines if line.startswith("title: ")]
    assert len(title) > 40
    assert "\u2026" not in "\n".join(lines)


def test_requests_that_failed_or_were_not_sent_are_told_apart(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell_of_failures(Terminal(), ModelTally("one", requests=5, answers=3, failures=2))
    tell_of_failures(Terminal(), ModelTally("two", requests=5, answers=1, stop_reason="no key"))
    tell_of_failures(Terminal(), ModelTally("fine", requests=5, answers=5))
    assert capsys.readouterr().err == (
        "one: 2 requests failed; the next run asks again\n"
        "two: 4 requests without an answer, since it was stopped; the next run asks again\n"
    )
