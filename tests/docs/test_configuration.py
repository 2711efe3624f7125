"""The reference of the configuration names every key there is, and its defaults."""

from __future__ import annotations

from typing import Any

import pytest
from documents import ROOT, code_in, table_under
from pydantic import BaseModel

from attrx.configs import settings

PAGE = ROOT / "docs" / "configuration.md"
SECTIONS: dict[str, type[BaseModel]] = {
    "input": settings.InputSettings,
    "attributes": settings.Attribute,
    "models": settings.ModelSettings,
    "prompt": settings.PromptSettings,
    "ensemble": settings.EnsembleSettings,
    "review": settings.ReviewSettings,
    "budget": settings.BudgetSettings,
    "paths": settings.PathSettings,
    "output": settings.OutputSettings,
}


def documented() -> dict[tuple[str, str], str]:
    """(section, key) -> the default as the page gives it."""
    rows = table_under(PAGE, "section")
    return {(code_in(row[0])[0], code_in(row[1])[0]): row[-1] for row in rows}


def test_every_key_is_explained_and_no_other() -> None:
    keys = {(section, name) for section, model in SECTIONS.items() for name in model.model_fields}
    assert set(documented()) == keys - {("attributes", "name")}  # written as the key of the mapping


@pytest.mark.parametrize(("section", "key"), sorted(documented()))
def test_a_plain_default_is_the_one_in_force(section: str, key: str) -> None:
    default: Any = SECTIONS[section].model_fields[key].get_default(call_default_factory=True)
    said = documented()[section, key].strip("`")
    if isinstance(default, bool):
        assert said == str(default).lower()
    elif isinstance(default, str | int | float) and default != "":
        assert said == f"{default:g}" if isinstance(default, float) else said == str(default)
