"""llama.cpp's server with SmolLM2's weights, through `openai` and `base_url`; no key is needed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import smollm2
from model_server import served
from shop import Shop, Watching

from attrx.extraction.cache.answers_cache import AnswersCache

pytest.importorskip("llama_cpp", reason="`make test-llamacpp` compiles llama-cpp-python")

PRODUCTS = {
    str(number): f"{brand} {what}, no. {number}"
    for number, (brand, what) in enumerate(
        [("Nike", "men's shoe"), ("Adidas", "women's hat"), ("Puma", "shirt")] * 2
    )
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    weights = str(smollm2.folder() / smollm2.FILE)
    command = [sys.executable, "-m", "llama_cpp.server", "--model", weights, "--n_ctx", "2048"]
    log = tmp_path_factory.mktemp("llama") / "log"
    with served(
        [*command, "--host", "127.0.0.1", "--port", "{port}"], "/v1/models", log
    ) as address:
        yield address


def test_every_answer_is_on_the_list_in_the_form_that_the_server_keeps(
    server: str, tmp_path: Path
) -> None:
    model = {
        "name": "llama.cpp",
        "provider": "openai",
        "model": "smollm2",
        "base_url": f"{server}/v1",
        "temperature": 0,
        "max_tokens": 60,
        "limits": {"concurrency": 1},
    }
    watching = Watching()
    store = Shop(tmp_path, [model], PRODUCTS)
    result = store.extract(watching)
    assert watching.failures == watching.stops == []
    [tally] = result.models
    assert tally.answers == len(PRODUCTS)
    # It refuses `json_schema` and keeps to a schema given with `json_object`.
    assert tally.form == "json_object_schema"
    votes = [
        vote
        for row in AnswersCache(store.settings.paths.cache).answers(0).to_pylist()
        for vote in row["votes"]
    ]
    assert {vote["state"] for vote in votes} <= {"value", "absent"}
