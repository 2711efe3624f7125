"""Where answers can no longer be kept nothing more is asked; what is in flight has its chance."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shop import Shop, Watching

from attrx.configs.errors import AttrxError, CacheError
from attrx.extraction.asking.budget import Budget
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.journal import Journal
from attrx.extraction.cache.writable_cache import open_for_writing
from attrx.runs.extract import ExtractOptions, extract
from attrx.testing import Call, VendorServer

PRODUCTS = {str(number): f"Shirt no. {number}." for number in range(400)}
KEPT = 40
CONCURRENCY = 64


def male(call: Call) -> str:
    return '{"gender": "male"}'


def shop(folder: Path, server: VendorServer, **config: Any) -> Shop:
    model = {"name": "a", "provider": "openai", "model": "a", "base_url": server.base_url("openai")}
    limits = {"concurrency": CONCURRENCY, "requests_per_minute": 1_000_000}
    return Shop(folder, [{**model, "limits": limits}], PRODUCTS, **config)


class FailingJournal:
    """Lets the journal fail once it has taken so many answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        self.requests_at_failure = -1
        self._taken = 0
        make_row = Journal._row
        end = Budget.end

        def fail_or_make_row(journal: Journal, *values: Any) -> Any:
            self._taken += 1
            if self._taken > KEPT:
                raise error
            return make_row(journal, *values)

        def note_end(budget: Budget, cause: AttrxError) -> None:
            self.requests_at_failure = budget.requests
            self._budget = budget
            end(budget, cause)

        monkeypatch.setattr(Journal, "_row", fail_or_make_row)
        monkeypatch.setattr(Budget, "end", note_end)

    @property
    def requests(self) -> int:
        return self._budget.requests


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> FailingJournal:
    return FailingJournal(monkeypatch, request.param)


@pytest.mark.parametrize(
    "failing",
    [
        sqlite3.OperationalError("disk I/O error"),
        KeyError("answered_ns"),
        OverflowError("Python int too large to convert to SQLite INTEGER"),
        MemoryError(),
    ],
    indirect=True,
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    "config", [{}, {"budget": {"max_requests": 1000}}], ids=["free", "bounded"]
)
def test_nothing_is_sent_after_the_journal_has_failed(
    tmp_path: Path, failing: FailingJournal, config: dict[str, Any]
) -> None:
    with VendorServer(male) as server:
        store = shop(tmp_path, server, **config)
        options = ExtractOptions(store.input)
        with pytest.raises(CacheError, match="nothing more was asked") as error:
            extract(store.settings, options, Watching())
        assert failing.requests == failing.requests_at_failure
        assert KEPT < len(server.calls) <= failing.requests_at_failure
        assert len(server.calls) < len(PRODUCTS)
    kept = AnswersCache(store.settings.paths.cache).answers(0).num_rows
    lost = len(server.calls) - kept
    assert f"{lost} answers that came could not be kept" in error.value.message
    assert KEPT - CONCURRENCY < kept <= KEPT


SCRIPT = """
import resource, sys
from attrx.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
sys.argv[1:] = sys.argv[2:]
main()
"""


def test_a_journal_that_may_not_grow_ends_the_run_with_1_and_the_next_one_goes_on(
    tmp_path: Path,
) -> None:
    with VendorServer(lambda call: '{"gender": "male"}' + " " * 3000) as server:
        store = shop(tmp_path, server)
        command = ["extract", str(store.input), "-c", str(store.config_path), "--quiet"]
        arguments = [sys.executable, "-c", SCRIPT, str(200_000), *command]
        result = subprocess.run(arguments, check=False, capture_output=True, text=True)
        n_calls = len(server.calls)
        assert result.returncode == 1
        assert "Traceback" not in result.stderr
        assert "journal.sqlite" in result.stderr
        assert "nothing more was asked" in result.stderr
        assert n_calls < len(PRODUCTS)
        kept = AnswersCache(store.settings.paths.cache).answers(0).num_rows
        assert kept > 0
        store.extract()
        assert len(server.calls) - n_calls == len(PRODUCTS) - kept


def test_an_answer_with_values_that_no_database_holds_is_kept_with_those_that_can_be(
    tmp_path: Path,
) -> None:
    odd: dict[str, Any] = {
        "product_id": "1",
        "model": "a",
        "source": "asked",
        "status": "answered",
        "raw": "half a pair \ud83d and a zero \x00 " + "x" * 10_000_000,
        "input_tokens": 2**63,
        "output_tokens": -(10**400),
        "cost_usd": float("nan"),
        "max_tokens": float("inf"),
        "model_version": {"not": "a text"},
        "request_id": 17,
        "model_part": b"short",
        "votes": [
            {"attribute": "gender", "value": "\udc00male", "spelling": 5, "probability": 10**400}
        ],
    }
    with open_for_writing(tmp_path) as cache:
        cache.commit([odd])
    [row] = AnswersCache(tmp_path).answers(0).to_pylist()
    assert row["raw"].startswith("half a pair \ufffd and a zero \x00 xxx")
    assert len(row["raw"]) == len(odd["raw"])
    assert row["input_tokens"] is row["output_tokens"] is row["cost_usd"] is None
    assert row["max_tokens"] is row["model_part"] is None
    assert row["model_version"] == "{'not': 'a text'}"
    assert row["request_id"] == "17"
    assert row["votes"][0]["value"] == "\ufffdmale"
    assert row["votes"][0]["spelling"] == "5"
    assert row["votes"][0]["probability"] is None
