from __future__ import annotations

import json

import pytest
from vocabularies import BRAND, GENDER, WEIGHT, configured, vocabularies

from attrx.configs.settings import Attribute, PromptSettings
from attrx.prompts import PromptWriter, Vocabulary, read_answer

MATERIAL = configured(name="outer_material", open=True, description="What it is made of.")
GOOD = '{"gender": "male", "brand": "Acme"}'


def told(raw: str, *attributes: Attribute) -> list[str]:
    """Each asked attribute's value, or its state in brackets."""
    votes = read_answer(raw, vocabularies(*attributes))
    return [vote.value if vote.value is not None else f"({vote.state})" for vote in votes]


ECHOES = [
    "string", "String", "str", "text", "TEXT", "number", "enum", "value", "boolean", "object",
    "string | null", "<outer_material>", "<string>", "<your answer>", "<...>", "{outer_material}",
    "{{outer_material}}", "${outer_material}", "[outer_material]", "...", "…", "____", "xxx",
    "outer_material", "Outer material", "OUTER MATERIAL", "outer material name",
    "the outer material", "the outer material of the product", "outer material value",
    "your answer here", "value here", "placeholder", "example value",
    "What it is made of.", "string value",
]  # fmt: skip


@pytest.mark.parametrize("text", ECHOES)
def test_the_form_said_back_is_no_value(text: str) -> None:
    raw = json.dumps({"outer_material": text})
    assert told(raw, MATERIAL) == ["(unreadable)"]
    assert told(f"Outer material: {text}", MATERIAL, BRAND)[0] == "(unreadable)"


@pytest.mark.parametrize(
    "text",
    ["leather", "texture", "Stringray", "Object & Co", "Value Brand", "outer shell", "outer", "xx",
     "3.5", "XXXL", "material", "<3", "$5", "A <b> C", "numbers", "Text.ile"],
)  # fmt: skip
def test_values_that_are_like_a_form_stay(text: str) -> None:
    assert Vocabulary(MATERIAL).read(text).state == "value"


def test_a_form_that_is_listed_is_a_value() -> None:
    print_type = configured(name="print", values=["text", "photo", "..."])
    assert told('{"print": "text"}', print_type) == ["text"]
    assert told('{"print": "..."}', print_type) == ["..."]
    assert told('{"print": "string"}', print_type) == ["(unreadable)"]
    with_example = configured(name="print", open=True, examples=["Text", "photo"])
    assert told('{"print": "text"}', with_example) == ["text"]
    assert told('{"print": "print"}', with_example) == ["(unreadable)"]
    without = configured(name="print", open=True, examples=["photo"])
    assert Vocabulary(with_example).digest != Vocabulary(without).digest


@pytest.mark.parametrize(
    "text",
    ["male|female|unisex", "male | female | unisex | n/a", "male, female, unisex",
     "male / female / unisex", "male, female or unisex", "<male|female|unisex>"],
)  # fmt: skip
def test_all_options_are_the_form(text: str) -> None:
    assert told(json.dumps({"gender": text}), GENDER) == ["(unreadable)"]


def test_some_of_the_options_are_values_off_the_list() -> None:
    assert told('{"gender": "male, female"}', GENDER) == ["(off_list)"]


@pytest.mark.parametrize("style", ["schema", "list"])
def test_what_the_prompt_shows_is_no_answer(style: str) -> None:
    attributes = (GENDER, BRAND, WEIGHT)
    settings = PromptSettings.model_validate({"style": style})
    writer = PromptWriter(settings, attributes)
    from attrx.configs.product import Product

    prompt = writer.write(Product("p", (("title", "x"),)), attributes)
    assert prompt.json_schema is not None
    for raw in (json.dumps(prompt.json_schema), prompt.messages[0]["content"]):
        votes = read_answer(raw, vocabularies(*attributes))
        assert all(vote.missing for vote in votes), votes


FORMS = [
    '{"gender": "string", "brand": "string"}',
    '{"gender": "<gender>", "brand": "<brand>"}',
    '{"gender": "male|female|unisex", "brand": "..."}',
    '{"gender": {"type": "string", "enum": ["male", "female"]}, "brand": {"type": "string"}}',
    '{"type": "object", "properties": {"gender": {"type": "string"}, "brand": {"type": "string"}}}',
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("words", ["\n", "\n\nAnswer:\n", "\n\nForm:\n", "\n```\n\n```json\n"])
def test_a_form_before_or_after_the_answer_does_not_count(form: str, words: str) -> None:
    assert told(form, GENDER, BRAND) == ["(unreadable)", "(unreadable)"]
    assert told(f"{form}{words}{GOOD}", GENDER, BRAND) == ["male", "acme"]
    assert told(f"{GOOD}{words}{form}", GENDER, BRAND) == ["male", "acme"]
    assert told(f"[{form}, {GOOD}]", GENDER, BRAND) == ["male", "acme"]


def test_an_answer_may_leave_a_part_of_the_form_unfilled() -> None:
    assert told('{"gender": "male", "brand": "<brand>"}', GENDER, BRAND) == ["male", "(unreadable)"]
