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
    lines: list[str] = []
    for entry in PROJECT["dependency-groups"][name]:
        lines += group(entry["include-group"]) if isinstance(entry, dict) else [entry]
    return lines


def versions(name: str) -> dict[str, list[Requirement]]:
    """Package -> its versions; several where Pythons need different ones."""
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "constraints" / name).read_text().splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            pins.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return pins


DIRECT: list[str] = PROJECT["project"]["dependencies"]
LOCAL: list[str] = PROJECT["project"]["optional-dependencies"]["local"]
LOCAL_TESTS = group("test-local") + group("test-llamacpp")


@pytest.mark.parametrize(
    ("file", "lines"),
    [("dev.txt", DIRECT + group("dev")), ("local.txt", DIRECT + LOCAL + LOCAL_TESTS)],
)
def test_each_direct_dependency_has_an_allowed_version(file: str, lines: list[str]) -> None:
    pins_of = versions(file)
    for line in lines:
        requirement: Any = Requirement(line)
        pins = pins_of.get(canonicalize_name(requirement.name), [])
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
