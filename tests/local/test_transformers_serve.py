"""`transformers serve` on a folder.

A server on this machine is asked like a hosted API, and needs no key.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from model_server import served
from shop import Shop, Watching

from attrx.extraction.cache.answers_cache import AnswersCache

pytest.importorskip("fastapi", reason="`make test-local` brings `transformers[serving]`")

PRODUCTS = {str(number): f"Shirt no. {number}." for number in range(4)}


@pytest.fixture(scope="module")
def server(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    transformers = str(Path(sys.executable).with_name("transformers"))
    command = [
        transformers,
        "serve",
        str(tiny),
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "--device",
        "cpu",
    ]
    with served(command, "/health", tmp_path_factory.mktemp("serve") / "log") as address:
        yield address


@pytest.mark.parametrize("provider", ["openai", "huggingface"])
def test_every_product_is_answered_by_the_folder_s_model(
    server: str, tiny: Path, tmp_path: Path, provider: str
) -> None:
    model: dict[str, Any] = {
        "name": "served",
        "provider": provider,
        "model": str(tiny),
        "base_url": f"{server}/v1",
        "max_tokens": 8,
        "limits": {"concurrency": 2},
    }
    watching = Watching()
    store = Shop(tmp_path, [model], PRODUCTS)
    result = store.extract(watching)
    assert watching.failures == watching.stops == []
    assert result.models[0].answers == len(PRODUCTS)
    rows = AnswersCache(store.settings.paths.cache).answers(0).to_pylist()
    assert {row["product_id"] for row in rows} == set(PRODUCTS)
    assert all(row["raw"] and row["input_tokens"] > 50 for row in rows)
