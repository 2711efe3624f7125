"""The page of what was tried is what the hostile suite tries."""

from __future__ import annotations

import bombs
import crash_scenarios
import damaged_files
import injections
import odd_batch_files
import odd_behaviours
import readers
from hostile_page import PAGE, written_page


def test_the_page_is_what_make_docs_would_write() -> None:
    assert PAGE.read_text(encoding="utf-8") == written_page()


def test_no_two_rows_of_a_table_have_one_name() -> None:
    tables: tuple[list[str], ...] = (
        [row.name for row in (*crash_scenarios.SCENARIOS, *crash_scenarios.BATCH_SCENARIOS)],
        [row.path for row in damaged_files.FILES],
        [row.name for row in odd_behaviours.BEHAVIOURS],
        [row.name for row in odd_batch_files.FILES],
        [row.name for row in injections.INJECTIONS],
        [row.name for row in bombs.BOMBS],
        [row.name for row in bombs.LIMITS],
        [row.name for row in readers.READERS],
    )
    for names in tables:
        assert len(set(names)) == len(names)


def test_as_many_servers_and_batch_files_are_tried_as_are_promised() -> None:
    assert len(odd_behaviours.BEHAVIOURS) >= 140
    assert len(odd_batch_files.FILES) >= 20
