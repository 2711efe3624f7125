from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.languages import DecimalSign
from attrx.prompts.reading.numbers import Quantity, read_quantity, twelve_digits


@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [
        pytest.param("250", 250, "", id="a bare number has no unit"),
        pytest.param("250 g", 250, "g", id="a unit stands behind the number"),
        pytest.param("250g", 250, "g", id="a unit may touch the number"),
        pytest.param("1,234.5 g", 1234.5, "g", id="an english comma groups thousands"),
        pytest.param("1.234,5 g", 1234.5, "g", id="a german point groups thousands"),
        pytest.param("1.234,5", 1234.5, "", id="a german number needs no unit"),
        pytest.param("1,234", 1234, "", id="one comma before three digits groups them"),
        pytest.param("0,500", 0.5, "", id="no group begins with zero"),
        pytest.param("12,5 kg", 12.5, "kg", id="a comma before one digit is decimal"),
        pytest.param("1.234", 1.234, "", id="one point is always decimal"),
        pytest.param("1.234.567", 1234567, "", id="several points group thousands"),
        pytest.param("1,234,567.25", 1234567.25, "", id="commas group and the point is decimal"),
        pytest.param("1 234,5 g", 1234.5, "g", id="a space groups thousands"),
        pytest.param("1\u00a0234 g", 1234, "g", id="a no-break space groups thousands"),
        pytest.param("1'234.5", 1234.5, "", id="a swiss apostrophe groups thousands"),
        pytest.param("1’234.5", 1234.5, "", id="a typographic apostrophe groups too"),
        pytest.param(".5 kg", 0.5, "kg", id="a number may begin with its point"),
        pytest.param("1e3", 1000, "", id="an exponent is read"),
        pytest.param("-5 °C", -5, "°C", id="a sign is read"),
        pytest.param("−5 °C", -5, "°C", id="a typographic minus is a sign"),
        pytest.param("1/2 inch", 0.5, "inch", id="a fraction is divided"),
        pytest.param("1 1/2 inch", 1.5, "inch", id="a mixed number is added up"),
        pytest.param("1-1/2 inch", 1.5, "inch", id="a mixed number may have a hyphen"),
        pytest.param("1½ kg", 1.5, "kg", id="a vulgar fraction is not eleven halves"),
        pytest.param("½ lb", 0.5, "lb", id="a vulgar fraction stands alone"),
        pytest.param("16-Ounce", 16, "Ounce", id="a hyphen joins number and unit"),
        pytest.param("2 lbs.", 2, "lbs", id="a full stop ends the unit"),
        pytest.param("6 fl. oz.", 6, "fl. oz", id="a unit may be two words"),
        pytest.param('27"', 27, '"', id="the sign for inches is a unit"),
        pytest.param("5 m²", 5, "m2", id="a superscript belongs to the unit"),
        pytest.param("250 grams (8.8 oz)", 250, "grams", id="a remark in brackets is passed over"),
        pytest.param("about 250 g", 250, "g", id="about is passed over"),
        pytest.param("~ 250 g", 250, "g", id="a tilde is passed over"),
        pytest.param("approx. 250 g", 250, "g", id="approximately is passed over"),
        pytest.param("２５０ｇ", 250, "g", id="full-width digits are digits"),
    ],
)
def test_a_quantity_is_read(text: str, number: float, unit: str) -> None:
    assert read_quantity(text) == Quantity(number, unit)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("10-12 oz", id="a range is not one number"),
        pytest.param("10 – 12 oz", id="a range with a dash is not one number"),
        pytest.param("10 to 12 oz", id="a range in words is not one number"),
        pytest.param("between 10 and 12", id="a text with numbers is not one number"),
        pytest.param("2 x 100 g", id="a multipack is not one number"),
        pytest.param("5 ft 11 in", id="two units are not one number"),
        pytest.param("5'11\"", id="feet and inches are not one number"),
        pytest.param("10²", id="a power is not one number"),
        pytest.param("1/0", id="nothing is divided by zero"),
        pytest.param("1 1/0 inch", id="nothing mixed is divided by zero"),
        pytest.param("1.2.3", id="a version is not a number"),
        pytest.param("1,23,4", id="groups have three digits"),
        pytest.param("1,23.4", id="groups before a point have three digits"),
        pytest.param("1e999", id="infinity is not a number"),
        pytest.param("nan", id="nan is not a number"),
        pytest.param("infinity", id="the word is not a number"),
        pytest.param("$5", id="a price is not a number"),
        pytest.param("> 5 g", id="a bound is not a number"),
        pytest.param("g", id="a unit alone is not a number"),
        pytest.param("", id="nothing is not a number"),
        pytest.param("5 g; 3", id="what follows the unit must be nothing"),
        pytest.param("5" * 200, id="a very long text is not a number"),
    ],
)
def test_what_is_not_one_number_is_not_read(text: str) -> None:
    assert read_quantity(text) is None


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (250.0, "250"),
        (-0.0, "0"),
        (0.1 + 0.2, "0.3"),  # 0.30000000000000004 to 12 digits
        (1 / 3, "0.333333333333"),
        (2 * 453.59237, "907.18474"),
        (1e15, "1e+15"),
        (-1.5, "-1.5"),
    ],
)
def test_equal_numbers_are_equal_texts_of_twelve_digits(number: float, text: str) -> None:
    assert twelve_digits(number) == text


@given(st.text(alphabet="0123456789.,'/- e+½²⁄xg\"()", max_size=90) | st.text(max_size=90))
def test_reading_a_quantity_never_raises_and_gives_finite_numbers(text: str) -> None:
    quantity = read_quantity(text)
    assert quantity is None or abs(quantity.number) < float("inf")


@given(st.floats(min_value=-1e9, max_value=1e9))
def test_a_number_as_python_prints_it_is_read_back(number: float) -> None:
    quantity = read_quantity(repr(number))
    assert quantity is not None
    assert quantity.number == number


@pytest.mark.parametrize(
    ("text", "point", "comma", "unsure"),
    [
        ("1.750 g", 1.75, 1750, None),
        ("1,750 kg", 1750, 1.75, None),
        ("-2,125", -2125, -2.125, None),
        ("999.001", 999.001, 999_001, None),
        ("3.400.000", 3_400_000, 3_400_000, 3_400_000),  # two signs group
        ("12.345,6", 12345.6, 12345.6, 12345.6),  # the last of two is decimal
        ("12,345.6", 12345.6, 12345.6, 12345.6),
        ("7,5 cm", 7.5, 7.5, 7.5),  # no group has one digit
        ("0,125 l", 0.125, 0.125, 0.125),  # and none begins with a zero
        ("0.125 l", 0.125, 0.125, 0.125),
        ("4321.123", 4321.123, 4321.123, 4321.123),  # nor with four digits
        ("1.750e3", 1750, 1750, 1750),  # only programs write exponents
    ],
)
def test_one_sign_before_three_digits_is_what_the_language_makes_it(
    text: str, point: float, comma: float, unsure: float | None
) -> None:
    numbers: dict[DecimalSign, float | None] = {"point": point, "comma": comma, "unsure": unsure}
    for sign, number in numbers.items():
        quantity = read_quantity(text, sign)
        assert (None if quantity is None else quantity.number) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("４，３２１．５", 4321.5),  # full width
        ("４３２１，５", 4321.5),
        ("4\u202f321,5", 4321.5),  # a narrow no-break space
        ("4\u2009321", 4321),  # a thin space
        ("4\u00a0321\u00a0000", 4_321_000),
        ("4´321.50", 4321.5),
        ("4`321", 4321),
        ("４’３２１", 4321),
        ("٤٫٥", 4.5),  # Arabic-Indic digits, and their sign before decimals
        ("٤٬٣٢١", 4321),  # and their sign of thousands
        ("etwa 4,5", 4.5),
        ("environ 4,5", 4.5),
        ("約４.５", 4.5),
    ],
)
def test_numbers_are_read_in_the_signs_of_other_countries(text: str, number: float) -> None:
    assert read_quantity(text) == Quantity(number, "")


@given(st.integers(1, 10**9), st.integers(0, 99))
def test_what_a_country_prints_is_read_back_there(whole: int, cents: int) -> None:
    english = f"{whole:,}.{cents:02d}"
    german = english.translate(str.maketrans(",.", ".,"))
    swiss = english.replace(",", "’")
    french = german.replace(".", "\u202f")
    for text in (english, german, swiss, french):
        for sign in ("point", "comma", "unsure"):
            quantity = read_quantity(text, sign)
            assert quantity is not None
            assert quantity.number == float(f"{whole}.{cents:02d}")
