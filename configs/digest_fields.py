"""Which fields of a config its digest is made of.

A key that came later enters only where it is set to something else than its default. So a config
keeps its digest when attrx learns a new key.
"""

from __future__ import annotations

from typing import Any

from .settings import (
    Attribute,
    BudgetSettings,
    EnsembleSettings,
    InputSettings,
    Limits,
    ModelSettings,
    PathSettings,
    Prices,
    PromptSettings,
    ReviewSettings,
    Section,
    Settings,
)

FIRST_KEYS: dict[type[Section], frozenset[str]] = {
    Settings: frozenset(
        [
            "version",
            "input",
            "attributes",
            "models",
            "prompt",
            "ensemble",
            "review",
            "budget",
            "paths",
        ]
    ),
    InputSettings: frozenset(["id", "text", "category", "encoding", "separator"]),
    Attribute: frozenset(
        [
            "name",
            "description",
            "values",
            "open",
            "type",
            "unit",
            "accept_units",
            "examples",
            "applies_to",
            "absent",
        ]
    ),
    ModelSettings: frozenset(
        [
            "name",
            "provider",
            "model",
            "base_url",
            "api_key_env",
            "temperature",
            "max_tokens",
            "timeout_s",
            "structured",
            "limits",
            "account",
            "prices",
            "options",
        ]
    ),
    Limits: frozenset(["requests_per_minute", "tokens_per_minute", "concurrency"]),
    Prices: frozenset(["input", "output"]),
    PromptSettings: frozenset(["style", "per", "demonstrations", "template"]),
    EnsembleSettings: frozenset(["method", "chance", "group_by", "shrink", "leader"]),
    ReviewSettings: frozenset(["below"]),
    BudgetSettings: frozenset(["max_cost", "max_requests"]),
    PathSettings: frozenset(["cache", "output"]),
}
"""The keys of the first version, which are always part of the digest. Closed: a key that is added
to a section is not added here."""


def digest_fields(section: Section) -> dict[str, Any]:
    """The fields of a section, as JSON has them, that its digest is made of."""
    first_keys = FIRST_KEYS.get(type(section), frozenset())
    json_fields = section.model_dump(mode="json")
    fields = {}
    for key, info in type(section).model_fields.items():
        value = getattr(section, key)
        default = info.get_default(call_default_factory=True, validated_data={})
        if key in first_keys or value != default:
            fields[key] = _content(value, json_fields[key])
    return fields


def _content(value: Any, json_value: Any) -> Any:
    """The value of a field: sections, also those in a list, without what is left out of them."""
    if isinstance(value, Section):
        return digest_fields(value)
    if isinstance(value, tuple) and value and isinstance(value[0], Section):
        return [digest_fields(item) for item in value]
    return json_value
