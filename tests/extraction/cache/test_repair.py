"""What can be read of a damaged file is rescued, under the product that it belongs to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from cache_rows import answer, known_products

from attrx.extraction.cache import parquet_files
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.page_headers import read_header
from attrx.extraction.cache.verification import verify_folder
from attrx.extraction.cache.writable_cache import open_for_writing

NAME = "answers/00000-of-00001.parquet"
IDS = [f"P{number:04d}" for number in range(3000)]
ROWS_A_PAGE = 1024


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of 3000 answers with two votes each, in row groups of 2500 and small pages."""
    monkeypatch.setattr(parquet_files, "ROWS_A_GROUP", 2500)
    monkeypatch.setattr(parquet_files, "PAGE_BYTES", 1024)
    with open_for_writing(tmp_path) as cache:
        cache.put_products(0, known_products(IDS, {}))
        cache.commit(map(answer_of, IDS))
    return tmp_path


def answer_of(product_id: str) -> dict[str, Any]:
    """An answer that is like no other."""
    row = answer(product_id, raw=f'{{"gender": "Male", "of": "{product_id}"}}')
    (vote,) = row["votes"]
    votes = [{**vote, "spelling": product_id}, {**vote, "attribute": "age_group"}]
    return {**row, "votes": votes}


def damage_page(path: Path, column: str, *, in_header: bool = False) -> None:
    """Flip a bit in the first page with data that the first row group has of a column."""
    metadata = pq.read_metadata(path).row_group(0)
    paths = [metadata.column(place).path_in_schema for place in range(metadata.num_columns)]
    start = metadata.column(paths.index(column)).data_page_offset
    content = bytearray(path.read_bytes())
    header = read_header(bytes(content), start)
    content[start if in_header else start + header.size_bytes + header.data_bytes // 2] ^= 4
    path.write_bytes(content)


def rows_of(folder: Path) -> dict[str, dict[str, Any]]:
    return {row["product_id"]: row for row in AnswersCache(folder).answers(0).to_pylist()}


def test_a_damaged_raw_text_costs_that_text_and_no_answer(folder: Path) -> None:
    before = rows_of(folder)
    damage_page(folder / NAME, "raw")
    with open_for_writing(folder, accept_loss=True) as cache:
        (file,) = cache.repaired_files
    assert (file.rescued_rows, file.lost_rows, file.blanked_rows) == (3000, 0, ROWS_A_PAGE)
    rows = rows_of(folder)
    assert sorted(rows) == IDS
    for product_id in IDS[:ROWS_A_PAGE]:
        assert rows[product_id] == {**before[product_id], "raw": None}
    for product_id in IDS[ROWS_A_PAGE:]:
        assert rows[product_id] == before[product_id]


@pytest.mark.parametrize("column", ["text_digest", "answered_ns", "votes.list.element.spelling"])
def test_damage_in_what_an_answer_is_about_costs_the_rows_of_a_page_and_moves_none(
    folder: Path, column: str
) -> None:
    before = rows_of(folder)
    damage_page(folder / NAME, column)
    with open_for_writing(folder, accept_loss=True) as cache:
        (file,) = cache.repaired_files
    rows = rows_of(folder)
    assert file.lost_rows is not None
    assert 0 < file.lost_rows <= ROWS_A_PAGE
    assert rows == {product_id: before[product_id] for product_id in IDS[file.lost_rows :]}
    assert [check.path for check in verify_folder(folder) if check.problem] == []


def test_a_damaged_page_header_costs_what_follows_in_its_row_group(folder: Path) -> None:
    before = rows_of(folder)
    damage_page(folder / NAME, "text_digest", in_header=True)
    with open_for_writing(folder, accept_loss=True) as cache:
        (file,) = cache.repaired_files
    assert (file.rescued_rows, file.lost_rows) == (500, 2500)
    assert rows_of(folder) == {product_id: before[product_id] for product_id in IDS[2500:]}


def test_a_repair_that_finds_nothing_changes_nothing(folder: Path) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.parquet")}
    with open_for_writing(folder, accept_loss=True) as cache:
        assert cache.repaired_files == ()
        assert cache.notices == []
    assert {path: path.read_bytes() for path in folder.rglob("*.parquet")} == before
