"""What a model gets to know of an attribute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...configs.settings import ABSENT_LABEL, Attribute


@dataclass(frozen=True, slots=True)
class AttributePart:
    """What of an attribute may reach a model, and all that its cells' keys depend on.

    Synonyms, units, categories and the treatment of n/a are read off the answer, not asked for;
    they are not here so that no template can let them slip in.

    Attributes:
        name: Its name.
        description: As configured, trimmed; may be empty.
        values: The canonical values in the order of the config; empty where it is open.
        examples: As configured.
        number: Whether it is an open attribute of `type: number`.
    """

    name: str
    description: str
    values: tuple[str, ...]
    examples: tuple[str, ...]
    number: bool

    @classmethod
    def of(cls, attribute: Attribute) -> AttributePart:
        """Leave out what does not reach a model."""
        return cls(
            name=attribute.name,
            description=attribute.description.strip(),
            values=tuple(attribute.values) if attribute.closed else (),
            examples=attribute.examples,
            number=attribute.open and attribute.type == "number",
        )

    @property
    def allowed_values(self) -> tuple[str, ...]:
        """What an answer about a closed attribute may be, n/a included; empty where it is open."""
        if not self.values or ABSENT_LABEL in self.values:
            return self.values
        return (*self.values, ABSENT_LABEL)

    @property
    def schema(self) -> dict[str, Any]:
        """A JSON-schema-like description for prompts."""
        schema: dict[str, Any] = {"type": "string"}
        if self.description:
            schema["description"] = self.description
        if self.number:
            schema["format"] = "a number, with its unit if the text gives one"
        if self.values:
            schema["enum"] = list(self.allowed_values)
        if self.examples:
            schema["examples"] = list(self.examples)
        return schema


def answer_schema(parts: Iterable[AttributePart]) -> dict[str, Any]:
    """The JSON Schema that a vendor's structured output is held to.

    It stays within what the strict modes allow: every key required, no further ones, no `format` or
    `examples`.
    """
    properties: dict[str, Any] = {}
    for part in parts:
        properties[part.name] = {"type": "string"}
        if part.values:
            properties[part.name]["enum"] = list(part.allowed_values)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
