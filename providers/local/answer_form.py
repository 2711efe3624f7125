"""What an answer may be, read off the request; no library of models is needed for it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ...configs.settings import ABSENT_LABEL
from ..protocol import Form, Request

# No attribute's value is longer; without an end, a small model may repeat itself until
# `max_tokens`.
_MAX_VALUE_LENGTH = 200

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class AnswerForm:
    """The form of one answer.

    Attributes:
        schema: JSON Schema that the answer is held to; None = no JSON, or none that is held to
            anything.
        attribute: The attribute of which the answer is a value and nothing else; empty = the answer
            is another.
        choices: The values of which it is one; empty = any.
        is_json: Whether the answer is JSON: then it ends where its object closes.
    """

    schema: Schema | None = None
    attribute: str = ""
    choices: tuple[str, ...] = ()
    is_json: bool = False

    @property
    def closed_values(self) -> dict[str, tuple[str, ...]]:
        """The closed attributes that the answer names, and the values of each."""
        if self.choices:
            return {self.attribute: self.choices}
        schema = self.schema or {}
        properties: Mapping[str, Any] = schema.get("properties", {})
        values = {}
        for name, part in properties.items():
            if "enum" in part:
                values[name] = tuple(part["enum"])
        return values

    def without(self, names: Container[str]) -> AnswerForm | None:
        """The form of the rest where some attributes have their values; None where none is left."""
        if self.choices:
            return None if self.attribute in names else self
        if not any(name in names for name in self.closed_values):
            return self
        schema = dict(self.schema or {})
        properties = schema["properties"]
        rest = {name: part for name, part in properties.items() if name not in names}
        if not rest:
            return None
        schema["properties"] = rest
        schema["required"] = list(rest)
        return replace(self, schema=schema)


def read_answer_form(request: Request, form: Form, *, free: bool) -> AnswerForm:
    """What the answer to a request may be.

    Args:
        request: The request.
        form: How strictly a JSON answer keeps to its schema.
        free: Whether a plain answer is not held to the list of values either.
    """
    if request.json_schema is not None:
        return AnswerForm(schema=_schema_in(form, request.json_schema), is_json=True)
    if free or len(request.attributes) != 1:
        return AnswerForm()
    [attribute] = request.attributes
    if attribute.open:
        return AnswerForm()
    choices = list(attribute.values)
    if ABSENT_LABEL not in choices:
        choices.append(ABSENT_LABEL)
    return AnswerForm(attribute=attribute.name, choices=tuple(choices))


def _schema_in(form: Form, schema: Schema) -> Schema | None:
    """What the answer is held to in this form."""
    if form == "none":
        return None
    if form == "json_object":
        return {"type": "object"}
    properties = {}
    for name, part in schema["properties"].items():
        is_open = "enum" not in part
        properties[name] = {**part, "maxLength": _MAX_VALUE_LENGTH} if is_open else part
    return {**schema, "properties": properties}
