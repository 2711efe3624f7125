"""What can be read of a damaged file is rescued, under the product that it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from cache_rows import answer

from attrx.extraction.cache import parquet_files
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.verification import verify_folder
from attrx.extraction.cache.writable_cache import open_for_writing
from attrx.extraction.votes.answers_file import as_products

NAME = "answers/00000-of-00001.parquet"
IDS = [f"P{number:04d}" for number in range(600)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of 600 answers, in row groups of 200 and small pages."""
    monkeypatch.setattr(parquet_files, "ROWS_A_GROUP", 200)
    monkeypatch.setattr(parquet_files, "PAGE_BYTES", 256)
    with open_for_writing(tmp_path) as cache:
        cache.put_products(0, as_products(IDS, {}))
        cache.commit(answer(product_id, raw=raw_of(product_id)) for product_id in IDS)
    return tmp_path


def raw_of(product_id: str) -> str:
    return f'{{"gender": "Male", "of": "{product_id}"}}'


def damage_page(path: Path, column: str, group: int) -> None:
    """Flip a bit in the middle of what a row group holds of a column."""
    metadata = pq.read_metadata(path).row_group(group)
    for number in range(metadata.num_columns):
        chunk = metadata.column(number)
        if chunk.path_in_schema == column:
            content = bytearray(path.read_bytes())
            content[chunk.data_page_offset + chunk.total_compressed_size // 2] ^= 4
            path.write_bytes(content)
            return
    raise AssertionError(column)


def rows_of(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["product_id"]: row for row in AnswersCache(folder).answers(0).to_pylist()}


def test_a_damaged_raw_text_costs_that_text_and_no_answer(folder: Path) -> None:
    damage_page(folder / NAME, "raw", 1)
    with open_for_writing(folder, accept_loss=True) as cache:
        (file,) = cache.repaired_files
    assert (file.rescued_rows, file.lost_rows) == (600, 0)
    assert 0 < file.blanked_rows <= 200
    rows = rows_of(folder)
    assert sorted(rows) == IDS
    for product_id, row in rows.items():
        assert row["raw"] in (raw_of(product_id), None)
        assert row["votes"] == answer(product_id)["votes"]
    assert sum(row["raw"] is None for row in rows.values()) == file.blanked_rows


@pytest.mark.parametrize("column", ["text_digest", "votes.list.element.part", "product_id"])
def test_damage_in_what_an_answer_is_about_costs_rows_of_one_group_and_moves_none(
    folder: Path, column: str
) -> None:
    before = rows_of(folder)
    damage_page(folder / NAME, column, 1)
    with open_for_writing(folder, accept_loss=True) as cache:
        (file,) = cache.repaired_files
    rows = rows_of(folder)
    assert 400 <= len(rows) < 600
    assert (file.rescued_rows, file.lost_rows) == (len(rows), 600 - len(rows))
    assert all(row == before[product_id] for product_id, row in rows.items())
    assert [check.path for check in verify_folder(folder) if check.problem] == []


def test_a_repair_that_finds_nothing_changes_nothing(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.parquet")}
    with open_for_writing(folder, accept_loss=True) as cache:
        assert cache.repaired_files == ()
        assert cache.notices == []
    assert {path: path.read_bytes() for path in folder.rglob("*.parquet")} == before
