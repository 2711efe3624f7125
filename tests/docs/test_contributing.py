"""CONTRIBUTING and the code that it shows do not disagree."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from documents import ROOT, blocks

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
EXAMPLE = ROOT / "examples" / "acme_provider"


def test_the_provider_shown_is_the_one_that_the_examples_have() -> None:
    [code] = blocks(CONTRIBUTING, "python")
    module = (EXAMPLE / "acme_attrx" / "provider.py").read_text(encoding="utf-8")
    assert module.endswith(code.text)
    assert "class " not in module.removesuffix(code.text)


def test_the_entry_points_shown_are_those_that_the_examples_have() -> None:
    [toml] = blocks(CONTRIBUTING, "toml")
    project = (EXAMPLE / "pyproject.toml").read_text(encoding="utf-8")
    assert _entry_points(toml.text) == _entry_points(project)


def _entry_points(text: str) -> Any:
    return tomllib.loads(text)["project"]["entry-points"]


def test_every_file_that_is_named_is_there() -> None:
    paths = re.findall(r"`([\w.]+/[\w./]+)`", CONTRIBUTING.read_text(encoding="utf-8"))
    assert len(paths) > 20
    for path in paths:
        assert (ROOT / path).exists(), path
