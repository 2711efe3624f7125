"""A process that dies at any file operation of a growth or a compaction loses no answer."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

import pytest
from cache_rows import answer, known_products, stored
from crashing import Crash, CrashPoint, bury

from attrx.extraction.cache import writable_cache
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.verification import verify_folder
from attrx.extraction.cache.writable_cache import open_for_writing

IDS = sorted(str(number) for number in range(12))
ROWS = [(product_id, "a") for product_id in IDS]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A cache of one bucket."""
    folder = tmp_path / "whole"
    with open_for_writing(folder) as cache:
        cache.put_products(0, known_products(IDS, {}))
        cache.commit(map(answer, IDS[:8]))
    return folder


def run_until(n_operations: int, folder: Path) -> bool:
    """Answers come, and the cache grows; returns whether the process died before the end."""
    point = CrashPoint(n_operations)
    with (
        pytest.MonkeyPatch.context() as patch,
        contextlib.suppress(Crash),
        open_for_writing(folder) as cache,
    ):
        cache.commit(map(answer, IDS[8:]))
        point.arm(patch)
        cache.grow(len(IDS))
    bury()
    return point.is_reached


def products_in(folder: Path) -> list[str]:
    cache = AnswersCache(folder)
    ids = []
    for bucket in range(cache.buckets):
        ids += cache.product_ids(bucket)
    return sorted(ids)


def test_a_kill_at_any_moment_of_a_growth_loses_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writable_cache, "PRODUCTS_A_BUCKET", 4)
    moments = 0
    is_over = False
    while not is_over:
        killed = tmp_path / str(moments)
        shutil.copytree(folder, killed)
        is_over = not run_until(moments, killed)
        assert stored(killed) == ROWS  # what a reader finds before anybody has tidied up
        assert products_in(killed) == IDS
        with open_for_writing(killed) as cache:
            assert cache.notices == []
            cache.grow(len(IDS))
            assert cache.buckets == 4
        assert stored(killed) == ROWS
        assert products_in(killed) == IDS
        with open_for_writing(killed):
            pass
        assert [check.problem for check in verify_folder(killed) if check.problem] == []
        assert len(list((killed / "answers").iterdir())) == 4
        shutil.rmtree(killed)
        moments += 1
    assert moments > 40
