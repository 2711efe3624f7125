from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from attrx.configs.settings import Settings
from attrx.ensemble.cells import Cells
from attrx.extraction.batches.rows import model_for
from attrx.extraction.cache.batch_records import Batch, pack_parts
from attrx.extraction.cache.ledger import CELLS
from attrx.extraction.cache.schema import ANSWERS, PRODUCTS
from attrx.extraction.planning.coverage import VOTE_COLUMNS
from attrx.extraction.planning.pending import cells_answered_since, cells_in_batches
from attrx.extraction.planning.questionnaire import Questionnaire

MODELS = [
    {"name": "a", "provider": "openai", "model": "gpt-4"},
    {
        "name": "a-again",
        "provider": "openai",
        "model": "gpt-4",
    },  # the same model under another name
    {"name": "b", "provider": "anthropic", "model": "claude"},
]
NEW, OLD = b"n" * 16, b"o" * 16


def asked(*models: dict[str, Any]) -> Questionnaire:
    config = {
        "version": 1,
        "input": {"id": "sku", "text": ["title"]},
        "attributes": [
            {"name": "gender", "values": ["male", "female"]},
            {"name": "brand", "open": True},
        ],
        "models": list(models or MODELS),
    }
    return Questionnaire.from_settings(Settings.model_validate(config))


def products(*ids: str) -> pa.Table:
    rows: list[dict[str, Any]] = [
        {"row": number, "product_id": each, "category": None, "fields": [], "text_digest": NEW}
        for number, each in enumerate(ids)
    ]
    return pa.Table.from_pylist(rows, PRODUCTS)


def cell(
    now: Questionnaire, product_id: str, model: int, *attributes: int, text: bytes = NEW
) -> dict[str, Any]:
    parts = tuple((now.attributes[index].name, now.parts[index]) for index in attributes)
    return {
        "product_id": product_id,
        "text_digest": text,
        "model_part": now.model_parts[model],
        "attributes": pack_parts(parts),
    }


def test_cells_on_their_way_are_those_of_this_text_under_every_name_of_the_model() -> None:
    now = asked()
    waiting = [
        cell(now, "p", 0, 0),
        cell(now, "q", 2, 0, 1),
        cell(now, "p", 2, 0, text=OLD),  # the product says something else by now
        cell(now, "gone", 0, 0, 1),
        {
            **cell(now, "r", 0, 0),
            "attributes": pack_parts((("gender", b"x" * 16),)),
        },  # reworded since
        {**cell(now, "r", 0, 0), "model_part": b"x" * 16},  # of a model that has left
    ]
    cells = Cells.of_all(3, 2)
    batch_cells = pa.Table.from_pylist(waiting, CELLS)
    found = cells_in_batches(batch_cells, products("p", "q", "r"), cells, now)
    expected = np.zeros((2, 3, 3), bool)  # attribute, product, model
    expected[0, 0, [0, 1]] = True
    expected[:, 1, 2] = True
    np.testing.assert_array_equal(found, expected.reshape(6, 3))


def test_without_batches_nothing_is_on_its_way() -> None:
    cells = Cells.of_all(1, 2)
    assert not cells_in_batches(CELLS.empty_table(), products("p"), cells, asked()).any()


def answer(
    now: Questionnaire, time_ns: int, product_id: str, status: str = "answered", **fields: Any
) -> dict[str, Any]:
    vote = dict.fromkeys(("fingerprint", "value", "spelling")) | {
        "attribute": "brand",
        "part": now.parts[1],
    }
    return {
        "answered_ns": time_ns,
        "product_id": product_id,
        "model": "b",
        "model_part": now.model_parts[2],
        "text_digest": NEW,
        "source": "asked",
        "status": status,
        "votes": [{**vote, "reader": now.readers[1], "state": "unreadable"}],
        **fields,
    }


def test_what_was_answered_since_counts_whatever_it_says_and_a_failure_does_not() -> None:
    now = asked()
    rows = [
        answer(now, 9, "early"),
        answer(now, 10, "p"),
        answer(now, 11, "q", status="failed"),
        answer(now, 12, "r", text_digest=OLD),
    ]
    answers = pa.Table.from_pylist(rows, ANSWERS).select(list(VOTE_COLUMNS))
    four_products = products("early", "p", "q", "r")
    cells = Cells.of_all(4, 2)
    found = cells_answered_since(answers, four_products, cells, now, 10)
    cell, model = np.argwhere(found).T
    assert cells.rows[cell].tolist() == [1]
    assert cells.attributes[cell].tolist() == [1]
    assert model.tolist() == [2]


def of(now: Questionnaire, index: int, **fields: Any) -> Batch:
    settings = now.models[index]
    made = {
        "model": settings.name,
        "model_part": now.model_parts[index],
        "provider": settings.provider,
    }
    return Batch(
        **{
            "tag": "t",
            "base_url": settings.base_url,
            "written_s": 0.0,
            "submitting_s": 0.0,
            **made,
            **fields,
        }
    )


def test_a_batch_is_collected_by_its_model_under_this_name_or_another() -> None:
    now = asked()
    assert [model_for(of(now, index), now) for index in range(3)] == [0, 1, 2]
    assert model_for(of(now, 0, model="as it was called"), now) == 0


def test_a_batch_is_collected_with_other_options_but_not_at_another_address() -> None:
    before, warmer = asked(), asked(*({**model, "temperature": 1.0} for model in MODELS))
    assert [model_for(of(before, index), warmer) for index in range(3)] == [0, 1, 2]
    moved = asked(*({**model, "base_url": "http://127.0.0.1:1/v1"} for model in MODELS))
    assert [model_for(of(before, index), moved) for index in range(3)] == [None, None, None]
