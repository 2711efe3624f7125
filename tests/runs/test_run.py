"""One call for what cron calls: preflight, extract, ensemble."""

from __future__ import annotations

from pathlib import Path

import pytest
from shop import Shop, Watching

from attrx.configs.errors import ConfigError, InputError
from attrx.runs.ensemble import EnsembleOptions
from attrx.runs.extract import ExtractOptions
from attrx.runs.run import run

PRODUCTS = {"1": "a shirt for men", "2": "a blouse for women"}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two products and two mock models."""
    models = [{"name": name, "provider": "mock"} for name in ("one", "two")]
    return Shop(tmp_path, models, PRODUCTS)


def test_what_is_not_cached_is_asked_and_then_combined(shop: Shop) -> None:
    result = run(shop.settings, ExtractOptions(shop.input), EnsembleOptions(shop.input), Watching())
    assert [tally.answers for tally in result.extract.models] == [2, 2]
    assert result.ensemble is not None
    assert result.ensemble.products == 2
    assert (shop.folder / "out" / "values.csv").exists()
    again = run(shop.settings, ExtractOptions(shop.input), EnsembleOptions(shop.input), Watching())
    assert [tally.answers for tally in again.extract.models] == [0, 0]


def test_values_are_also_written_where_a_budget_ended_the_asking(shop: Shop) -> None:
    options = ExtractOptions(shop.input, max_requests=1)
    result = run(shop.settings, options, EnsembleOptions(shop.input), Watching())
    assert result.extract.budget_spent
    assert result.ensemble is not None
    assert result.ensemble.not_asked == 3


def test_a_gold_file_that_cannot_be_used_shows_before_anything_is_asked(shop: Shop) -> None:
    gold = shop.folder / "gold.csv"
    gold.write_text("product_id,attribute,value\n1,gender,\n")
    observer = Watching()
    with pytest.raises(InputError, match="labelled"):
        run(shop.settings, ExtractOptions(shop.input), EnsembleOptions(gold=gold), observer)
    assert not (shop.folder / ".attrx").exists()


def test_a_method_without_its_gold_shows_before_anything_is_asked(shop: Shop) -> None:
    shop.config["ensemble"] = {"method": "stack"}
    with pytest.raises(ConfigError, match="gold"):
        run(shop.settings, ExtractOptions(shop.input), EnsembleOptions(), Watching())
    assert not (shop.folder / ".attrx").exists()
