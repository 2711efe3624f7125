"""The files of a run appear together: killed at any moment, what is read is of one run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from polls import Poll, answers, truth

from attrx.configs.errors import CacheError, InputError
from attrx.outputs.commit_record import (
    RECORD,
    Commit,
    finish,
    output_path,
    put_in_place,
    read_one_run,
)
from attrx.runs.report import gather

SCRIPT = Path(__file__).parent.parent / "support" / "killed_outputs.py"
EVERY = "9"
"""Of the operations of a run, each so many is tried here; the script tries all."""


def test_killed_at_any_operation_the_outputs_are_of_one_run_and_no_change_is_lost(
    tmp_path: Path,
) -> None:
    arguments = [sys.executable, str(SCRIPT), str(tmp_path), EVERY]
    lines = subprocess.run(arguments, check=True, capture_output=True).stdout.splitlines()
    points = [json.loads(line) for line in lines]
    assert len(points) >= 8
    for point in points:
        assert point["killed"], point
        assert point["of one run"], point
        assert point["same in the end"], point
        assert point["changes"] == (0 if point["whole"] else 5), point


def staging(folder: Path, **contents: str) -> str:
    """A folder of new files, as a run leaves them before its record."""
    (folder / ".attrx-new-abcd1234").mkdir(parents=True)
    for name, content in contents.items():
        (folder / ".attrx-new-abcd1234" / name).write_text(content)
    return ".attrx-new-abcd1234"


def test_new_files_take_their_places_and_stale_ones_go(tmp_path: Path) -> None:
    (tmp_path / "refused").mkdir()
    (tmp_path / "refused" / "a").write_text("of the run before")
    (tmp_path / "b").write_text("of the run before")
    (tmp_path / "mine").write_text("mine")
    name = staging(tmp_path, a="1")
    put_in_place(tmp_path, Commit(name, ("a",), ("b", "refused/a")))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "mine"]
    assert (tmp_path / "a").read_text() == "1"


def test_a_record_is_read_through_and_then_finished(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("old")
    name = staging(tmp_path, b="2")
    (tmp_path / "a").write_text("1")  # was moved before the kill
    record = {"version": 1, "staging": name, "files": ["a", "b"], "removals": []}
    (tmp_path / RECORD).write_text(json.dumps(record))
    assert output_path(tmp_path, "a").read_text() == "1"
    assert output_path(tmp_path, "b").read_text() == "2"
    assert (tmp_path / "b").read_text() == "old"
    assert finish(tmp_path)
    assert (tmp_path / "b").read_text() == "2"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
    assert not finish(tmp_path)


@pytest.mark.parametrize(
    "record",
    [
        "",
        "{",
        "[]",
        '{"version": 2, "staging": "x", "files": [], "removals": []}',
        '{"version": 1, "staging": "..", "files": ["x"], "removals": []}',
        '{"version": 1, "staging": "../elsewhere", "files": ["x"], "removals": []}',
        '{"version": 1, "staging": "x", "files": ["../x"], "removals": []}',
        '{"version": 1, "staging": "x", "files": [], "removals": ["../mine"]}',
        '{"version": 1, "staging": "x", "files": [], "removals": ["/etc/mine"]}',
        '{"version": 1, "staging": "x", "files": [7], "removals": []}',
    ],
)
def test_a_record_that_attrx_did_not_write_moves_and_removes_nothing(
    tmp_path: Path, record: str
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    (tmp_path / "mine").write_text("mine")
    (folder / RECORD).write_text(record)
    with pytest.raises(CacheError, match="cannot read it") as raised:
        finish(folder)
    assert "Remove that file" in raised.value.hint
    assert (tmp_path / "mine").read_text() == "mine"


def test_what_a_run_left_that_was_killed_before_its_record_is_removed(tmp_path: Path) -> None:
    staging(tmp_path, a="1")
    (tmp_path / ".attrx-new-mine").mkdir()  # no name that attrx gives
    finish(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".attrx-new-mine"]


def polled(folder: Path) -> Poll:
    accuracies = {"a": 0.95, "b": 0.9, "c": 0.8}
    poll = Poll(folder, list(accuracies))
    poll.cast(answers(truth(30), accuracies))
    poll.combine()
    return poll


@pytest.mark.parametrize("name", ["values.parquet", "votes.parquet"])
def test_tables_of_another_run_are_told_by_their_digests(tmp_path: Path, name: str) -> None:
    poll = polled(tmp_path)
    other = polled(tmp_path / "other")
    other.cast({"p0000": {"a": "male", "b": "male", "c": "male"}, "p0001": {"a": "female"}})
    other.combine()
    (poll.out / name).write_bytes((other.out / name).read_bytes())
    with pytest.raises(InputError, match=f"{name}: is of another run"):
        gather(poll.shop.settings)
    with pytest.raises(InputError, match=f"{name}: is of another run") as raised:
        poll.combine(compare=poll.out)
    assert "run once without it" in raised.value.hint


def test_a_run_of_an_edition_without_digests_is_told_by_its_number_of_cells(
    tmp_path: Path,
) -> None:
    poll = polled(tmp_path)
    run = json.loads((poll.out / "run.json").read_bytes())
    del run["digests"]
    (poll.out / "run.json").write_text(json.dumps(run))
    gather(poll.shop.settings)
    (poll.out / "run.json").write_text(json.dumps(run | {"cells": 31}))
    with pytest.raises(InputError, match=r"values\.parquet: is of another run"):
        gather(poll.shop.settings)


def test_a_reader_begins_anew_where_files_are_replaced_meanwhile(tmp_path: Path) -> None:
    poll = polled(tmp_path)
    cells_seen: list[int] = []

    def read() -> tuple[int, int]:
        run = json.loads(output_path(poll.out, "run.json").read_bytes())
        if not cells_seen:
            poll.cast({"new": {"a": "male", "b": "male", "c": "male"}})
            poll.combine()
        cells_seen.append(run["cells"])
        return run["cells"], len(poll.values())

    assert read_one_run(poll.out, read) == (31, 31)
    assert cells_seen == [30, 31]


def test_a_reader_whose_file_is_moved_before_it_is_opened_looks_again(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text("{}")
    name = staging(tmp_path, a="1", **{"run.json": "{}"})
    record = {"version": 1, "staging": name, "files": ["a", "run.json"], "removals": []}
    (tmp_path / RECORD).write_text(json.dumps(record))

    def read() -> str:
        path = output_path(tmp_path, "a")
        finish(tmp_path)
        return path.read_text()

    assert read_one_run(tmp_path, read) == "1"


def test_files_that_are_replaced_faster_than_they_are_read_are_told(tmp_path: Path) -> None:
    contents = iter(range(100))

    def read() -> None:
        other = tmp_path / "other"
        other.write_text("-" * next(contents))
        other.replace(tmp_path / "run.json")

    with pytest.raises(InputError, match="other runs replace these files"):
        read_one_run(tmp_path, read)
