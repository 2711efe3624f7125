from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vocabularies import BRAND, COLOR, GENDER, WEIGHT, configured

from attrx.configs.settings import Attribute
from attrx.prompts.reading.json_objects import TRUNCATION_MARK
from attrx.prompts.reading.vocabulary import Vocabulary
from attrx.prompts.reading.vote import Vote


def read(attribute: Attribute, said: object) -> tuple[str, str | None, str | None]:
    vote = Vocabulary(attribute).read(said)
    assert vote.attribute == attribute.name
    return vote.state, vote.value, vote.spelling


@pytest.mark.parametrize(
    ("said", "value"),
    [
        pytest.param("male", "male", id="a listed value"),
        pytest.param(" Male ", "male", id="in any case, with spaces around it"),
        pytest.param("men", "male", id="a synonym"),
        pytest.param("Men’s", "male", id="a synonym with a typographic apostrophe"),
        pytest.param('"female".', "female", id="in quotes, with a full stop"),
        pytest.param("**Unisex**", "unisex", id="in bold"),
        pytest.param("ＦＥＭＡＬＥ", "female", id="in full width"),
        pytest.param(["male"], "male", id="a list of one"),
        pytest.param(["male", "men"], "male", id="a list of one value in two spellings"),
        pytest.param(["male", None], "male", id="a list of a value and nothing"),
        pytest.param(
            {"value": "male", "confidence": 0.9}, "male", id="an object that holds a value"
        ),
        pytest.param({"Value": ["male"]}, "male", id="an object that holds a list of one"),
        pytest.param([{"value": "male"}], "male", id="a list of one object"),
    ],
)
def test_a_listed_value_is_recognised(said: object, value: str) -> None:
    state, found, _ = read(GENDER, said)
    assert (state, found) == ("value", value)


@pytest.mark.parametrize(
    ("said", "spelling"),
    [
        ("boys and girls", "boys and girls"),
        ("men and women", "men and women"),
        ("true", "true"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (5.5, "5.5"),
        (["male", "female"], "female | male"),
        (["male", "robots"], "male | robots"),
    ],
)
def test_what_is_not_on_the_list_is_no_vote_and_keeps_its_spelling(
    said: object, spelling: str
) -> None:
    assert read(GENDER, said) == ("off_list", None, spelling)


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({}, id="an empty object"),
        pytest.param({"enum": ["male", "female"]}, id="the schema said back"),
        pytest.param({"value": {"value": "male"}}, id="an object in an object"),
        pytest.param({"value": [["male"]]}, id="a list in a list in an object"),
        pytest.param([["male"]], id="a list in a list"),
        pytest.param(["male", {"x": 1}], id="a list with an object that holds no value"),
        pytest.param(["male", TRUNCATION_MARK], id="a list that was cut off"),
        pytest.param(object(), id="something that no JSON holds"),
    ],
)
def test_what_has_no_plain_value_is_unreadable(said: object) -> None:
    state, value, _ = read(GENDER, said)
    assert (state, value) == ("unreadable", None)


@pytest.mark.parametrize("attribute", [GENDER, BRAND, WEIGHT])
@pytest.mark.parametrize(
    ("said", "spelling"),
    [
        (None, "null"),
        ("n/a", "n/a"),
        (" N/A ", "N/A"),
        ("", ""),
        ([], "[]"),
        (["n/a"], "n/a"),
        ([None, "n/a"], "null"),
        ({"value": None}, "null"),
        ("Not specified.", "Not specified."),
    ],
)
def test_what_says_absent_is_recognised_and_keeps_its_spelling(
    attribute: Attribute, said: object, spelling: str
) -> None:
    assert read(attribute, said) == ("absent", None, spelling)


def test_a_real_value_none_on_the_list_is_not_absent() -> None:
    assert read(COLOR, "None")[:2] == ("value", "None")
    assert read(COLOR, "none")[:2] == ("value", "None")
    assert read(COLOR, "n/a")[0] == "absent"
    assert read(COLOR, None)[0] == "absent"  # null is no spelling of the value


def test_a_synonym_that_looks_like_absent_is_its_value() -> None:
    attribute = configured(name="gender", values={"male": [], "unisex": ["not specified", "-"]})
    assert read(attribute, "Not specified")[:2] == ("value", "unisex")
    assert read(attribute, "-")[:2] == ("value", "unisex")
    assert read(attribute, "not mentioned")[0] == "absent"


def test_none_is_absent_for_an_open_attribute_unless_an_example_says_otherwise() -> None:
    sleeve = configured(name="sleeve", open=True, examples=["long", "None"])
    assert read(BRAND, "None")[0] == "absent"
    assert read(sleeve, "none") == ("value", "none", "none")
    assert read(sleeve, "n/a")[0] == "absent"


@pytest.mark.parametrize(
    ("said", "value", "spelling"),
    [
        ("Nike", "nike", "Nike"),
        ("  Nike ", "nike", "Nike"),
        ("Nike  Inc.", "nike inc", "Nike  Inc."),
        ("NA-KD", "na kd", "NA-KD"),
        ("7", "7", "7"),
        (7, "7", "7"),
        (True, "true", "true"),
        (["b", "A"], "a | b", "A | b"),
        (["b", "B", "a"], "a | b", "a | b"),
        (["Nike", None], "nike", "Nike"),
        ("B | a", "a | b", "B | a"),  # how a list is written in values.csv reads as that list
    ],
)
def test_an_open_value_is_normalised_and_keeps_its_spelling(
    said: object, value: str, spelling: str
) -> None:
    assert read(BRAND, said) == ("value", value, spelling)


@pytest.mark.parametrize(
    ("said", "state", "value"),
    [
        ("250 g", "value", "250"),
        (250, "value", "250"),
        ("0.25 kg", "value", "250"),
        ("2 lbs", "value", "907.18474"),  # 2 * 453.59237
        ("1/2 lb", "value", "226.796185"),  # 453.59237 / 2
        ("8 oz", "value", "226.796185"),  # half a pound
        ("1,234.5 g", "value", "1234.5"),
        (["1 g", "0.001 kg"], "value", "1"),
        ("250 ml", "off_list", None),
        ("250 pieces", "off_list", None),
        ("10-12 oz", "unreadable", None),
        ("heavy", "unreadable", None),
        ("nan", "absent", None),
    ],
)
def test_a_number_is_read_in_its_unit(said: object, state: str, value: str | None) -> None:
    assert read(WEIGHT, said)[:2] == (state, value)


def test_a_listed_value_wins_over_a_synonym_and_the_more_faithful_form_over_both() -> None:
    size = configured(name="size", values={"M": [], "A+": [], "A-": [], "A": [], "male": ["m."]})
    assert [read(size, said)[1] for said in ("M", "m", "m.", "A+", "a-", "A", "A.")] == [
        "M", "M", "male", "A+", "A-", "A", "A",
    ]  # fmt: skip


def test_values_that_differ_only_in_case_are_told_apart_by_it() -> None:
    state = configured(name="code", values=["us", "US"])
    assert read(state, "us")[1] == "us"
    assert read(state, "US")[1] == "US"
    assert read(state, "Us")[0] == "off_list"  # it could be either


@pytest.mark.parametrize(
    ("sentence", "values"),
    [
        ("made for men", {"male"}),
        ("for men's feet", {"male"}),
        ("for women", {"female"}),
        ("for men and women", {"male", "female"}),
        ("for gentlemen", set()),
        ("for women-haters", set()),
        ("", set()),
    ],
)
def test_whole_words_are_mentions(sentence: str, values: set[str]) -> None:
    assert set(Vocabulary(GENDER).mentions(sentence).values()) == values


def test_the_longest_phrase_is_the_one_mentioned() -> None:
    assert Vocabulary(COLOR).mentions("a light blue shirt") == {"light blue": "light blue"}
    assert Vocabulary(COLOR).mentions("a light, blue shirt") == {"blue": "blue"}
    assert Vocabulary(BRAND).mentions("a shirt") == {}


SAME = configured(name="gender", values={"male": ["men"], "female": []})


@pytest.mark.parametrize(
    "change",
    [
        {"values": {"male": ["men", "boys"], "female": []}},
        {"values": {"male": ["men"], "female": [], "unisex": []}},
        {"values": {"male": [], "female": ["men"]}},
        {"name": "sex"},
        {"open": True, "values": {}},
    ],
)
def test_what_reading_depends_on_changes_the_digest(change: dict[str, Any]) -> None:
    other = Attribute(**{**SAME.model_dump(), **change})
    assert Vocabulary(other).digest != Vocabulary(SAME).digest


@pytest.mark.parametrize(
    "change",
    [
        {"description": "another"},
        {"applies_to": ["Shoes"]},
        {"absent": "missing"},
        {"examples": ["male", "None"]},
        {"values": {"female": [], "male": ["men"]}},
    ],
)
def test_what_reading_does_not_depend_on_leaves_the_digest(change: dict[str, Any]) -> None:
    other = Attribute(**{**SAME.model_dump(), **change})
    assert Vocabulary(other).digest == Vocabulary(SAME).digest


def test_the_digest_of_an_open_attribute_covers_units_and_guards() -> None:
    def digest(**change: Any) -> str:
        return Vocabulary(
            Attribute(**{"name": "x", "open": True, "examples": ["Nike"], **change})
        ).digest

    assert digest() == digest(examples=["Adidas"])
    assert digest() != digest(examples=["Nike", "None"])
    number = {"type": "number", "unit": "g"}
    assert (
        len(
            {
                digest(),
                digest(type="number"),
                digest(**number),
                digest(**number, accept_units=["kg"]),
            }
        )
        == 4
    )


def test_a_vocabulary_does_not_remember_everything_it_has_read() -> None:
    vocabulary = Vocabulary(BRAND)
    for number in range(10_000):
        vocabulary.read(f"brand {number}")
    vocabulary.read("x" * 1000)
    assert len(vocabulary._memos) <= 4096


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "x"]), inner, max_size=2)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("vocabulary", [Vocabulary(GENDER), Vocabulary(BRAND), Vocabulary(WEIGHT)])
@given(said=JSON)
def test_anything_in_json_can_be_read(vocabulary: Vocabulary, said: object) -> None:
    vote = vocabulary.read(said)
    assert (vote.value is not None) == (vote.state == "value")
    assert vote.missing == (vote.state not in ("value", "absent"))
    assert vote.value != ""
    f"{vote.value}{vote.spelling}".encode()


@given(st.text(max_size=30))
@example("{¿")
def test_an_open_value_reads_as_itself(text: str) -> None:
    vocabulary = Vocabulary(BRAND)
    vote = vocabulary.read(text)
    if vote.state == "value":
        assert vocabulary.read(vote.value) == Vote("brand", "value", vote.value, vote.value)
