from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from vocabularies import BRAND, GENDER, WEIGHT

from attrx.configs.errors import ConfigError
from attrx.prompts.asking.attribute_parts import AttributePart
from attrx.prompts.asking.demonstrations import Demonstration, read_demonstrations

PARTS = tuple(AttributePart.of(attribute) for attribute in (GENDER, BRAND, WEIGHT))


def read(folder: Path, *lines: Any) -> tuple[Demonstration, ...]:
    path = folder / "shots.jsonl"
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines),
        encoding="utf-8",
    )
    return read_demonstrations(path, PARTS)


def test_a_demonstration_is_a_text_and_its_answer(tmp_path: Path) -> None:
    shots = read(
        tmp_path,
        {
            "text": {"title": "Levi's 501", "description": "For men."},
            "answer": {"gender": "male", "brand": "Levi's"},
        },
        "",
        {"text": "Red socks", "answer": {"brand": None, "weight": 12, "gender": "n/a"}},
    )
    assert shots == (
        Demonstration(
            (("title", "Levi's 501"), ("description", "For men.")),
            {"gender": "male", "brand": "Levi's"},
        ),
        Demonstration((("text", "Red socks"),), {"brand": "n/a", "weight": "12", "gender": "n/a"}),
    )


def test_a_list_is_shown_as_it_votes(tmp_path: Path) -> None:
    (shot,) = read(tmp_path, {"text": "x", "answer": {"brand": ["Nike", "Adidas"]}})
    assert shot.answer == {"brand": "Adidas | Nike"}


TEXT = {"text": "x"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param("{", "Expecting property name", id="broken JSON"),
        pytest.param("[" * 100_000, "maximum recursion", id="JSON nested too deeply"),
        pytest.param("7", "expected an object with the keys text and answer", id="no object"),
        pytest.param(
            {"title": "x"}, "expected an object with the keys text and answer", id="no text"
        ),
        pytest.param(
            {**TEXT, "answer": {"gender": "male"}, "x": 1}, "unknown key 'x'", id="a key too many"
        ),
        pytest.param(
            {"text": 7, "answer": {"gender": "male"}}, "text: expected", id="a text that is none"
        ),
        pytest.param(
            {"text": {}, "answer": {"gender": "male"}},
            "text: expected",
            id="a text without columns",
        ),
        pytest.param(
            {"text": {"a": 1}, "answer": {"gender": "male"}},
            "text: expected",
            id="a column without text",
        ),
        pytest.param(
            {**TEXT, "answer": "male"}, "answer: expected attributes", id="an answer without names"
        ),
        pytest.param({**TEXT, "answer": {}}, "answer: expected attributes", id="an empty answer"),
        pytest.param(
            {**TEXT, "answer": {"gendr": "male"}},
            "unknown attribute 'gendr'; did you mean 'gender'",
            id="a typo",
        ),
        pytest.param(
            {**TEXT, "answer": {"zzz": "male"}},
            "unknown attribute 'zzz'$",
            id="a strange attribute",
        ),
        pytest.param(
            {**TEXT, "answer": {"gender": "men"}},
            "'men' is not one of male, female, unisex",
            id="a synonym",
        ),
        pytest.param(
            {**TEXT, "answer": {"gender": ["male"]}},
            "is not one of male",
            id="a list of listed values",
        ),
        pytest.param(
            {**TEXT, "answer": {"brand": True}}, "brand: expected a text, a number", id="a boolean"
        ),
        pytest.param(
            {**TEXT, "answer": {"brand": [1]}},
            "brand: expected a text, a number",
            id="a list of numbers",
        ),
        pytest.param(
            {**TEXT, "answer": {"brand": {"value": 1}}},
            "brand: expected a text, a number",
            id="an object",
        ),
    ],
)
def test_what_is_no_demonstration_is_an_error_with_its_line(
    tmp_path: Path, line: Any, message: str
) -> None:
    with pytest.raises(ConfigError, match=rf"shots\.jsonl:2: .*{message}") as error:
        read(tmp_path, {**TEXT, "answer": {"gender": "male"}}, line)
    assert '{"text"' in error.value.hint


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.jsonl: the demonstrations cannot be read"):
        read_demonstrations(tmp_path / "none.jsonl", PARTS)
