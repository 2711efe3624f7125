from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.normalization import (
    bare_form,
    lookup_form,
    lookup_forms,
    name_key,
    normal_form,
    value_form,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Dark   Blue ", "dark blue"),
        ("dark\u00a0blue\n", "dark blue"),  # a no-break space and a line break
        ("ＮＩＫＥ", "nike"),  # full width
        ("Straße", "strasse"),
        ("CAFÉ", "café"),
        ("cafe\u0301", "café"),  # a combining accent
        ("ﬁne", "fine"),  # a ligature
        ("Levi’s", "levi’s"),  # an apostrophe stays as it is
        ("\u0345", "ι"),  # casefolding makes it a letter, which is composed again
    ],
)
def test_texts_are_normalised(text: str, expected: str) -> None:
    assert normal_form(text) == expected


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once
    assert once == " ".join(once.split())
    assert unicodedata.is_normalized("NFKC", once)


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_plain_texts_take_a_shorter_way_to_the_same_form(text: str) -> None:
    assert normal_form(text) == " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@pytest.mark.parametrize("text", ["men's", "men’s", "men‘s", "menʼs", "MEN´S "])
def test_listed_values_are_matched_with_any_apostrophe(text: str) -> None:
    # NFKC makes the spacing acute accent into a space and a combining accent, so that this one
    # stays apart.
    expected = "men's" if "´" not in text else "men \u0301s"
    assert lookup_form(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"male"', "male"),
        ("'male'.", "male"),
        ("**male**", "male"),
        ("[male]", "male"),
        ("- male", "male"),
        ("• male,", "male"),
        ("male!", "male"),
        ("a+", "a+"),
        ("a-", "a-"),
        ("-", "-"),
        ("t-shirt", "t-shirt"),
        ("", ""),
        ("...", ""),
    ],
)
def test_what_surrounds_a_value_is_taken_off(text: str, expected: str) -> None:
    assert bare_form(text) == expected


@pytest.mark.parametrize(
    "name", ["Age group", "age_group", "ageGroup", "AGE-GROUP", " **Age Group** ", "age group:"]
)
def test_models_may_vary_a_name(name: str) -> None:
    assert name_key(name) == "agegroup"


def test_case_width_and_spaces_do_not_count() -> None:
    assert lookup_form("  Ｍen\u00a0 ’S ") == "men 's"
    assert lookup_form("STRASSE") == lookup_form("straße")


@given(st.text())
def test_a_lookup_form_stays_as_it_is(text: str) -> None:
    assert lookup_form(lookup_form(text)) == lookup_form(text)


def test_a_text_is_looked_up_as_it_is_then_folded_then_bare_then_as_a_value() -> None:
    assert lookup_forms("**Men’s**") == ("**Men’s**", "**men's**", "men's", "men's")
    assert lookup_forms("LEGO®")[2:] == ("lego®", "lego")


@pytest.mark.parametrize(
    ("spellings", "form"),
    [
        (["Arc'teryx", "Arc’teryx", "Arc‘teryx", "Arcʼteryx", "ARC´TERYX"], "arc'teryx"),
        (["Velcro", "Velcro®", "VELCRO (R)", "Velcro<sup>®</sup>", "Ⓡ Velcro"], "velcro"),
        (["Gorilla", "Gorilla™", "Gorilla (TM)", "GorillaTM", "Gorilla&trade;"], "gorilla"),
        (["© Moomin", "Moomin", "(c) Moomin", "Moomin&copy;"], "moomin"),
        (["Fruit & Veg", "Fruit &amp; Veg", "Fruit &amp;amp; Veg"], "fruit & veg"),
        (["Café", "Caf&eacute;", "Cafe\u0301", "CAFÉ."], "café"),
        (["Oetker", "Oetker.", " Oetker,", "„Oetker“", "(Oetker)", "*Oetker*"], "oetker"),
        (["Coca-Cola", "Coca\u2011Cola", "Coca–Cola", "Coca - Cola", "Coca Cola"], "coca cola"),
        (["T-Shirt", "T\u2010shirt", "T shirt"], "t shirt"),
        (["soft\u00adshell", "softshell", "soft\u200bshell"], "softshell"),
        (["「無印」", "無印", "無印。"], "無印"),
        (["12", "12.0", "12,00", "12.", " 12 "], "12"),
        (["6.5", "6.50", "6,5"], "6.5"),
        (["0.5", ".5", "0,50"], "0.5"),
        (["12 cm", "12.0 cm", "12,0 cm"], "12 cm"),
        (["USB 3", "USB 3.0"], "usb 3"),
        (["10-12", "10–12", "10 – 12"], "10-12"),
    ],
)  # fmt: skip
def test_spellings_of_one_value_are_compared_as_one(spellings: list[str], form: str) -> None:
    assert {value_form(spelling) for spelling in spellings} == {form}


@pytest.mark.parametrize(
    "values",
    [
        ["A", "A+", "A-", "A#"],
        ["5", "-5", '5"', "5'", ".5", "5%"],
        ["1.250", "1,250", "1250", "1.25"],  # thousands or decimals: only the language tells
        ["1.0.0", "1.0"],
        ["Acme (US)", "Acme US", "Acme (UK)"],
        ["10-12", "1012", "10 12"],
        ["v1.0", "v1"],
    ],
)
def test_signs_that_tell_values_apart_stay(values: list[str]) -> None:
    assert len({value_form(value) for value in values}) == len(values)


@pytest.mark.parametrize("text", ["®", "...", "™", "(R)", "''", "."])
def test_something_is_left_of_a_value_of_signs_alone(text: str) -> None:
    assert value_form(text)


SIGNS = st.text(
    alphabet="aB tTM®™()[]rc&amp;lt;quot;'\"’”.,;:-–—…10 5«»*_<>/sup\u00ad\u200b「」・ßİ\u0345",
    max_size=14,
)


@given(SIGNS | st.text())
def test_comparing_twice_changes_nothing(text: str) -> None:
    once = value_form(text)
    assert value_form(once) == once
    assert (once == "") == (not text.split())
