"""The versions in constraints/ are those of a `make lock` after pyproject.toml last changed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def group(name: str) -> list[str]:
    """What a dependency group asks for, with the groups that it includes."""
    wanted: list[str] = []
    for entry in PROJECT["dependency-groups"][name]:
        wanted += group(entry["include-group"]) if isinstance(entry, dict) else [entry]
    return wanted


def versions(name: str) -> dict[str, list[Requirement]]:
    """Package -> its versions; several where Pythons need different ones."""
    kept: dict[str, list[Requirement]] = {}
    for line in (ROOT / "constraints" / name).read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            kept.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return kept


DIRECT: list[str] = PROJECT["project"]["dependencies"]
LOCAL: list[str] = PROJECT["project"]["optional-dependencies"]["local"]
LOCAL_TESTS = group("test-local") + group("test-llamacpp")


@pytest.mark.parametrize(
    ("file", "wanted"),
    [("dev.txt", DIRECT + group("dev")), ("local.txt", DIRECT + LOCAL + LOCAL_TESTS)],
)
def test_each_direct_dependency_has_an_allowed_version(file: str, wanted: list[str]) -> None:
    kept = versions(file)
    for line in wanted:
        requirement: Any = Requirement(line)
        pins = kept.get(canonicalize_name(requirement.name), [])
        assert pins, f"{line} has no version in constraints/{file}: run `make lock`"
        for pin in pins:
            [specifier] = pin.specifier
            assert specifier.operator == "==", pin
            assert requirement.specifier.contains(specifier.version), f"{pin}: run `make lock`"


@pytest.mark.parametrize("file", ["dev.txt", "local.txt"])
def test_a_version_says_nothing_of_where_it_came_from(file: str) -> None:
    text = (ROOT / "constraints" / file).read_text()
    assert "://" not in text
    assert "--" not in text
