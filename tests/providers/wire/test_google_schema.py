"""JSON Schema in Google's dialect."""

from __future__ import annotations

from typing import Any

import pytest

from attrx.providers.wire.google_schema import google_schema


@pytest.mark.parametrize(
    ("schema", "translated"),
    [
        ({"type": "string"}, {"type": "STRING"}),
        ({"type": "string", "enum": ["a", "b"]}, {"type": "STRING", "enum": ["a", "b"]}),
        ({"enum": ["a", "b"]}, {"type": "STRING", "enum": ["a", "b"]}),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"]}),
        ({"type": ["string", "null"]}, {"type": "STRING", "nullable": True}),
        (
            {"type": ["string", "null"], "enum": ["a", None], "description": "d"},
            {"type": "STRING", "enum": ["a"], "nullable": True, "description": "d"},
        ),
        ({"enum": ["a", None]}, {"type": "STRING", "enum": ["a"], "nullable": True}),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, {"type": "NUMBER", "nullable": True}),
        (
            {"oneOf": [{"type": "number"}, {"type": "string"}], "title": "t"},
            {"title": "t", "anyOf": [{"type": "NUMBER"}, {"type": "STRING"}]},
        ),
        (
            {"type": ["integer", "string", "null"], "minimum": 1},
            {"anyOf": [{"type": "INTEGER", "minimum": 1}, {"type": "STRING"}], "nullable": True},
        ),
        (
            {"type": "array", "items": {"type": "string"}, "minItems": 1},
            {"type": "ARRAY", "items": {"type": "STRING"}, "minItems": 1},
        ),
        ({"type": "array"}, {"type": "ARRAY", "items": {"type": "STRING"}}),
        ({"type": "integer", "enum": [1, 2]}, {"type": "INTEGER"}),
        (
            {"type": "string", "format": "uri", "$comment": "x", "pattern": "^a"},
            {"type": "STRING", "pattern": "^a"},
        ),
        ({"type": "boolean"}, {"type": "BOOLEAN"}),
    ],
)
def test_each_construct_has_its_translation(
    schema: dict[str, Any], translated: dict[str, Any]
) -> None:
    assert google_schema(schema) == translated


def test_an_object_keeps_the_order_of_its_properties_and_loses_what_google_does_not_know() -> None:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {"size": {"type": "string"}, "brand": {"type": ["string", "null"]}},
        "required": ["size", "brand"],
        "additionalProperties": False,
    }
    assert google_schema(schema) == {
        "type": "OBJECT",
        "properties": {"size": {"type": "STRING"}, "brand": {"type": "STRING", "nullable": True}},
        "propertyOrdering": ["size", "brand"],
        "required": ["size", "brand"],
    }


def test_the_schema_itself_is_left_as_it_is() -> None:
    schema = {"type": ["string", "null"], "enum": ["a", None]}
    google_schema(schema)
    assert schema == {"type": ["string", "null"], "enum": ["a", None]}
