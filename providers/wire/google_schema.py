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
    wanted = [alternative for alternative in alternatives if alternative.get("type") != "null"]
    translated: dict[str, Any] = {word: schema[word] for word in _WORDS if word in schema}
    if not alternatives:
        translated |= _single(schema)
    elif len(wanted) == 1:
        translated = google_schema(wanted[0]) | translated
    else:
        translated["anyOf"] = [google_schema(alternative) for alternative in wanted]
    if len(wanted) < len(alternatives) or None in _listed(schema):
        translated["nullable"] = True
    return translated


def _alternatives(schema: Schema) -> list[Schema]:
    """The schemas of which one must hold, where there are several; none where there is only this one."""
    types = schema.get("type")
    if isinstance(types, list | tuple):
        return [{**schema, "type": kind} for kind in types]
    return list(schema.get("anyOf") or schema.get("oneOf") or ())


def _listed(schema: Schema) -> list[Any]:
    """The values a schema lists."""
    return [schema["const"]] if "const" in schema else list(schema.get("enum", ()))


def _single(schema: Schema) -> dict[str, Any]:
    """A schema of one type, without its words."""
    kind = str(schema.get("type") or ("object" if "properties" in schema else "string")).upper()
    translated: dict[str, Any] = {"type": kind}
    translated |= {limit: schema[limit] for limit in _LIMITS.get(kind, ()) if limit in schema}
    if kind == "OBJECT" and schema.get("properties"):
        translated["properties"] = {
            name: google_schema(part) for name, part in schema["properties"].items()
        }
        translated["propertyOrdering"] = list(schema["properties"])
    elif kind == "ARRAY":
        translated["items"] = google_schema(schema.get("items", {}))
    elif kind == "STRING" and (
        values := [str(value) for value in _listed(schema) if value is not None]
    ):
        translated["enum"] = values
    return translated
