from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.configs.normalization import bare_form, lookup_form, lookup_forms, name_key, normal_form


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
def test_open_values_are_compared_normalised(text: str, expected: str) -> None:
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


def test_a_text_is_looked_up_as_it_is_then_folded_then_bare() -> None:
    assert lookup_forms("**Men’s**") == ("**Men’s**", "**men's**", "men's")
