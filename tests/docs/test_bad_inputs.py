"""Bad files and answers are given to attrx, and the page of bad inputs is what it says of them."""

from __future__ import annotations

from pathlib import Path

import bad_answers
import pytest
from bad_answers import BadAnswer
from bad_files import GOLD_CASES, IMPORT_CASES, OPTION_CASES, PRODUCTS_CASES
from bad_inputs import BadInput
from bad_inputs_page import CASES, PAGE, said_about, written_page

FILE_CASES = (*PRODUCTS_CASES, *OPTION_CASES, *GOLD_CASES, *IMPORT_CASES)


@pytest.mark.parametrize("case", FILE_CASES, ids=lambda case: case.name)
def test_a_bad_file_is_an_error_with_its_place(case: BadInput, tmp_path: Path) -> None:
    code, printed = said_about(case, tmp_path)
    assert code == case.code
    assert printed.startswith("ERROR: ")
    assert "Traceback" not in printed
    for part in case.parts:
        assert part in printed
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


@pytest.fixture(scope="module")
def votes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, ...]]:
    """What all bad answers become, in one run."""
    return bad_answers.votes_on(bad_answers.CASES, tmp_path_factory.mktemp("answers"))


@pytest.mark.parametrize("case", bad_answers.CASES, ids=lambda case: case.name)
def test_a_bad_answer_becomes_votes(case: BadAnswer, votes: dict[str, tuple[str, ...]]) -> None:
    assert votes[case.name] == case.votes


def test_no_two_cases_have_one_name() -> None:
    names = [*(case.name for case in CASES), *(case.name for case in bad_answers.CASES)]
    assert len(set(names)) == len(names)


def test_the_page_is_what_make_docs_would_write(tmp_path: Path) -> None:
    assert PAGE.read_text(encoding="utf-8") == written_page(tmp_path)
