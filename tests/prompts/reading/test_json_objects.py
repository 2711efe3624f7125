from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attrx.prompts.reading.json_objects import TRUNCATION_MARK, find_objects, strict_json


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (
            '{"a": 1.50, "b": 12345678901234567890, "c": -0}',
            {"a": "1.50", "b": "12345678901234567890", "c": "-0"},
        ),
        ('{"a": NaN, "b": Infinity}', {"a": None, "b": "Infinity"}),
        ('{"a": "x\ny"}', {"a": "x\ny"}),
        ("[1]", ["1"]),
        ('"x"', "x"),
        ("null", None),
    ],
)
def test_strict_json_keeps_the_spelling_of_numbers(text: str, content: Any) -> None:
    assert strict_json(text) == content


@pytest.mark.parametrize("text", ["", "x", "{", '{"a": 1} x', "[" * 200_000])
def test_what_is_not_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match=r"nested too deeply|Expecting|Extra data"):
        strict_json(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('x {"a": "1"} y {"b": {"c": "2"}} z', [{"a": "1"}, {"b": {"c": "2"}}]),
        ("no object { here } at all", []),
        ("{}", [{}]),
        ("{", [{}]),
        ('{"a": "1", "b": "2', [{"a": "1"}]),
        ('{"a": ["x", "y"], "b', [{"a": ["x", "y"]}]),
        ('{"a": {"b": "1", "c": {"d": "2", "e": "3', [{"a": {"b": "1", "c": {"d": "2"}}}]),
        ('{"a": [{"b": "1"}, {"b', [{"a": [{"b": "1"}, TRUNCATION_MARK]}]),
        ('{"a": {"b": "1"}, "c": "2"} and {"d": "3', [{"a": {"b": "1"}, "c": "2"}, {}]),
        ("{'a': 'it's', 'b': \"say \"hi\" now\"}", [{"a": "it's", "b": 'say "hi" now'}]),
        ('{"a": "\\x41"}', [{"a": "A"}]),
        ('{"a": "C:\\\\dir\\_x"}', [{"a": "C:\\dir_x"}]),
    ],
)
def test_objects_are_found_repaired_and_kept_as_far_as_they_are_whole(
    text: str, found: list[dict[str, Any]]
) -> None:
    assert [each.content for each in find_objects(text)] == found


def test_a_found_object_knows_its_place_and_whether_it_was_guessed() -> None:
    text = 'x {"a": "1"} {b: 2,} {"c": "3"'
    assert [(text[each.start : each.end], each.is_certain) for each in find_objects(text)] == [
        ('{"a": "1"}', True),
        ("{b: 2,}", False),
        ('{"c": "3"', True),
    ]


def test_at_most_three_broken_objects_are_repaired_and_strict_ones_still_found() -> None:
    text = "{a: 1,} " * 5 + '{"b": "2"}'
    assert [each.content for each in find_objects(text)] == [{"a": 1}] * 3 + [{"b": "2"}]


def test_of_a_long_broken_object_its_beginning_is_repaired() -> None:
    text = "{gender: male, " + ", ".join(f"key{number}: {number}" for number in range(1000)) + "}"
    (found,) = find_objects(text)
    assert found.content["gender"] == "male"
    assert "key999" not in found.content


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
CONTENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


@given(
    CONTENTS,
    st.sampled_from(["", "well: ", "```json\n"]),
    st.sampled_from(["", " ok", "\n```"]),
    st.booleans(),
)
def test_a_strict_object_is_found_as_it_is(
    content: dict[str, Any], before: str, after: str, ascii_only: bool
) -> None:
    text = before + json.dumps(content, ensure_ascii=ascii_only) + after
    assert [(each.content, each.is_certain) for each in find_objects(text)] == [(content, True)]


FLAT = st.dictionaries(TEXTS, TEXTS, min_size=1, max_size=5)


@given(FLAT, st.data())
def test_of_an_object_that_is_cut_off_the_whole_members_are_found(
    content: dict[str, str], data: st.DataObject
) -> None:
    text = json.dumps(content)
    cut = data.draw(st.integers(1, len(text) - 1))
    whole = {
        name: value
        for index, (name, value) in enumerate(content.items())
        if len(json.dumps(dict(list(content.items())[: index + 1]))) - 1 <= cut
    }
    assert [each.content for each in find_objects(text[:cut])] == [whole]
