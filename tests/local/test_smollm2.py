"""A real model, small as it is: real answers, on the list, and as much weight as they deserve."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import smollm2
import yaml
from local_asking import ALL, CLOSED, answers, open_engine, requests
from shop import Watching

from attrx.extraction.asking.observer import Silent
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.runs.configuration import load_config
from attrx.runs.ensemble import EnsembleOptions, ensemble
from attrx.runs.extract import ExtractOptions, extract
from attrx.runs.init import init

if TYPE_CHECKING:
    from attrx.providers.local.engine import LocalEngine

pytest.importorskip("torch", reason="these tests run models: `make test-local` brings torch")

OPTIONS = {"gguf_file": smollm2.FILE}


@pytest.fixture(scope="module")
def engine() -> LocalEngine:
    return open_engine(smollm2.folder(), OPTIONS)


def test_it_reads_the_product(engine: LocalEngine) -> None:
    titles = [
        "Nike men's running shoe, synthetic mesh, blue",
        "Adidas men's wool hat",
        "H&M girls' cotton dress",
    ]
    replies = answers(engine, requests(*ALL, titles=titles))
    brands = [json.loads(reply.text)["brand"] for reply in replies]
    assert [brand.casefold().partition(" ")[0] for brand in brands] == ["nike", "adidas", "h&m"]


def test_its_answers_are_the_same_in_any_batch(engine: LocalEngine) -> None:
    questions = requests(*CLOSED)
    together = [reply.text for reply in answers(engine, questions)]
    assert together == [reply.text for reply in answers(engine, questions, batch_size=1)]


def test_left_to_itself_it_leaves_the_list_and_held_to_it_it_does_not(engine: LocalEngine) -> None:
    bound_answers = [json.loads(reply.text) for reply in answers(engine, requests(*CLOSED))]
    assert all(
        answer[attribute.name] in {*attribute.values, "n/a"}
        for answer in bound_answers
        for attribute in CLOSED
    )
    free = [reply.text for reply in answers(engine, requests(*CLOSED, form="none"))]
    assert not all(_on_the_list(text) for text in free)


def test_beside_better_models_it_gets_little_weight(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    init(tmp_path, "gender")
    path = tmp_path / "attrx.yaml"
    config = yaml.safe_load(path.read_text())
    smol = {"provider": "local", "model": str(smollm2.folder())}
    config["models"] = [
        *config["models"][:3],
        {**smol, "name": "smol", "options": OPTIONS},
        {**smol, "name": "smol-scored", "options": {**OPTIONS, "decode": "score"}},
    ]
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    settings, products, watching = load_config(path), tmp_path / "products.csv", Watching()
    extract(settings, ExtractOptions(products), watching)
    assert watching.failures == watching.stops == []
    assert capfd.readouterr() == ("", "")  # loading draws no bars
    votes = [
        vote
        for row in _stored_answers(settings.paths.cache)
        if row["model"].startswith("smol")
        for vote in row["votes"]
    ]
    assert len(votes) == 60
    assert {vote["state"] for vote in votes} <= {"value", "absent"}
    rows = ensemble(settings, EnsembleOptions(products), Silent()).weights
    weights = {row.model: row.weight for row in rows if row.weight is not None}
    mocks = [weight for model, weight in weights.items() if model.startswith("mock")]
    assert max(weights["smol"], weights["smol-scored"]) < min(mocks) / 2


def _on_the_list(text: str) -> bool:
    try:
        answer = json.loads(text)
        return all(answer[attribute.name] in {*attribute.values, "n/a"} for attribute in CLOSED)
    except (json.JSONDecodeError, KeyError, TypeError):
        return False


def _stored_answers(folder: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = AnswersCache(folder).answers(0).to_pylist()
    return rows
