"""Whatever a model says, `read_answer` gives a vote per attribute, and its work is bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vocabularies import AGE_GROUP, BRAND, GENDER, WEIGHT, vocabularies

from attrx.prompts import Vocabulary, Vote, read_answer
from attrx.prompts.reading import json_objects

ALL = vocabularies(GENDER, BRAND, WEIGHT, AGE_GROUP)
ALONE = [vocabularies(attribute) for attribute in (GENDER, BRAND, WEIGHT)]

PIECES = st.sampled_from(
    [
        "{", "}", "[", "]", '"', "'", ":", ",", "\\", "\n", " ", "```json\n", "```", "<think>",
        "</think>", "<answer>", "</answer>", '"gender"', '"brand": "Nike"', '"gender": "male"',
        "weight: 5 g", "male", "female", "n/a", "null", "true", "1,5", "Answer: ",
        "The gender is ", "**", "I cannot ", "not ", "<product>", "|", "- ", "\ud83d", "\x00", "é",
        '\\"', "\\u00", "//",
    ]
)  # fmt: skip
ANSWERS = st.lists(PIECES | st.text(max_size=5), max_size=25).map("".join)


def check(raw: str, *several: tuple[Vocabulary, ...]) -> None:
    for asked in several or (ALL, *ALONE, ()):
        votes = read_answer(raw, asked)
        assert [vote.attribute for vote in votes] == [vocabulary.attribute for vocabulary in asked]
        for vote in votes:
            assert (vote.value is not None) == (vote.state == "value")
            assert vote.spelling is None or vote.spelling == vote.spelling.strip()
            f"{vote.value}{vote.spelling}".encode()


@given(ANSWERS)
def test_pieces_of_answers_in_any_order_are_read_without_an_error(raw: str) -> None:
    check(raw)


@given(st.text())
def test_any_text_is_read_without_an_error(raw: str) -> None:
    check(raw)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
CONTENTS = st.recursive(
    VALUES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["gender", "Brand", "value", "attribute", "x"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(CONTENTS)
def test_any_json_is_read_without_an_error(content: Any) -> None:
    check(json.dumps(content))


ANSWER = st.fixed_dictionaries(
    {
        "gender": st.sampled_from(["male", "female", "unisex"]),
        "brand": st.text(
            st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=12
        ).map(lambda s: f"b{s}x"),
        "age_group": st.sampled_from(["newborn", "kids", "adult"]),
    }
)
ASKED = vocabularies(GENDER, BRAND, AGE_GROUP)


def read_values(raw: str) -> dict[str, str | None]:
    return {
        vote.attribute: vote.spelling for vote in read_answer(raw, ASKED) if vote.state == "value"
    }


@given(ANSWER, st.data())
def test_an_answer_that_is_cut_off_anywhere_says_nothing_that_the_whole_does_not(
    answer: dict[str, str], data: st.DataObject
) -> None:
    raw = json.dumps(answer, ensure_ascii=data.draw(st.booleans()))
    whole = read_values(raw)
    cut = raw[: data.draw(st.integers(0, len(raw)))]
    assert read_values(cut).items() <= whole.items()


@given(ANSWER, st.data())
def test_members_before_the_cut_are_kept(answer: dict[str, str], data: st.DataObject) -> None:
    first = data.draw(st.sampled_from(sorted(answer)))
    raw = json.dumps({first: answer[first], **answer})
    member = json.dumps({first: answer[first]})[:-1]
    cut = raw[: data.draw(st.integers(len(member), len(raw)))]
    assert read_values(cut)[first] == answer[first].strip()


@given(
    ANSWER,
    st.sampled_from(
        [
            "{}",
            "```json\n{}\n```",
            "Here you are: {}",
            "<think>hm</think>{}",
            "[{}]",
            '{{"attributes": {}}}',
        ]
    ),
)
def test_what_surrounds_an_answer_changes_nothing(answer: dict[str, str], around: str) -> None:
    raw = json.dumps(answer)
    assert read_answer(around.format(raw), ASKED) == read_answer(raw, ASKED)


@given(ANSWER)
def test_each_attribute_asked_alone_reads_the_same(answer: dict[str, str]) -> None:
    raw = json.dumps(answer)
    together = read_answer(raw, ASKED)
    assert (
        tuple(vote for vocabulary in ASKED for vote in read_answer(raw, [vocabulary])) == together
    )


HUGE = 10_000_000
PATTERNS = [
    '{"', '"', "'", "{", "[", '{"gender":', "{'a': '", '{"a": "b" c ', '\\"', '{"a" "b",', "/*",
    "{//", '{"a": "b, ', '{"a":"b"c"d":', "“", '{"a":1,', '{"a":"b"x', '{"a":[', "{}", '{a:"x" ',
    "\n", " ", "|", "- ", "*", "`", "<answer>", "<think>", "</think>", "male ", "gender: ",
    "gender: male, ", "The gender is ", "not specified ", "I cannot ", "a", "no no ", "\\",
    "```\n", "**a** ", "(", ": ", "1 ", "1,", "the ", "é",
]  # fmt: skip


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Count the signs given to json_repair, whose time grows with their square."""
    given_to_repair: list[int] = []
    repaired = json_objects._repair

    def counting(text: str) -> Any:
        given_to_repair.append(len(text))
        return repaired(text)

    with monkeypatch.context() as patch:
        patch.setattr(json_objects, "_repair", counting)
        yield given_to_repair


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_huge_text_is_read_with_bounded_work(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch) as given_to_repair:
        check(pattern * (HUGE // 20 // len(pattern)), ALL, ALONE[0])
    # Two readings, three broken objects in each, and each looked at once more without its escapes.
    assert len(given_to_repair) <= 2 * 3 * 2
    # Every sign may need an escape, and what is open a closing bracket.
    assert all(
        length <= 2 * json_objects._LONGEST_REPAIR + 20 * json_objects._DEEPEST
        for length in given_to_repair
    )


def test_a_huge_answer_is_read_at_its_beginning_and_at_its_end() -> None:
    padding = "x " * (HUGE // 2)
    answer = '{"gender": "male"}'
    for raw in (answer + padding, padding + answer, padding + answer + padding[:100]):
        assert read_answer(raw, ASKED)[0] == Vote("gender", "value", "male", "male")


def test_a_huge_strict_answer_is_read_whole() -> None:
    raw = json.dumps({"notes": "x" * HUGE, "gender": "male"})
    assert read_answer(raw, ASKED)[0].value == "male"


def test_what_json_repair_stumbles_over_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*args: object, **kwargs: object) -> None:
        raise IndexError

    monkeypatch.setattr("json_repair.repair_json", stumble)
    votes = read_answer("{gender: male (men,}", vocabularies(BRAND, WEIGHT))
    assert [vote.state for vote in votes] == ["unreadable", "unreadable"]


@pytest.mark.parametrize("depth", [100, 2_000, 200_000])
def test_deep_nesting_is_no_danger(depth: int) -> None:
    check('{"a":' * depth + "1" + "}" * depth)
    check("[" * depth + "]" * depth)
    check('{"value": [' * depth)
