from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.errors import ConfigError
from attrx.configs.settings import Attribute
from attrx.prompts.reading.numbers import twelve_digits
from attrx.prompts.reading.units import Units


def units(unit: str | None, *accepted: str) -> Units:
    return Units(Attribute(name="size", open=True, type="number", unit=unit, accept_units=accepted))


@pytest.mark.parametrize(
    ("unit", "accepted", "said", "factor"),
    [
        ("g", ["kg"], "", "1"),
        ("g", ["kg"], "g", "1"),
        ("g", ["kg"], "grams", "1"),
        ("g", ["kg"], "G", "1"),
        ("g", ["kg"], "gr", "1"),
        ("g", ["kg"], "kg", "1000"),
        ("g", ["kg"], "Kgs.", "1000"),
        ("g", ["lb"], "lbs", "453.59237"),
        ("g", ["lb"], "LB", "453.59237"),
        ("g", ["lb"], "pounds", "453.59237"),
        ("g", ["oz"], "Ounces", "28.349523125"),
        ("ml", ["fl oz"], "Fl. Oz", "29.5735295625"),
        ("ml", ["l"], "Liters", "1000"),
        ("ml", ["l"], "litres", "1000"),
        ("ml", ["l"], "ML", "1"),  # the megalitre is not accepted, the millilitre is
        ("cm", ["inch"], '"', "2.54"),
        ("cm", ["inch"], "inches", "2.54"),
        ("cm", ["foot"], "ft", "30.48"),
        ("capsules", [], "capsule", "1"),
        ("Capsules", [], "CAPSULES", "1"),
        ("percent", [], "%", "1"),
        ("mAh", ["Ah"], "mah", "1"),
        ("g", ["kg"], "KGM", "1000"),  # a code of UN/CEFACT
        ("g", ["lb"], "LBR", "453.59237"),
        ("cm", ["inch"], "INH", "2.54"),
        ("cm", ["mm"], "MMT", "0.1"),
        ("ml", ["l"], "LTR", "1000"),
        ("cm", ["inch"], "Zoll", "2.54"),
        ("g", ["kg"], "Kilogramm", "1000"),
        ("g", ["kg"], "grammes", "1"),
        ("g", ["kg"], "千克", "1000"),
        ("cm", ["mm"], "ミリ", "0.1"),
        ("cm", ["m"], "metri", "100"),
        ("cm**2", ["m**2"], "m2", "10000"),
    ],
)
def test_a_unit_is_converted_however_it_is_written(
    unit: str, accepted: list[str], said: str, factor: str
) -> None:
    converted = units(unit, *accepted).convert(1.0, said)
    assert converted is not None
    assert twelve_digits(converted) == factor


def test_a_unit_with_another_zero_is_converted_with_its_offset() -> None:
    # 20 degrees Celsius = 20 * 9/5 + 32 = 68 degrees Fahrenheit
    converted = units("degF", "degC").convert(20.0, "°C")
    assert converted is not None
    assert twelve_digits(converted) == "68"


@pytest.mark.parametrize(
    "said", ["kg", "ml", "pack", "furlongs", "1", "g per day", "g**9", "__import__"]
)
def test_a_unit_that_is_not_accepted_is_not_converted(said: str) -> None:
    assert units("g", "oz").convert(1.0, said) is None


def test_a_unit_is_known_though_it_is_not_accepted() -> None:
    some = units("g", "kg")
    assert all(map(some.knows, ["kg", "KGM", "ml", "LTR", "Liter"]))
    assert not any(map(some.knows, ["zork", "ltr2", "?"]))


def test_without_a_unit_only_bare_numbers_are_accepted() -> None:
    assert units(None).convert(3.0, "") == 3.0
    assert units(None).convert(3.0, "g") is None


def test_a_unit_of_another_kind_is_a_configuration_error() -> None:
    with pytest.raises(
        ConfigError,
        match=r"attribute 'size': accept_units: 'cm' \(\[length\]\) cannot be converted",
    ):
        units("g", "cm")


@pytest.mark.parametrize(
    ("unit", "accepted", "unknown"), [("g", "grm", "grm"), ("capsules", "g", "capsules")]
)
def test_a_unit_that_nobody_knows_cannot_be_converted(
    unit: str, accepted: str, unknown: str
) -> None:
    with pytest.raises(ConfigError, match=f"the unit '{unknown}' is not known"):
        units(unit, accepted)


@given(st.text(max_size=30))
def test_no_text_as_a_unit_raises(text: str) -> None:
    units("g", "kg").convert(1.0, text)


def test_many_different_units_are_not_remembered_forever() -> None:
    some = units("capsules")
    for number in range(3000):
        assert some.convert(1.0, f"unit{number}") is None
    assert len(some._memos) <= 1024


def test_pint_is_imported_only_for_an_attribute_with_a_unit() -> None:
    program = (
        "import sys\n"
        "from attrx.prompts import Vocabulary\n"
        "from attrx.configs.settings import Attribute\n"
        "Vocabulary(Attribute(name='n', open=True, type='number')).read('5 g')\n"
        "assert 'pint' not in sys.modules and 'json_repair' not in sys.modules\n"
        "Vocabulary(Attribute(name='n', open=True, type='number', unit='g')).read('5 g')\n"
        "assert 'pint' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
