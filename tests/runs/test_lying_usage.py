"""A cap on what a call may cost holds against a server that lies about what it counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from lying_usage import IN_FLIGHT, USAGES, extract_capped, openai_usage
from shop import Watching

from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.usage import spent_since

CAP_USD = 0.1
# What these count is no multiple of anything, so that what is in flight may cost more than was
# seen; the others are found out by the first answer.
ERRATIC = {
    "rising to 10 times",
    "10 times from the 30th on",
    "now and then 10 times",
    "anything from 0 to 10 times",
}


@pytest.mark.parametrize("name", sorted(USAGES.keys() - ERRATIC))
def test_the_cap_is_never_exceeded(tmp_path: Path, name: str) -> None:
    billed_usd, result = extract_capped(tmp_path, USAGES[name], CAP_USD, n_products=100)
    assert 0 < billed_usd <= CAP_USD
    assert result.budget_spent


@pytest.mark.parametrize("name", sorted(ERRATIC))
def test_the_cap_is_exceeded_by_no_more_than_what_was_in_flight(tmp_path: Path, name: str) -> None:
    billed_usd, result = extract_capped(tmp_path, USAGES[name], CAP_USD, n_products=100)
    # About 120 tokens of a prompt and 6 of an answer, 10 times.
    dearest_usd = 10 * (150 * 10 + 10 * 50) / 1e6
    assert billed_usd <= CAP_USD + IN_FLIGHT * dearest_usd
    assert result.budget_spent


def test_what_is_not_told_counts_in_later_calls_too(tmp_path: Path) -> None:
    _, result = extract_capped(tmp_path, USAGES["missing"], CAP_USD, n_products=100)
    assert result.cost_usd is None
    assert 0.8 * CAP_USD < result.charge_usd <= CAP_USD
    cache = AnswersCache(tmp_path / ".attrx")
    this_year = datetime(2026, 1, 1, tzinfo=UTC)
    assert spent_since(cache, this_year) == pytest.approx(result.charge_usd)


def test_a_model_that_thinks_beyond_its_limit_is_found_out_by_its_first_answer(
    tmp_path: Path,
) -> None:
    billed_usd, result = extract_capped(
        tmp_path, lambda answer: openai_usage(answer.input_tokens, 1500), CAP_USD
    )
    # 1,500 tokens for 50 USD a million are 7.5 cents, so that a second one does not fit.
    assert result.models[0].attempts == 1
    assert 0.075 < billed_usd < CAP_USD


def test_a_usage_that_is_too_small_is_told(tmp_path: Path) -> None:
    watching = Watching()
    extract_capped(tmp_path, USAGES["zero"], CAP_USD, observer=watching)
    [text] = [text for text in watching.warnings if "the server said what cannot be" in text]
    assert "fewer tokens than the text has in " in text
