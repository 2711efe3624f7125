"""OA-Mine as attrx sees it.

A config for its ten categories, and five models whose answers were recorded.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

MODELS = (
    "gpt-3.5-turbo-0613-list",
    "gpt-4-0613-small-schema",
    "gpt-4-0613-small-shuffled",
    "gpt-4-0613-large-schema",
    "gpt-4-0613-large-shuffled",
)


def recorded_models(data: Path) -> list[str]:
    """The models in the recordings, in the order of their first answer."""
    names: dict[str, None] = {}
    for line in (data / "oa-mine" / "raw_answers.jsonl").read_text(encoding="utf-8").splitlines():
        names[json.loads(line)["model"]] = None
    return list(names)


def write_config(folder: Path, data: Path, models: list[dict[str, Any]] | None = None) -> Path:
    """Write the config of OA-Mine.

    Every attribute is open and asked in the categories of the schema.
    """
    schema = json.loads((data / "oa-mine" / "schema.json").read_text(encoding="utf-8"))
    categories: dict[str, list[str]] = {}
    for category, attributes in schema.items():
        for attribute in attributes:
            categories.setdefault(attribute, []).append(category)
    replay = {
        "provider": "replay",
        "options": {"file": str(data / "oa-mine" / "raw_answers.jsonl")},
    }
    config = {
        "version": 1,
        "input": {"id": "product_id", "text": ["title"], "category": "category"},
        "attributes": {
            name: {"open": True, "applies_to": where} for name, where in sorted(categories.items())
        },
        "models": models or [{"name": name, **replay} for name in recorded_models(data)],
    }
    path = folder / "attrx.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return path
