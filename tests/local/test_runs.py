"""A local model in a run: the same plan, cache and journal as any other."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import tiny_llama
import torch
from shop import Shop, Watching

from attrx.extraction.asking.observer import Silent
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.providers.local.engine import LocalEngine, LocalJob
from attrx.providers.protocol import Reply
from attrx.runs.ensemble import EnsembleOptions, ensemble

KILLED_RUN = Path(__file__).parent.parent / "support" / "killed_local.py"
PRODUCTS = {
    str(number): f"Shirt no. {number}, {'very ' * (number % 7)}soft." for number in range(40)
}
BATCH = 8


def shop(folder: Path, model: Path, **options: Any) -> Shop:
    llama = {
        "name": "llama",
        "provider": "local",
        "model": str(model),
        "options": {"batch_size": BATCH, **options},
    }
    return Shop(folder, [llama], PRODUCTS)


def stored_answers(store: Shop) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = AnswersCache(store.settings.paths.cache).answers(0).to_pylist()
    return answers


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The products of each batch, from now on."""
    product_ids: list[list[str]] = []
    answer = LocalEngine.answer

    def watch_and_answer(self: LocalEngine, jobs: Sequence[LocalJob]) -> list[Reply]:
        product_ids.append([job.request.product.id for job in jobs])
        return answer(self, jobs)

    monkeypatch.setattr(LocalEngine, "answer", watch_and_answer)
    return product_ids


def test_every_product_gets_a_vote_from_the_list_and_a_second_run_asks_nothing(
    tmp_path: Path, tiny: Path, batches: list[list[str]]
) -> None:
    store = shop(tmp_path, tiny)
    store.extract()
    answers = stored_answers(store)
    assert len(answers) == len(PRODUCTS)
    assert {vote["state"] for answer in answers for vote in answer["votes"]} <= {"value", "absent"}
    assert {answer["model_version"] for answer in answers} == {answers[0]["model_version"]}
    assert all(answer["input_tokens"] > 100 and answer["output_tokens"] > 0 for answer in answers)
    assert max(map(len, batches)) == BATCH
    batches.clear()
    store.extract()
    assert batches == []


def test_how_a_model_is_run_does_not_change_whether_it_is_asked_again(
    tmp_path: Path, tiny: Path, batches: list[list[str]]
) -> None:
    shop(tmp_path, tiny).extract()
    batches.clear()
    shop(tmp_path, tiny, batch_size=3, device="cpu", offline=True).extract()
    assert batches == []
    shop(tmp_path, tiny, decode="score").extract()
    assert sum(map(len, batches)) == len(PRODUCTS)


def test_a_score_s_probability_is_kept_beside_the_vote(tmp_path: Path, tiny: Path) -> None:
    store = shop(tmp_path, tiny, decode="score")
    store.extract()
    votes = [vote for answer in stored_answers(store) for vote in answer["votes"]]
    assert len(votes) == len(PRODUCTS)
    # The likeliest of four values has at least a quarter.
    assert all(0.25 <= vote["probability"] <= 1 for vote in votes)


def test_a_folder_is_named_from_the_config_and_known_wherever_that_is_named_from(
    tmp_path: Path, batches: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_llama.make(tmp_path / "models" / "tiny")
    store = shop(tmp_path, Path("tiny"))
    store.config["models"][0]["model"] = "./models/tiny"
    store.extract()
    assert sum(map(len, batches)) == len(PRODUCTS)
    batches.clear()
    monkeypatch.chdir(tmp_path)
    store.folder = Path()
    store.extract()
    assert batches == []


def test_a_kill_loses_the_batch_that_was_computed_and_nothing_kept_is_asked_again(
    tmp_path: Path, tiny: Path, batches: list[list[str]]
) -> None:
    store = shop(tmp_path, tiny)
    log = tmp_path / "batches.jsonl"
    command = ["extract", str(store.input), "-c", str(store.config_path), "--quiet"]
    arguments = [sys.executable, str(KILLED_RUN), str(log), "4", "--", *command]
    assert subprocess.run(arguments, check=False).returncode == -signal.SIGKILL
    *complete, lost_batch = [json.loads(line) for line in log.read_text().splitlines()]
    before = {answer["product_id"] for answer in stored_answers(store)}
    assert before == {product for batch in complete for product in batch}
    assert len(lost_batch) <= BATCH
    store.extract()
    assert sorted(product for batch in batches for product in batch) == sorted(
        set(PRODUCTS) - before
    )
    assert sorted(answer["product_id"] for answer in stored_answers(store)) == sorted(PRODUCTS)


def test_out_of_memory_halves_the_batch_and_loses_no_answer(
    tmp_path: Path, tiny: Path, batches: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = 3
    enter = torch.nn.Module.__call__

    def small(self: Any, *args: Any, **kwargs: Any) -> Any:
        if "input_ids" in kwargs and kwargs["input_ids"].shape[0] > fits:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return enter(self, *args, **kwargs)

    monkeypatch.setattr(torch.nn.Module, "__call__", small)
    watching = Watching()
    shop(tmp_path, tiny).extract(watching)
    assert watching.failures == []
    batch_sizes = [len(batch) for batch in batches]
    first = next(place for place, size in enumerate(batch_sizes) if size <= fits)
    assert max(batch_sizes[:first]) > fits
    assert max(batch_sizes[first:]) <= fits
    assert len(stored_answers(shop(tmp_path, tiny))) == len(PRODUCTS)


def test_a_model_that_cannot_be_loaded_stops_alone(tmp_path: Path) -> None:
    store = shop(tmp_path, tiny_llama.make(tmp_path / "base", chat_template=None))
    store.config["models"].append({"name": "mock", "provider": "mock", "model": "mock"})
    watching = Watching()
    store.extract(watching)
    assert len(watching.stops) == 1
    assert "has no chat template" in watching.stops[0]
    assert {
        answer["model"] for answer in stored_answers(store) if answer["status"] == "answered"
    } == {"mock"}


def test_a_model_that_guesses_gets_less_weight_than_models_that_know(
    tmp_path: Path, tiny: Path
) -> None:
    store = shop(tmp_path, tiny)
    store.products = {str(number): f"{_who(number)} shirt no. {number}" for number in range(60)}
    store.config["models"] += [
        {"name": f"mock-{seed}", "provider": "mock", "options": {"accuracy": 0.9, "seed": seed}}
        for seed in range(3)
    ]
    store.extract()
    rows = ensemble(store.settings, EnsembleOptions(store.input), Silent()).weights
    weights = {row.model: row.weight for row in rows if row.weight is not None}
    assert weights.pop("llama") < min(weights.values()) / 2


def _who(number: int) -> str:
    return ("Men's", "Women's")[number % 2]
