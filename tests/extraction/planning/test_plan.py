"""Which requests a plan makes of the cells to ask, worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from attrx.configs.settings import Settings
from attrx.ensemble.cells import Cells
from attrx.extraction.cache.digests import digest, request_key, text_digest
from attrx.extraction.planning.plan import BucketPlan, Question
from attrx.extraction.planning.questionnaire import Questionnaire

TEXTS = {"p1": "red shirt", "p2": "red shirt", "p3": "red shirt", "p4": "blue hat", "p5": "sock"}
# p1 and p2 lack both attributes, p3 only the brand, p4 only the gender, p5 nothing.
TO_ASK = np.array([[1, 1], [1, 1], [0, 1], [1, 0], [0, 0]], bool)
DIGESTS = {name: text_digest([("title", text)]) for name, text in TEXTS.items()}


def plan_of(per: str = "product", *, asks_texts_once: bool = True, **prompt: Any) -> BucketPlan:
    config = {
        "version": 1,
        "input": {"id": "sku", "text": ["title"]},
        "attributes": [
            {"name": "gender", "values": ["male", "female"]},
            {"name": "brand", "open": True},
        ],
        "models": [{"name": "a", "provider": "openai", "model": "gpt-4"}],
        "prompt": {"per": per, **prompt},
    }
    products = pa.table(
        {
            "product_id": list(TEXTS),
            "category": pa.array([None] * len(TEXTS), pa.string()),
            "fields": [[{"name": "title", "text": text}] for text in TEXTS.values()],
            "columns": [[f"no {name}"] for name in TEXTS],
            "text_digest": [DIGESTS[name] for name in TEXTS],
        }
    )
    return BucketPlan(
        products=products,
        extra_columns=("note",),
        questionnaire=Questionnaire.from_settings(Settings.model_validate(config)),
        cells=Cells.of_all(len(TEXTS), 2),
        to_ask=TO_ASK.T.reshape(-1, 1),
        n_cells=np.array([10]),
        cells_in_batches=np.array([0]),
        without_vote=0,
        asks_texts_once=(asks_texts_once,),
    )


def summary(question: Question) -> tuple[Any, ...]:
    return question.product_ids, question.attributes, question.may_repeat


def test_products_with_one_text_and_the_same_cells_share_a_request() -> None:
    questions = list(plan_of().questions(0))
    assert [summary(question) for question in questions] == [
        (("p1", "p2"), (0, 1), True),
        (("p3",), (1,), True),
        (("p4",), (0,), False),
    ]
    assert [question.text_digest for question in questions] == [
        DIGESTS["p1"],
        DIGESTS["p1"],
        DIGESTS["p4"],
    ]
    assert {question.model for question in questions} == {0}
    assert questions[2].product.columns == {"note": "no p4"}


def test_a_prompt_per_attribute_makes_a_request_of_each() -> None:
    assert [summary(question) for question in plan_of("attribute").questions(0)] == [
        (("p1", "p2"), (0,), True),
        (("p1", "p2"), (1,), True),
        (("p3",), (1,), True),
        (("p4",), (0,), False),
    ]


def test_where_more_than_the_prompt_decides_each_product_is_asked_by_itself() -> None:
    questions = list(plan_of(asks_texts_once=False).questions(0))
    assert [summary(question) for question in questions] == [
        (("p1",), (0, 1), False),
        (("p2",), (0, 1), False),
        (("p3",), (1,), False),
        (("p4",), (0,), False),
    ]


@pytest.mark.parametrize(
    ("per", "once", "requests"),
    [
        ("product", True, 3),
        ("product", False, 4),
        ("attribute", True, 4),
        ("attribute", False, 6),
    ],
)
def test_requests_are_counted_without_being_made(per: str, once: bool, requests: int) -> None:
    plan = plan_of(per, asks_texts_once=once)
    assert plan.count_requests(0) == requests
    assert len(list(plan.questions(0))) == requests


def test_a_request_carries_what_is_asked_and_of_what() -> None:
    plan = plan_of()
    question = next(plan.questions(0))
    _, request = plan.request(question, 77)
    assert request.max_tokens == 77
    assert request.product is question.product
    assert [attribute.name for attribute in request.attributes] == ["gender", "brand"]
    assert "red shirt" in request.messages[-1]["content"]
    assert request.json_schema is not None
    assert list(request.json_schema["properties"]) == ["gender", "brand"]


def test_the_key_is_that_of_what_is_sent_and_of_the_product_where_that_decides_too() -> None:
    def keys(plan: BucketPlan) -> list[bytes]:
        return [plan.request(question, 9)[0] for question in plan.questions(0)]

    plan = plan_of()
    key, request = plan.request(next(plan.questions(0)), 9)
    model = plan.questionnaire.model_parts[0]
    assert key == request_key(model, request.messages, request.json_schema)
    assert key != request_key(model, request.messages, None)
    once, each = keys(plan), keys(plan_of(asks_texts_once=False))
    assert len(set(once)) == 3
    assert len(set(each)) == 4
    assert each[:2] == [digest(once[0].hex(), "p1"), digest(once[0].hex(), "p2")]
    assert keys(plan_of(style="list")) != once
