from __future__ import annotations

import json

import pytest
from vocabularies import AGE_GROUP, BRAND, COLOR, GENDER, WEIGHT, configured, vocabularies

from attrx.configs.settings import Attribute
from attrx.prompts import read_answer


def told(raw: str, *attributes: Attribute) -> list[str]:
    """Each asked attribute's value, or its state in brackets."""
    votes = read_answer(raw, vocabularies(*attributes))
    assert [vote.attribute for vote in votes] == [attribute.name for attribute in attributes]
    return [vote.value if vote.value is not None else f"({vote.state})" for vote in votes]


THINKING = "Let me think. The title says men, so {gender: male}? Maybe."

GENDER_AND_BRAND = {
    "an object is read as it is": ('{"gender": "male", "brand": "Nike"}', "male", "nike"),
    "space and marks around it are skipped": (
        '\ufeff {"gender": "male", "brand": "Nike"}\n',
        "male",
        "nike",
    ),
    "the order of keys does not matter": ('{"brand": "Nike", "gender": "male"}', "male", "nike"),
    "extra keys are passed over": (
        '{"gender": "male", "brand": "Nike", "size": 9}',
        "male",
        "nike",
    ),
    "a missing key is left out": ('{"gender": "male"}', "male", "(left_out)"),
    "an empty object leaves everything out": ("{}", "(left_out)", "(left_out)"),
    "a value off the list is no vote": (
        '{"gender": "robots", "brand": "Nike"}',
        "(off_list)",
        "nike",
    ),
    "null and n/a are absent": ('{"gender": null, "brand": "n/a"}', "(absent)", "(absent)"),
    "what Python writes for nothing is absent": (
        '{"gender": NaN, "brand": NaN}',
        "(absent)",
        "(absent)",
    ),
    "keys may have another case": ('{"Gender": "Men", "BRAND": "Nike"}', "male", "nike"),
    "keys may have spaces and underscores": (
        '{"gender ": "male", "_brand": "Nike"}',
        "male",
        "nike",
    ),
    "of doubled keys the last wins": (
        '{"gender": "male", "brand": "A", "brand": "B"}',
        "male",
        "b",
    ),
    "of keys doubled in case the last wins": (
        '{"gender": "male", "brand": "A", "Brand": "B"}',
        "male",
        "b",
    ),
    "lists vote as one value": ('{"gender": ["male"], "brand": ["b", "a"]}', "male", "a | b"),
    "several listed values are off the list": (
        '{"gender": ["male", "female"]}',
        "(off_list)",
        "(left_out)",
    ),
    "objects hold values": (
        '{"gender": {"value": "male"}, "brand": {"x": 1}}',
        "male",
        "(unreadable)",
    ),
    "a raw line break in a text is a space": (
        '{"brand": "line\nbreak"}',
        "(left_out)",
        "line break",
    ),
    "half an escape is replaced": ('{"brand": "caf\\u00e9 \\ud83d"}', "(left_out)", "café \ufffd"),
    # JSON with something around it
    "a fenced block is opened": (
        '```json\n{"gender": "male", "brand": "Nike"}\n```',
        "male",
        "nike",
    ),
    "prose is cut away": (
        'Sure! Here it is:\n{"gender": "male", "brand": "Nike"}\nAnything else?',
        "male",
        "nike",
    ),
    "a brace too many is cut away": ('{"gender": "male", "brand": "Nike"}}', "male", "nike"),
    "a chat mark is cut away": ('{"gender": "male", "brand": "Nike"}<|im_end|>', "male", "nike"),
    "an answer tag is opened": (
        '<answer>{"gender": "male", "brand": "Nike"}</answer>',
        "male",
        "nike",
    ),
    "the last answer tag counts": (
        '<answer>x</answer> no: <answer>{"gender": "male"}</answer>',
        "male",
        "(left_out)",
    ),
    "a brace in the prose does no harm": (
        ':{ ok, {"gender": "male", "brand": "Nike"}',
        "male",
        "nike",
    ),
    "braces in the prose do no harm": (
        '{see below} {"gender": "male", "brand": "Nike"}',
        "male",
        "nike",
    ),
    "JSON in a JSON text is read": (
        '"{\\"gender\\": \\"male\\", \\"brand\\": \\"Nike\\"}"',
        "male",
        "nike",
    ),
    "escaped JSON is read": ('{\\"gender\\": \\"male\\", \\"brand\\": \\"Nike\\"}', "male", "nike"),
    # wrappers
    "a list of one object is opened": ('[{"gender": "male", "brand": "Nike"}]', "male", "nike"),
    "a wrapper is opened": ('{"attributes": {"gender": "male", "brand": "Nike"}}', "male", "nike"),
    "a list in a wrapper is opened": (
        '{"products": [{"gender": "male", "brand": "Nike"}]}',
        "male",
        "nike",
    ),
    "a schema's form is opened": (
        '{"type": "object", "properties": {"gender": "male"}}',
        "male",
        "(left_out)",
    ),
    "the schema itself is no answer": (
        '{"properties": {"gender": {"type": "string", "enum": ["male"]}}}',
        "(unreadable)",
        "(left_out)",
    ),
    "a list of pairs is read": (
        '[{"attribute": "gender", "value": "male"}, {"attribute": "brand", "value": "Nike"}]',
        "male",
        "nike",
    ),
    "wrapped pairs are read and strange ones passed over": (
        '{"attributes": [{"name": "Gender", "value": "male"}, {"name": "Color", "value": "red"}]}',
        "male",
        "(left_out)",
    ),
    "objects side by side are one answer": (
        '{"gender": "male"}\n{"brand": "Nike"}',
        "male",
        "nike",
    ),
    "they must not contradict": (
        '{"gender": "male"}, {"gender": "female"}',
        "(unreadable)",
        "(left_out)",
    ),
    "two spellings do not contradict": (
        '[{"gender": "male"}, {"gender": "men"}]',
        "male",
        "(left_out)",
    ),
    "a later object corrects an earlier one": (
        'First I thought {"gender": "male", "brand": "Nike"} but it is {"gender": "female"}.',
        "female",
        "nike",
    ),
    "a product that the model makes up does not count": (
        '{"gender": "male", "brand": "A"}\n<product>\n{"title": "x"}\n</product>\n'
        '{"gender": "female", "brand": "B"}',
        "male",
        "a",
    ),
    "a turn that the model makes up does not count": (
        '{"gender": "male", "brand": "A"}\n\nUser: next one\n{"gender": "female", "brand": "B"}',
        "male",
        "a",
    ),
    # thoughts
    "thoughts are skipped": (
        f'<think>{THINKING}</think>{{"gender": "female", "brand": "A"}}',
        "female",
        "a",
    ),
    "thoughts may lack their beginning": (
        f'{THINKING}</think>\n{{"gender": "female"}}',
        "female",
        "(left_out)",
    ),
    "thoughts that never end hold no answer": (
        f"<think>{THINKING}",
        "(unreadable)",
        "(unreadable)",
    ),
    "the final channel is the answer": (
        '<|channel|>analysis<|message|>{"gender": "male"}'
        '<|channel|>final<|message|>{"gender": "female"}',
        "female",
        "(left_out)",
    ),
    # broken JSON
    "a trailing comma is repaired": ('{"gender": "male", "brand": "Nike",}', "male", "nike"),
    "single quotes are repaired": ("{'gender': 'male', 'brand': 'Nike'}", "male", "nike"),
    "an apostrophe ends no text": ("{'gender': 'male', 'brand': 'Levi's'}", "male", "levi's"),
    "a Python dict is repaired": (
        "{'gender': None, 'brand': 'Nike', 'new': True}",
        "(absent)",
        "nike",
    ),
    "missing quotes are repaired": ("{gender: male, brand: Nike}", "male", "nike"),
    "typographic quotes are repaired": ("{“gender”: “male”, “brand”: “Nike”}", "male", "nike"),
    "a missing comma is repaired": ('{"gender": "male" "brand": "Nike"}', "male", "nike"),
    "a missing brace is repaired": ('{"gender": "male", "brand": "Nike"', "male", "nike"),
    "and so it is before prose": (
        '{"gender": "male", "brand": "Nike"\n\nI hope this helps, bye',
        "male",
        "nike",
    ),
    "an unescaped quote is repaired": (
        '{"brand": "The 5" pipe", "gender": "male"}',
        "male",
        'the 5" pipe',
    ),
    "a needless escape is repaired": ('{"brand": "Levi\\\'s", "gender": "male"}', "male", "levi's"),
    "a comment is repaired": ('{"brand": "N", // as printed\n "gender": "male"}', "male", "n"),
    "doubled braces are repaired": ('{{"gender": "male", "brand": "Nike"}}', "male", "nike"),
    "dots are repaired": (
        '```json\n{"gender": "male",\n"brand": "Nike",\n...\n}\n```',
        "male",
        "nike",
    ),
    # cut off
    "a text that was cut off is no vote": (
        '{"gender": "male", "brand": "Nik',
        "male",
        "(left_out)",
    ),
    "not even the first one": ('{"gender": "ma', "(left_out)", "(left_out)"),
    "not even where it looks whole": ('{"gender": "male', "(left_out)", "(left_out)"),
    "not in a fenced block either": ('```json\n{"gender": "male', "(left_out)", "(left_out)"),
    "not in single quotes either": ("{'brand': 'A', 'gender': 'male", "(left_out)", "a"),
    "a key without a value is no vote": ('{"gender": "male", "brand"', "male", "(left_out)"),
    "a colon without a value is no vote": ('{"gender": "male", "brand":', "male", "(left_out)"),
    "a number that may go on is no vote": ('{"brand": 12', "(left_out)", "(left_out)"),
    "a number before a comma is whole": ('{"brand": 12, "gen', "(left_out)", "12"),
    "a list that was cut off is no vote": (
        '{"gender": "male", "brand": ["a", "b"',
        "male",
        "(left_out)",
    ),
    "nor is a list of objects": (
        '{"gender": "male", "brand": [{"value": "a"}, {"va',
        "male",
        "(unreadable)",
    ),
    "what is whole in a wrapper counts": (
        '{"attributes": {"gender": "male", "brand": "Ni',
        "male",
        "(left_out)",
    ),
    "what is whole in a list of pairs counts": (
        '[{"attribute": "gender", "value": "male"}, {"attribute": "brand", "value": "Ni',
        "male",
        "(left_out)",
    ),
    "an escape that was cut off is no vote": ('{"brand": "\\u00', "(left_out)", "(left_out)"),
    # lines
    "lines are read": ("Gender: male\nBrand: Nike Inc.", "male", "nike inc"),
    "a list in Markdown is read": ("- **Gender:** male\n- **Brand**: Nike", "male", "nike"),
    "a numbered list is read": ("1. gender = male\n2. brand = Nike", "male", "nike"),
    "a table is read": (
        "| Key | Value |\n|---|---|\n| gender | male |\n| brand | Nike |",
        "male",
        "nike",
    ),
    "members without braces are read": ('"gender": "male",\n"brand": "Nike"', "male", "nike"),
    "members on one line are read": ("gender: male, brand: Nike", "male", "nike"),
    "a strange name is part of a value": (
        "Brand: Nike, note: genuine\nGender: male",
        "male",
        "nike, note: genuine",
    ),
    "a missing line is left out": ("Gender: male\nso much for that", "male", "(left_out)"),
    "lines hold words": (
        "Gender: Men (as the title says)\nBrand: not mentioned",
        "male",
        "(absent)",
    ),
    # nothing
    "nothing is unreadable": ("", "(unreadable)", "(unreadable)"),
    "blanks are unreadable": (" \n ", "(unreadable)", "(unreadable)"),
    "null as a whole is unreadable": ("null", "(unreadable)", "(unreadable)"),
    "an empty list is unreadable": ("[]", "(unreadable)", "(unreadable)"),
    "values without names are unreadable": ('["male", "Nike"]', "(unreadable)", "(unreadable)"),
    "values in words are unreadable": ("male, Nike", "(unreadable)", "(unreadable)"),
    "prose is unreadable": ("This is a fine shoe by Nike.", "(unreadable)", "(unreadable)"),
    "a refusal is a refusal": ("I'm sorry, but I can't help with that.", "(refused)", "(refused)"),
    "a plain refusal is one too": (
        "I cannot extract attributes from this.",
        "(refused)",
        "(refused)",
    ),
    "an evasion is a refusal": ("As an AI, I have no opinion.", "(refused)", "(refused)"),
}


@pytest.mark.parametrize(
    ("raw", "gender", "brand"), GENDER_AND_BRAND.values(), ids=GENDER_AND_BRAND
)
def test_two_attributes(raw: str, gender: str, brand: str) -> None:
    assert told(raw, GENDER, BRAND) == [gender, brand]


GENDER_ALONE = {
    "the bare value": ("male", "male"),
    "the value with a full stop": (" Male.\n", "male"),
    "the value in quotes": ('"male"', "male"),
    "the value in bold": ("**male**", "male"),
    "the value as code": ("`male`", "male"),
    "the value in a block": ("```\nmale\n```", "male"),
    "the value as a bullet": ("- male", "male"),
    "the value in braces": ("{male}", "male"),
    "the value in a box": ("\\boxed{male}", "male"),
    "the value before a chat mark": ("male</s>", "male"),
    "a synonym": ("Men’s", "male"),
    "an object": ('{"gender": "male"}', "male"),
    "an object that calls it the answer": ('{"answer": "male"}', "male"),
    "an object that wraps what it calls the answer": ('{"result": {"choice": "male"}}', "male"),
    "an object that calls nothing the answer": ('{"answer": null}', "(absent)"),
    "an object in an object in an object": (
        '{"result": {"choice": {"value": "male"}}}',
        "(unreadable)",
    ),
    "an object that calls it the answer, in prose": ('Well: {"answer": "male"}', "male"),
    "an object about something else": ('{"attribute": "color", "value": "male"}', "(left_out)"),
    "a list of one": ('["male"]', "male"),
    "null": ("null", "(absent)"),
    "an empty list": ("[]", "(absent)"),
    "n/a": ("n/a", "(absent)"),
    "n/a with a reason": ("n/a (the text does not tell)", "(absent)"),
    "a sentence that says n/a": ("The gender is not specified.", "(absent)"),
    "a model that looked and could not tell": (
        "I cannot determine the gender from the text.",
        "(absent)",
    ),
    "an answer line": ("Answer: male", "male"),
    "an answer sentence": ("The answer is male.", "male"),
    "an answer sentence with emphasis": ("The answer is: **Male**", "male"),
    "a line with the attribute's name": ("Gender: male", "male"),
    "a sentence with the attribute's name": ("The gender of this product is male.", "male"),
    "a sentence with some doubt": ("So, the gender is most likely male", "male"),
    "an answer line with a reason": ("Answer: male, because the title says so", "male"),
    "the value and then a reason": ("Male. It is not for women.", "male"),
    "the value and a reason after a dash": ("Male - the title says men", "male"),
    "the value and a reason in brackets": ("Unisex (it does not say men or women)", "unisex"),
    "the value and a reason that names no other": ("Male, since the title says men", "male"),
    "the value and another one": ("Male, not female", "(unreadable)"),
    "the value or another one": ("Male (or unisex)", "(unreadable)"),
    "a short sentence that names one value": ("This shoe is for men.", "male"),
    "a sentence that names one value twice": ("It is for men: a male shoe", "male"),
    "a sentence that names two values": ("for men and women", "(unreadable)"),
    "two values": ("male/female", "(unreadable)"),
    "a sentence that denies the value": ("It is not for men", "(unreadable)"),
    "a sentence that denies the value shortly": ("It isn't for men", "(unreadable)"),
    "a part of a word is no value": ("non-male", "(off_list)"),
    "an answer line after reasons": ("The title mentions women.\nAnswer: men", "male"),
    "the last answer line counts": ("Answer: men\nWait.\nAnswer: women", "female"),
    "the bold value after long reasons": ("It says women. " * 30 + "\n\n**unisex**", "unisex"),
    "long reasons without an answer": ("It says women, perhaps men. " * 30, "(unreadable)"),
    "a quoted value beside another one": (
        'The title has "men", so it is for women.',
        "(unreadable)",
    ),
    "a quoted value alone": ('The best option is "men" here.', "male"),
    "thoughts are skipped": ("<think>male? female?</think>\n\nunisex", "unisex"),
    "none of the options": ("None of the above", "(absent)"),
    "a value off the list": ("kids", "(off_list)"),
    "nothing": ("", "(unreadable)"),
    "a refusal that names a value": (
        "I'm sorry, but I can't assist with men's shoes.",
        "(refused)",
    ),
    "a refusal": ("I won't answer that.", "(refused)"),
    "a short refusal": ("I cannot.", "(refused)"),
}


@pytest.mark.parametrize(("raw", "gender"), GENDER_ALONE.values(), ids=GENDER_ALONE)
def test_one_closed_attribute_asked_alone(raw: str, gender: str) -> None:
    assert told(raw, GENDER) == [gender]


BRAND_ALONE = {
    "the bare value": ("Nike", "nike"),
    "the value in quotes": ('"Nike"', "nike"),
    "the value in bold": ("**Nike**", "nike"),
    "a line with the attribute's name": ("Brand: Nike", "nike"),
    "a sentence with the attribute's name": ("The brand is Nike.", "nike"),
    "an answer line": ("Answer: Nike\nbecause it is printed there", "nike"),
    "an object": ('{"brand": "Nike"}', "nike"),
    "a name that begins as n/a does": ("NA-KD", "na kd"),
    "a name that reads as a refusal": (
        "I Can't Believe It's Not Butter",
        "i can't believe it's not butter",
    ),
    "none": ("None", "(absent)"),
    "a sentence that says n/a": ("The brand is not specified.", "(absent)"),
    "another sentence that says n/a": ("The product does not mention a brand", "(absent)"),
    "a sentence is no name": ("It seems to be a Nike shoe.", "(unreadable)"),
    "another sentence is no name": ("The title says Nike", "(unreadable)"),
    "several lines are no name": ("Nike\n\nThe title begins with it.", "(unreadable)"),
    "many words are no name": ("a b c d e f g h i j k", "(unreadable)"),
    "a refusal": ("I cannot answer that.", "(refused)"),
}


@pytest.mark.parametrize(("raw", "brand"), BRAND_ALONE.values(), ids=BRAND_ALONE)
def test_one_open_attribute_asked_alone(raw: str, brand: str) -> None:
    assert told(raw, BRAND) == [brand]


@pytest.mark.parametrize(
    ("raw", "weight"),
    [
        ('{"weight": 1.50}', "1.5"),
        ('{"weight": "2 lb"}', "907.18474"),  # 2 * 453.59237 g
        ("250 g", "250"),
        ("The weight is 250 g.", "250"),
        ("Weight: 0.25 kg", "250"),
        ("5 ml", "(off_list)"),
        ("between 5 and 6 g", "(unreadable)"),
        ("n/a", "(absent)"),
    ],
)
def test_one_number_asked_alone(raw: str, weight: str) -> None:
    assert told(raw, WEIGHT) == [weight]


@pytest.mark.parametrize(
    ("raw", "spellings"),
    [
        ('{"gender": " Men’s ", "brand": " Levi\'s  Co. "}', ["Men’s", "Levi's  Co."]),
        (
            '{"gender": "N/A", "brand": 1.50}',
            ["N/A", "1.50"],
        ),  # a number as it is spelt, not as Python prints it
        (
            '{"gender": "Robots", "brand": 12345678901234567890123}',
            ["Robots", "12345678901234567890123"],
        ),
        ('{"gender": null, "brand": true}', ["null", "true"]),
        ("Gender: **Men**\nBrand: 'Nike'", ["Men", "Nike"]),
    ],
)
def test_votes_keep_the_models_own_spelling_trimmed(raw: str, spellings: list[str]) -> None:
    assert [vote.spelling for vote in read_answer(raw, vocabularies(GENDER, BRAND))] == spellings


def test_a_mentioned_value_is_spelt_as_it_was_mentioned() -> None:
    (vote,) = read_answer("This Shoe is for Men.", vocabularies(GENDER))
    assert vote.spelling == "Men"


def test_a_real_value_none_is_found_in_words_too() -> None:
    assert told("Answer: None", COLOR) == ["None"]
    assert told("n/a", COLOR) == ["(absent)"]


def test_names_that_fold_to_one_key_are_told_apart_by_their_spelling() -> None:
    size, other = configured(name="Size", open=True), configured(name="size", open=True)
    assert told('{"Size": "L", "size": "small"}', size, other) == ["l", "small"]
    assert told('{"SIZE": "L"}', size, other) == ["(left_out)", "(left_out)"]


def test_an_attribute_called_as_wrappers_and_pairs_are_is_still_itself() -> None:
    name, value = configured(name="name", open=True), configured(name="value", open=True)
    assert told('{"name": "Air Max", "value": "high"}', name, value) == ["air max", "high"]


def test_an_attribute_name_of_signs_alone_matches_itself_only() -> None:
    sign = configured(name="#", open=True)
    assert told('{"#": "7", "?": "8"}', sign) == ["7"]
    assert told("?: 8\nbrand: Nike", sign, BRAND) == ["(left_out)", "nike"]


def test_nothing_asked_gives_no_votes() -> None:
    for raw in ("", "male", '{"gender": "male"}', "[1]", "I'm sorry"):
        assert read_answer(raw, ()) == ()


def test_many_attributes_keep_their_order() -> None:
    raw = json.dumps(
        {"weight": "5 g", "color": "red", "brand": "X", "age_group": "kids", "gender": "male"}
    )
    assert told(raw, GENDER, AGE_GROUP, BRAND, COLOR, WEIGHT) == ["male", "kids", "x", "red", "5"]
