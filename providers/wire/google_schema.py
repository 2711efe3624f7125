"""JSON Schema -> the dialect of Google's `responseSchema`; pure.

It is the subset of OpenAPI 3.0 that https://ai.google.dev/api/caching#Schema lists: types in
capitals, one type per schema with `nullable` beside it, enums of texts alone, no
`additionalProperties`, `const`, `oneOf`, `$ref` or `not`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_WORDS = ("title", "description")
_LIMITS = {
    "STRING": ("minLength", "maxLength", "pattern"),
    "NUMBER": ("minimum", "maximum"),
    "INTEGER": ("minimum", "maximum"),
    "ARRAY": ("minItems", "maxItems"),
    "OBJECT": ("minProperties", "maxProperties", "required"),
}


def google_schema(schema: Schema) -> dict[str, Any]:
    """Translate a schema.

    What Google does not know is left out: it would only narrow what is allowed, and every answer is
    read with care anyway. Properties keep their order (`propertyOrdering`); Google would sort them
    by name.

    Args:
        schema: A JSON Schema without `$ref`; it is left as it is.
    """
    alternatives = _alternatives(schema)
    choices = [choice for choice in alternatives if choice.get("type") != "null"]
    result = {word: schema[word] for word in _WORDS if word in schema}
    if not alternatives:
        result |= _single_type(schema)
    elif len(choices) == 1:
        result = google_schema(choices[0]) | result
    else:
        result["anyOf"] = [google_schema(choice) for choice in choices]
    if len(choices) < len(alternatives) or None in _values(schema):
        result["nullable"] = True
    return result


def _alternatives(schema: Schema) -> list[Schema]:
    """The schemas of which one must hold, where there are several; else none."""
    types = schema.get("type")
    if isinstance(types, list | tuple):
        return [{**schema, "type": kind} for kind in types]
    return list(schema.get("anyOf") or schema.get("oneOf") or ())


def _values(schema: Schema) -> list[Any]:
    """The values that a schema lists."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _single_type(schema: Schema) -> dict[str, Any]:
    """A schema of one type, without its words."""
    default_type = "object" if "properties" in schema else "string"
    kind = str(schema.get("type") or default_type).upper()
    result: dict[str, Any] = {"type": kind}
    for limit in _LIMITS.get(kind, ()):
        if limit in schema:
            result[limit] = schema[limit]
    match kind:
        case "OBJECT":
            result |= _properties(schema.get("properties") or {})
        case "ARRAY":
            result["items"] = google_schema(schema.get("items", {}))
        case "STRING":
            result |= _enum(_values(schema))
    return result


def _properties(properties: Schema) -> dict[str, Any]:
    """The part of an object's schema that says what it holds."""
    if not properties:
        return {}
    return {
        "properties": {name: google_schema(part) for name, part in properties.items()},
        "propertyOrdering": list(properties),
    }


def _enum(values: list[Any]) -> dict[str, Any]:
    """The part of a text's schema that lists its values."""
    texts = [str(value) for value in values if value is not None]
    return {"enum": texts} if texts else {}
