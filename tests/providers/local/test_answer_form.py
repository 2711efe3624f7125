"""What an answer may be, read off the request."""

from __future__ import annotations

from attrx.configs.product import Product
from attrx.configs.settings import Attribute, PromptSettings, Style
from attrx.prompts import PromptWriter
from attrx.providers.local.answer_form import read_answer_form
from attrx.providers.protocol import Request

GENDER = Attribute(name="gender", values={"male": ("men",), "female": ()})
SIZE_GIVEN = Attribute(name="size_given", values={"yes": (), "n/a": ()})
BRAND = Attribute(name="brand", open=True)


def request(style: Style, *attributes: Attribute) -> Request:
    prompt = PromptWriter(PromptSettings(style=style), attributes).write(
        Product("1", (("title", "A"),)), attributes
    )
    return Request(prompt.messages, 10, prompt.json_schema, attributes=attributes)


def test_a_schema_lists_the_closed_values_and_bounds_the_open_ones() -> None:
    answer_form = read_answer_form(request("schema", GENDER, BRAND), "json_schema", free=False)
    assert answer_form.is_json
    assert answer_form.closed_values == {"gender": ("male", "female", "n/a")}
    assert answer_form.schema is not None
    assert answer_form.schema["properties"]["brand"] == {"type": "string", "maxLength": 200}


def test_a_choice_is_one_of_the_values_or_absent() -> None:
    answer_form = read_answer_form(request("choice", GENDER), "none", free=False)
    assert not answer_form.is_json
    assert answer_form.closed_values == {"gender": ("male", "female", "n/a")}
    assert read_answer_form(request("choice", SIZE_GIVEN), "none", free=False).choices == (
        "yes",
        "n/a",
    )


def test_a_choice_asked_for_freely_is_held_to_nothing() -> None:
    assert read_answer_form(request("choice", GENDER), "none", free=True).choices == ()


def test_weaker_forms_hold_the_answer_to_less() -> None:
    schema_request = request("schema", GENDER)
    assert read_answer_form(schema_request, "json_object", free=False).schema == {"type": "object"}
    assert read_answer_form(schema_request, "none", free=False).schema is None
    assert read_answer_form(schema_request, "none", free=False).is_json


def test_what_is_known_is_no_longer_asked_for() -> None:
    both = read_answer_form(request("schema", GENDER, BRAND), "json_schema", free=False)
    rest = both.without({"gender"})
    assert rest is not None
    assert rest.schema is not None
    assert rest.schema["required"] == ["brand"]
    assert both.without(set()) == both
    assert (
        read_answer_form(request("schema", GENDER), "json_schema", free=False).without({"gender"})
        is None
    )
    assert (
        read_answer_form(request("choice", GENDER), "none", free=False).without({"gender"}) is None
    )
