"""JSON lines and arrays of objects, as a stream."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from attrx.configs.errors import InputError
from attrx.extraction.inputs import json_objects
from attrx.extraction.inputs.json_objects import read_objects

OBJECTS = [
    {"id": "1", "name": "a [b], {c}"},
    {"id": "2", "name": None},
    {"id": "3", "more": [1, {}]},
]


def read(text: str) -> list[dict[str, object]]:
    return [item for _, item in read_objects(io.StringIO(text), Path("p.json"))]


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("before", ["", "\n\n ", "\ufeff"])
def test_an_array_is_read_however_it_is_laid_out(indent: int | None, before: str) -> None:
    assert read(before + json.dumps(OBJECTS, indent=indent)) == OBJECTS


def test_an_array_is_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_objects, "CHUNK_CHARACTERS", 3)
    assert read(json.dumps(OBJECTS, indent=1)) == OBJECTS


def test_lines_are_read_and_blank_ones_are_none() -> None:
    assert read("\n" + "\n\n".join(map(json.dumps, OBJECTS))) == OBJECTS


@pytest.mark.parametrize(
    "text", ['{"id": 1, "x": NaN}', '[{"id": 1, "x": NaN}]', '{"id": 1, "x": -Infinity}']
)
def test_nan_is_no_value(text: str) -> None:
    assert read(text) == [{"id": 1, "x": None}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"id": 1}\n{"id": 2', "line 2 is not JSON"),
        ('\n\n{"id": 1}\nnull\n', "line 4: expected a JSON object, found NoneType"),
        ('[{"id": 1}, {"id": 2', "item 2 is not JSON"),
        ("[1]", "item 1: expected a JSON object, found int"),
        ('[{"id": 1}', "item 2 is not JSON"),
    ],
)
def test_what_is_none_is_an_error_that_says_where(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(text)
