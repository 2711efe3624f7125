"""What is left of a day's and a month's budget, by a clock of the test."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from shop import Shop

from attrx.configs.settings import BudgetSettings
from attrx.extraction.asking.observer import Silent
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.usage import spent_since
from attrx.runs import session
from attrx.runs.allowance import tightest_allowance
from attrx.runs.dry_run import dry_run
from attrx.runs.session import ExtractOptions
from attrx.testing import VendorServer

NOON = datetime(2026, 12, 31, 12, tzinfo=UTC)


def spent(moment: datetime) -> float:
    """$3 today, $8 since the month began."""
    return 3.0 if moment.day == NOON.day else 8.0


def test_the_bound_of_which_least_is_left_counts() -> None:
    budget = BudgetSettings(max_cost=9, per_day=4, per_month=10)
    allowance = tightest_allowance(budget, None, spent, NOON)
    assert allowance is not None
    assert (allowance.name, allowance.left_usd) == ("budget.per_day", 1.0)
    assert allowance.renewal == datetime(2027, 1, 1, tzinfo=UTC)
    assert allowance.describe(0.25) == (
        "budget.per_day: $0.75 of $4.00 left, free again on 2027-01-01 (UTC)"
    )
    own = tightest_allowance(budget, 0.5, spent, NOON)
    assert own is not None
    assert (own.name, own.left_usd, own.renewal) == ("--max-cost", 0.5, None)


def test_a_month_ends_with_its_last_day_and_never_less_than_nothing_is_left() -> None:
    allowance = tightest_allowance(BudgetSettings(per_month=5), None, spent, NOON)
    assert allowance is not None
    assert allowance.left_usd == 0
    assert allowance.renewal == datetime(2027, 1, 1, tzinfo=UTC)
    february = datetime(2027, 2, 3, tzinfo=UTC)
    allowance = tightest_allowance(BudgetSettings(per_month=50), None, spent, february)
    assert allowance is not None
    assert allowance.renewal == datetime(2027, 3, 1, tzinfo=UTC)


def test_days_are_those_of_utc_wherever_the_clock_stands() -> None:
    tokyo = datetime(2027, 1, 1, 3, tzinfo=timezone(timedelta(hours=9)))
    allowance = tightest_allowance(BudgetSettings(per_day=5), None, spent, tokyo)
    assert allowance is not None
    assert allowance.renewal == datetime(2027, 1, 1, tzinfo=UTC)


def test_without_a_bound_there_is_no_allowance() -> None:
    assert tightest_allowance(BudgetSettings(max_requests=3), None, spent, NOON) is None


def test_calls_of_one_month_share_its_budget_and_the_next_month_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = {"now": NOON}
    monkeypatch.setattr(session, "now_utc", lambda: clock["now"])
    monkeypatch.setattr(time, "time_ns", lambda: int(clock["now"].timestamp()) * 1_000_000_000)
    with VendorServer() as server:
        model = {
            "name": "a",
            "provider": "openai",
            "model": "a",
            "base_url": server.base_url("openai"),
            "prices": {"input": 10.0, "output": 50.0},
            "max_tokens": 64,
        }
        products = {str(number): f"Shirt number {number} of cotton" for number in range(200)}
        store = Shop(tmp_path, [model], products)
        store.config["budget"] = {"per_month": 0.3}
        first = store.extract()
        assert first.budget_spent
        assert "budget.per_month" in first.budget_in_words
        assert first.cost_usd is not None
        assert 0.2 < first.cost_usd <= 0.3
        calls = len(server.calls)
        clock["now"] = NOON + timedelta(hours=6)
        again = store.extract()
        assert again.budget_spent
        assert again.cost_usd is not None
        assert first.cost_usd + again.cost_usd <= 0.3
        plan = dry_run(store.settings, ExtractOptions(store.input), Silent())
        assert "the budget will not do (budget.per_month" in "".join(plan.shortages())
        clock["now"] = NOON + timedelta(days=1)
        after = store.extract()
        assert len(server.calls) > calls
        assert after.allowance is not None
        assert after.allowance.spent_usd == 0
    cache = AnswersCache(store.settings.paths.cache)
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    assert spent_since(cache, new_year) == pytest.approx(after.cost_usd)
    everything = first.cost_usd + again.cost_usd + (after.cost_usd or 0)
    assert spent_since(cache, datetime(2026, 12, 1, tzinfo=UTC)) == pytest.approx(everything)
