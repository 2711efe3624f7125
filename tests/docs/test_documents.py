"""What the documents show is run: commands with what they print, configs, and links.

ATTRX_UPDATE_GOLDEN=1 puts what is printed now in the place of what is shown.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import yaml
from bad_inputs import CONFIG
from documents import DOCUMENTS, ROOT, Step, anchors, blocks, run_all, steps

from attrx.runs.configuration import load_config

CONFIGS = [
    pytest.param(block.text, id=f"{path.relative_to(ROOT).as_posix()}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(blocks(path, "yaml"), 1)
]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_commands_print_what_is_shown(path: Path, tmp_path: Path) -> None:
    shown = [step for block in blocks(path, "console") if block.runs for step in steps(block)]
    printed = run_all([step.command for step in shown], tmp_path)
    if os.environ.get("ATTRX_UPDATE_GOLDEN"):
        show_anew(path, shown, printed)
    for step, text in zip(shown, printed, strict=True):
        assert step.matches(text), f"$ {step.command}\n{text}"


def show_anew(path: Path, shown: list[Step], printed: list[str]) -> None:
    """Put what is printed now in the place of what a document shows."""
    text = path.read_text()
    for step, now in zip(shown, printed, strict=True):
        if not step.matches(now):
            text = text.replace(
                f"$ {step.command}\n{step.printed}", f"$ {step.command}\n{step.shown_anew(now)}"
            )
    path.write_text(text)


@pytest.mark.parametrize("text", CONFIGS)
def test_a_config_shown_can_be_loaded(text: str, tmp_path: Path) -> None:
    """A part of one gets the sections it lacks from the config of the tests."""
    sections = re.split(r"^(?=\w)", CONFIG, flags=re.MULTILINE)
    missing = [
        section
        for section in sections
        if section and section.split(":")[0] not in yaml.safe_load(text)
    ]
    path = tmp_path / "attrx.yaml"
    path.write_text("".join([text, *missing]))
    assert load_config(path).models


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)", path.read_text()):
        name, _, heading = target.partition("#")
        linked = path.parent / name if name else path
        assert linked.exists(), target
        if heading:
            assert heading in anchors(linked), target


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_targets_of_make_that_are_named_exist(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    code = re.findall(r"`[^`\n]+`|^ *\$ .*$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"\bmake ([a-z][a-z-]+)", " ".join(code))) <= targets


def test_the_documents_are_there() -> None:
    documents = {path.relative_to(ROOT).as_posix() for path in DOCUMENTS}
    assert documents >= {"README.md", "docs/design.md", "docs/decisions/README.md"}
