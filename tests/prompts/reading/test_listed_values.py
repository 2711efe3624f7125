from __future__ import annotations

import pytest
from vocabularies import configured

from attrx.prompts.reading.vocabulary import Vocabulary


def value(values: object, said: object) -> str | None:
    return Vocabulary(configured(name="washable", values=values)).read(said).value


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("yes", "no"), ("Yes", "No"), ("ja", "nein"), ("oui", "non"), ("sí", "no"), ("sì", "no"),
        ("sim", "não"), ("tak", "nie"), ("evet", "hayır"), ("1", "0"), ("true", "false"),
        ("Y", "N"), ("はい", "いいえ"), ("是", "否"), ("예", "아니요"), ("да", "нет"),
    ],
)  # fmt: skip
def test_true_and_false_mean_yes_and_no(yes: str, no: str) -> None:
    for said in (True, "true", "True", "TRUE."):
        assert value([yes, no], said) == yes
    for said in (False, "false", "False"):
        assert value([yes, no, "partly"] if yes != "1" else [yes, no], said) == no


def test_a_yes_in_one_language_is_one_in_another() -> None:
    assert value(["ja", "nein", "teilweise"], "yes") == "ja"
    assert value(["yes", "no"], "nein") == "no"
    assert value(["yes", "no"], 1) == "yes"


def test_a_synonym_says_otherwise() -> None:
    values = {"waterproof": ["yes"], "not waterproof": ["no"], "unsure": ["true"]}
    assert value(values, True) == "unsure"
    assert value(values, False) == "not waterproof"


@pytest.mark.parametrize(
    "values", [["male", "female"], ["yes", "maybe"], ["yes", "ja", "no"], ["0", "1", "2", "3"]]
)
def test_where_there_is_no_yes_and_no_true_is_not_on_the_list(values: list[str]) -> None:
    assert value(values, True) is None


def test_the_digits_of_a_longer_list_are_themselves() -> None:
    assert value(["0", "1", "2", "3"], 1) == "1"


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ("38.0", "38"), ("38,0", "38"), ("6.50", "6.5"), ("6,5", "6.5"), ("Velcro®", "Velcro"),
        ("Arc’teryx.", "Arc'teryx"), ("V&amp;A", "V&A"), ("Slip On", "Slip-On"),
        ("10.0 cm", "10 cm"),
    ],
)  # fmt: skip
def test_listed_values_are_found_by_other_spellings(said: str, listed: str) -> None:
    values = ["38", "6.5", "Velcro", "Arc'teryx", "V&A", "Slip-On", "10 cm"]
    assert value(values, said) == listed


def test_a_spelling_of_two_listed_values_is_neither_but_each_is_itself() -> None:
    assert value(["2", "2.0"], "2.0") == "2.0"
    assert value(["2", "2.0"], "2") == "2"
    assert value(["2", "2.0"], "2.00") is None
