"""What a model gets to know of an attribute."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...configs.settings import ABSENT_LABEL, Attribute


@dataclass(frozen=True, slots=True)
class AskedAttribute:
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
    def of(cls, attribute: Attribute) -> AskedAttribute:
        """Leave out what does not reach a model."""
        return cls(
            name=attribute.name,
            description=attribute.description.strip(),
            values=tuple(attribute.values) if attribute.closed else (),
            examples=attribute.examples,
            number=attribute.open and attribute.type == "number",
        )

    @property
    def allowed(self) -> tuple[str, ...]:
        """The values a closed attribute's answer may have, n/a among them; empty where it is open."""
        return (
            (*self.values, *(() if ABSENT_LABEL in self.values else (ABSENT_LABEL,)))
            if self.values
            else ()
        )

    @property
    def schema(self) -> dict[str, Any]:
        """A JSON-schema-like description for prompts."""
        described: dict[str, Any] = {"type": "string"}
        if self.description:
            described["description"] = self.description
        if self.number:
            described["format"] = "a number, with its unit if the text gives one"
        if self.values:
            described["enum"] = list(self.allowed)
        if self.examples:
            described["examples"] = list(self.examples)
        return described


def answer_schema(attributes: Iterable[AskedAttribute]) -> dict[str, Any]:
    """The JSON Schema that a vendor's structured output is held to.

    It stays within what the strict modes allow: every key required, no further ones, no `format` or
    `examples`.
    """
    properties = {
        attribute.name: {"type": "string", "enum": list(attribute.allowed)}
        if attribute.values
        else {"type": "string"}
        for attribute in attributes
    }
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
