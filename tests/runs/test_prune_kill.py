"""`attrx cache prune` that dies at any file operation loses nothing that was to stay."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from cache_rows import stored
from crashing import Crash, CrashPoint, bury
from shop import Shop

from attrx.extraction.cache import writable_cache
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.runs import cache as cache_commands

PRODUCTS = {str(number): f"Shirt no. {number}." for number in range(8)}
KEPT = {"1": "Shirt no. 1.", "2": "Shirt no. 2.", "5": "Shirt no. 5."}


def mock_shop(folder: Path, products: dict[str, str]) -> Shop:
    models = []
    for name in ("a", "b"):
        models.append({"name": name, "provider": "mock", "options": {"seed": 1}})
    return Shop(folder, models, products)


def test_a_kill_at_any_moment_of_a_prune_loses_nothing_that_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writable_cache, "PRODUCTS_A_BUCKET", 4)
    mock_shop(tmp_path, PRODUCTS).extract()
    store = mock_shop(tmp_path, KEPT)
    settings, keep = store.settings, store.input
    folder = settings.paths.cache
    shutil.copytree(folder, tmp_path / "whole")
    kept_rows = sorted((product_id, "a") for product_id in KEPT)
    moments = 0
    is_over = False
    while not is_over:
        shutil.rmtree(folder)
        shutil.copytree(tmp_path / "whole", folder)
        point = CrashPoint(moments)
        with pytest.MonkeyPatch.context() as patch, contextlib.suppress(Crash):
            point.arm(patch)
            cache_commands.prune(settings, keep_products=keep, drop_models=["b"])
        bury()
        is_over = not point.is_reached
        assert set(kept_rows) <= set(stored(folder))
        assert AnswersCache(folder).buckets == 2
        cache_commands.prune(settings, keep_products=keep, drop_models=["b"])
        assert stored(folder) == kept_rows
        moments += 1
    assert moments > 20
