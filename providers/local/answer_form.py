"""What an answer may be, read off the request; no library of models is needed for it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...configs.settings import ABSENT_LABEL
from ..protocol import Form, Request

# No attribute's value is longer; without an end, a small model may repeat itself until
# `max_tokens`.
_LONGEST_VALUE = 200

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Wanted:
    """The form of one answer.

    Attributes:
        schema: JSON Schema that the answer is held to; None = no JSON, or none that is held to
            anything.
        attribute: The attribute of which the answer is a value and nothing else; empty = the answer
            is another.
        choices: The values of which it is one; empty = any.
        json: Whether the answer is JSON: then it ends where its object closes.
    """

    schema: Schema | None = None
    attribute: str = ""
    choices: tuple[str, ...] = ()
    json: bool = False

    @property
    def closed(self) -> dict[str, tuple[str, ...]]:
        """The attributes whose values are listed, and these values."""
        if self.choices:
            return {self.attribute: self.choices}
        properties: Mapping[str, Any] = (self.schema or {}).get("properties", {})
        return {name: tuple(part["enum"]) for name, part in properties.items() if "enum" in part}

    def without(self, known: Container[str]) -> Wanted | None:
        """What is still wanted where some attributes are known; None where that is nothing."""
        if self.choices:
            return None if self.attribute in known else self
        if not any(name in known for name in self.closed):
            return self
        schema = dict(self.schema or {})
        schema["properties"] = {
            name: part for name, part in schema["properties"].items() if name not in known
        }
        schema["required"] = list(schema["properties"])
        return replace(self, schema=schema) if schema["required"] else None


def wanted_of(request: Request, form: Form, *, free: bool) -> Wanted:
    """What the answer to a request may be.

    Args:
        request: The request.
        form: How strictly a JSON answer keeps to its schema.
        free: Whether a plain answer is not held to the list of values either.
    """
    if request.json_schema is not None:
        return Wanted(schema=_schema(form, request.json_schema), json=True)
    if free or len(request.attributes) != 1 or request.attributes[0].open:
        return Wanted()
    [attribute] = request.attributes
    values = tuple(attribute.values)
    return Wanted(
        attribute=attribute.name,
        choices=values if ABSENT_LABEL in values else (*values, ABSENT_LABEL),
    )


def _schema(form: Form, schema: Schema) -> Schema | None:
    """What the answer is held to in this form."""
    if form == "none":
        return None
    if form == "json_object":
        return {"type": "object"}
    properties = {
        name: part if "enum" in part else {**part, "maxLength": _LONGEST_VALUE}
        for name, part in schema["properties"].items()
    }
    return {**schema, "properties": properties}
