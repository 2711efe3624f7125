from __future__ import annotations

import pytest
from vocabularies import BRAND, GENDER, WEIGHT, configured, vocabularies

from attrx.configs.languages import DecimalSign
from attrx.configs.settings import Attribute
from attrx.prompts import Vocabulary, read_answer

PIECES = configured(name="pieces", open=True, type="number")
WIDTH = configured(name="width", open=True, type="number", unit="cm", accept_units=["mm", "inch"])
HEIGHT = configured(name="height", open=True, type="number", unit="cm", accept_units=["mm", "inch"])
CAPACITY = configured(name="capacity", values=["64 GB", "128 GB"])
SIZE = configured(name="size", open=True)


def told(raw: str, *attributes: Attribute, sign: DecimalSign = "point") -> list[str]:
    """Each asked attribute's value, or its state in brackets."""
    votes = read_answer(raw, [Vocabulary(attribute, sign) for attribute in attributes])
    return [vote.value if vote.value is not None else f"({vote.state})" for vote in votes]


@pytest.mark.parametrize(
    ("raw", "weight"),
    [
        ('{"weight": {"value": 1.2, "unit": "kg"}}', "1200"),
        ('{"weight": {"value": "1.2", "unit": "kg"}}', "1200"),
        ('{"weight": {"amount": 1.2, "uom": "KGM"}}', "1200"),
        ('{"weight": {"measure": 1200, "units": "grams"}}', "1200"),
        ('{"weight": {"number": 1.2, "unitText": "kilograms"}}', "1200"),
        ('{"weight": {"quantity": 1200, "unitCode": "GRM"}}', "1200"),
        ('{"weight": {"@type": "QuantitativeValue", "value": 1.2, "unitCode": "KGM"}}', "1200"),
        ('{"weight": {"weight": 1.2, "unit": "kg"}}', "1200"),
        ('{"weight": {"value": 1.2, "unit": "kg", "confidence": 0.9}}', "1200"),
        ('{"weight": {"value": "1.2 kg", "unit": "kg"}}', "1200"),
        ('{"weight": {"value": [1.2], "unit": "kg"}}', "1200"),
        ('{"weight": {"kg": 1.2}}', "1200"),
        ('{"weight": [{"value": 1.2, "unit": "kg"}]}', "1200"),
        ('{"weight": [1.2, "kg"]}', "1200"),
        ('{"weight": 1.2, "weight_unit": "kg"}', "1200"),
        ('{"weight": 1.2, "weightUnit": "kg"}', "1200"),
        ('{"weight": 1.2, "unit_of_weight": "kg"}', "1200"),
        ('{"weight": [1.2], "unit": "kg"}', "1200"),
        ('[{"attribute": "weight", "value": 1.2, "unit": "kg"}]', "1200"),
        ('{"value": 1.2, "unit": "kg"}', "1200"),
        ('{"answer": {"value": 1.2, "unit": "kg"}}', "1200"),
        ("Weight: 1.2\nWeight unit: kg", "1200"),
        ("| weight | 1.2 |\n| unit | kg |", "1200"),
        ('{"weight": {"value": 1200, "unit": null}}', "1200"),
        ('{"weight": {"value": 1200, "unit": ""}}', "1200"),
        ('{"weight": {"value": 1200, "unit": "n/a"}}', "1200"),
        ('{"weight": {"value": null, "unit": "g"}}', "(absent)"),
        ('{"weight": {"value": "n/a", "unit": "zork"}}', "(absent)"),
        # A unit that is none makes the number another one.
        ('{"weight": {"value": 1.2, "unit": "zork"}}', "(unreadable)"),
        ('{"weight": {"value": 1.2, "unit": 7}}', "(unreadable)"),
        ('{"weight": {"value": 1.2, "unit": {"x": "kg"}}}', "(unreadable)"),
        ('{"weight": {"value": "1200 g", "unit": "kg"}}', "(unreadable)"),
        ('{"weight": {"value": [1, 2], "unit": "kg"}}', "(unreadable)"),
        ('{"weight": {"value": true, "unit": "kg"}}', "(unreadable)"),
        ('{"weight": {"min": 1, "max": 2, "unit": "kg"}}', "(unreadable)"),
        ('{"weight": 1.2, "weight_unit": "zork"}', "(unreadable)"),
        ('{"weight": {"colour": 1.2}}', "(unreadable)"),
        # One that is known, and not accepted, is off the list, as in a text.
        ('{"weight": {"value": 1.2, "unit": "ml"}}', "(off_list)"),
    ],
)
def test_a_number_and_its_unit_may_stand_apart(raw: str, weight: str) -> None:
    assert told(raw, WEIGHT) == [weight]


def test_one_unit_beside_several_numbers_is_the_unit_of_each() -> None:
    raw = '{"width": 120, "height": "8 cm", "brand": "Acme", "unit": "mm"}'
    assert told(raw, WIDTH, HEIGHT, BRAND) == ["12", "(unreadable)", "acme"]
    assert told('{"width": 120, "height": 80, "unit": "mm"}', WIDTH, HEIGHT) == ["12", "8"]


def test_a_unit_that_was_asked_for_is_an_attribute() -> None:
    unit = configured(name="weight_unit", values=["kg", "g"])
    assert told('{"weight": 1.2, "weight_unit": "kg"}', WEIGHT, unit) == ["1.2", "kg"]


def test_a_unit_belongs_to_a_text_too() -> None:
    assert told('{"size": {"value": 15, "unit": "inch"}}', SIZE) == ["15 inch"]
    assert told('{"capacity": {"value": 128, "unit": "GB"}}', CAPACITY) == ["128 GB"]
    assert told('{"capacity": {"value": 128, "unit": "MB"}}', CAPACITY) == ["(off_list)"]
    assert told('{"gender": {"value": "male", "unit": null}}', GENDER) == ["male"]
    assert told('{"gender": {"value": "male", "unit": "n/a"}}', GENDER) == ["male"]


def test_numbers_of_json_have_a_point_in_every_language() -> None:
    assert told('{"weight": 1.750}', WEIGHT, sign="comma") == ["1.75"]
    assert told('{"weight": "1.750"}', WEIGHT, sign="comma") == ["1750"]
    assert told('{"weight": {"value": "1,750", "unit": "kg"}}', WEIGHT, sign="comma") == ["1750"]
    assert told('{"weight": {"value": 1.750, "unit": "kg"}}', WEIGHT, sign="comma") == ["1750"]
    assert told('{"weight": "1.750"}', WEIGHT, sign="unsure") == ["(unreadable)"]
    assert told('{"weight": 1.750}', WEIGHT, sign="unsure") == ["1.75"]


def test_an_attribute_names_the_sign_before_its_decimals() -> None:
    comma = configured(name="weight", open=True, type="number", unit="g", decimal="comma")
    point = configured(name="weight", open=True, type="number", unit="g", decimal="point")
    for sign in ("point", "comma", "unsure"):
        assert told('{"weight": "1.750 g"}', comma, sign=sign) == ["1750"]
        assert told('{"weight": "1.750 g"}', point, sign=sign) == ["1.75"]
    assert Vocabulary(comma).digest != Vocabulary(point).digest
    assert Vocabulary(WEIGHT, "comma").digest != Vocabulary(WEIGHT).digest
    assert Vocabulary(BRAND, "comma").digest == Vocabulary(BRAND).digest


@pytest.mark.parametrize(
    ("said", "brand"),
    [
        ('["Acme", 0.75]', "acme"),
        ('["Acme", 1]', "acme"),
        ('[0.75, "Acme"]', "acme"),
        ('["Acme", "0.75"]', "acme"),
        ('[["Acme", 0.75]]', "acme"),
        ('("Acme", 0.75)', "acme"),
        ("('Acme', 0.75)", "acme"),
        ('{"value": ["Acme", 0.75]}', "acme"),
        ('["501", 0.75]', "501"),
        ('[null, 0.75]', "(absent)"),
        ('["n/a", 0.2]', "(absent)"),
        ('["Acme", 75]', "(unreadable)"),
        ('["Acme", 1.5]', "(unreadable)"),
        ('["Acme", "Zed", 0.75]', "(unreadable)"),
        ('["Acme", "Zed"]', "acme | zed"),
        ("[7, 8]", "7 | 8"),
        ('["7", "0.5"]', "0.5 | 7"),
    ],
)  # fmt: skip
def test_a_number_beside_a_text_is_how_sure_the_model_is(said: str, brand: str) -> None:
    assert told(f'{{"brand": {said}}}', BRAND) == [brand]
    assert told(f'{{"brand": {said}, "gender": "male"}}', GENDER, BRAND) == ["male", brand]


@pytest.mark.parametrize("raw", ['["Acme", 0.75]', '("Acme", 0.75)', "('Acme', 0.75)"])
def test_so_it_is_where_the_pair_is_the_whole_answer(raw: str) -> None:
    assert told(raw, BRAND) == ["acme"]


def test_a_number_beside_a_listed_value_may_be_listed_itself() -> None:
    pockets = configured(name="pockets", values=["none", "1", "2"])
    assert told('{"pockets": ["none", 1]}', pockets) == ["(off_list)"]
    assert told('{"pockets": [2, 0.9]}', pockets) == ["2"]
    assert told('{"gender": ["male", 0.9]}', GENDER) == ["male"]
    assert told('{"gender": [true, 0.9]}', GENDER) == ["(off_list)"]


@pytest.mark.parametrize(
    ("said", "weight"),
    [
        ('["350 g", 0.9]', "350"),
        ('[350, "g"]', "350"),
        ('[350, "zork"]', "(unreadable)"),
        ("[350, 0.9]", "(unreadable)"),  # of which nobody can tell
        ("[350, 360]", "350 | 360"),
        ("[null, 0.9]", "(unreadable)"),
    ],
)
def test_a_pair_with_a_number_is_read_with_care_where_a_number_is_asked(
    said: str, weight: str
) -> None:
    assert told(f'{{"weight": {said}}}', WEIGHT) == [weight]


def test_a_number_without_a_unit_takes_none() -> None:
    assert told('{"pieces": {"value": 6, "unit": null}}', PIECES) == ["6"]
    assert told('{"pieces": {"value": 6, "unit": "n/a"}}', PIECES) == ["6"]
    assert told('{"pieces": {"value": 6, "unit": "kg"}}', PIECES) == ["(off_list)"]
    assert read_answer('{"pieces": 6}', vocabularies(PIECES))[0].value == "6"
