"""The design is the contract.

What the code cites is in it, and its tables say what the code does.
"""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from documents import DOCUMENTS, ROOT, anchors, code_in, table_under

from attrx.cli.exit_codes import Code
from attrx.configs.settings import EnsembleSettings
from attrx.ensemble.methods import METHODS
from attrx.providers.protocol import ProviderFacts

DESIGN = ROOT / "docs" / "design.md"
CITATION = re.compile(r"docs/design\.md(?:#([\w-]+))?")


def source_files() -> Iterator[Path]:
    """All Python files of the repository."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]
    folders = {package.split(".")[1] for package in packages if "." in package}
    for folder in sorted({*folders, "tests", "benchmarks", "examples"}):
        yield from sorted((ROOT / folder).rglob("*.py"))


def test_every_section_that_is_cited_exists() -> None:
    sections = anchors(DESIGN)
    for path in (*source_files(), *DOCUMENTS):
        for section in CITATION.findall(path.read_text(encoding="utf-8")):
            assert not section or section in sections, f"{path.relative_to(ROOT)} cites #{section}"


def test_code_that_cites_the_design_names_a_section() -> None:
    citations = 0
    for path in source_files():
        if path.parent != Path(__file__).parent:
            sections = CITATION.findall(path.read_text(encoding="utf-8"))
            assert all(sections), path.relative_to(ROOT)
            citations += len(sections)
    assert citations > 20


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    assert {int(code) for code, _ in table_under(DESIGN, "code")} == set(Code)


def test_the_folders_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]
    folders = {package.split(".")[1] for package in packages if "." in package}
    assert {code_in(row[0])[0] for row in table_under(DESIGN, "folder")} == folders


def test_the_methods_are_those_that_there_are() -> None:
    methods = [code_in(row[0])[0] for row in table_under(DESIGN, "`--method`")]
    assert sorted(methods) == sorted(METHODS)
    assert methods[0] == EnsembleSettings().method


def test_what_a_provider_says_of_itself_is_listed() -> None:
    attributes = [code_in(row[0])[0] for row in table_under(DESIGN, "attribute of the class")]
    assert attributes == [each.name for each in dataclasses.fields(ProviderFacts)]
