"""Votes that were laid out once are what the raw answers say, or they are not used."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cache_rows import answer
from polls import Poll, answers, truth

from attrx.extraction.cache import writable_cache
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.writable_cache import open_for_writing
from attrx.extraction.planning.questionnaire import Questionnaire
from attrx.extraction.votes import current_votes
from attrx.extraction.votes.current_votes import VoteSource

MODELS = {"a": 0.9, "b": 0.8, "c": 0.6}


@pytest.fixture
def poll(tmp_path: Path) -> Poll:
    poll = Poll(tmp_path, list(MODELS))
    poll.cast(answers(truth(40), MODELS))
    return poll


def read(poll: Poll) -> list[object]:
    """All that is known of all cells, and how many buckets were read from raw answers."""
    settings = poll.shop.settings
    questionnaire = Questionnaire.from_settings(settings)
    source = VoteSource(AnswersCache(settings.paths.cache), questionnaire)
    cells: list[object] = []
    for votes in source.buckets():
        values = [*votes.values.to_pylist(), None]
        spellings = [*votes.spellings.to_pylist(), None]
        ids = votes.products.column("product_id").to_pylist()
        for cell, row in enumerate(votes.cells.rows.tolist()):
            said = [
                (int(state), values[value], spellings[spelling])
                for state, value, spelling in zip(
                    votes.state[cell], votes.value[cell], votes.spelling[cell], strict=True
                )
            ]
            attribute = int(votes.cells.attributes[cell])
            cells.append((ids[row], bool(votes.has_text[row]), attribute, said))
    return cells


def laid_out_files(poll: Poll) -> list[Path]:
    return sorted((poll.shop.settings.paths.cache / "votes").glob("*.parquet"))


@pytest.fixture
def raw_reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The buckets that were read from raw answers."""
    buckets: list[int] = []
    read_raw = current_votes.read_bucket_votes

    def counted(cache: AnswersCache, bucket: int, *rest: object) -> object:
        buckets.append(bucket)
        return read_raw(cache, bucket, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(current_votes, "read_bucket_votes", counted)
    return buckets


def test_the_second_reader_finds_what_the_first_one_read(poll: Poll, raw_reads: list[int]) -> None:
    first = read(poll)
    assert raw_reads == [0]
    assert read(poll) == first
    assert raw_reads == [0]
    assert len(first) == 40 * len(poll.shop.settings.attributes)


def test_new_answers_are_seen(poll: Poll, raw_reads: list[int]) -> None:
    before = read(poll)
    poll.cast({"p0000": {"a": "unisex", "b": "unisex", "c": "unisex"}})
    after = read(poll)
    assert len(raw_reads) == 2
    assert after != before
    assert after[1:] == before[1:]


@pytest.mark.parametrize(
    "change",
    [
        {"attributes": {"gender": {"values": {"male": ["unisex"], "female": []}}}},
        {
            "attributes": {
                "size": {"open": True},
                "gender": {"values": ["male", "female", "unisex"]},
            }
        },
        {"attributes": {"gender": {"values": ["male", "female", "unisex"], "applies_to": ["x"]}}},
    ],
)
def test_another_config_is_another_layout(
    poll: Poll, tmp_path: Path, raw_reads: list[int], change: dict[str, object]
) -> None:
    read(poll)
    changed = Poll(tmp_path, ["c", "a"], **change)
    found = read(changed)
    shutil.rmtree(laid_out_files(changed)[0].parent)
    assert read(changed) == found
    assert len(raw_reads) == 3


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 0x10
    path.write_bytes(bytes(content))


def _empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("damage", [_cut, _flip, _empty, Path.unlink])
def test_what_is_damaged_or_gone_is_made_anew(
    poll: Poll, raw_reads: list[int], damage: Callable[[Path], None]
) -> None:
    before = read(poll)
    [path] = laid_out_files(poll)
    content = path.read_bytes()
    damage(path)
    assert read(poll) == before
    assert raw_reads == [0, 0]
    assert path.read_bytes() == content


def test_a_folder_that_cannot_be_written_to_is_read_all_the_same(
    poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError("no room")

    monkeypatch.setattr(pq, "write_table", no_room)
    before = read(poll)
    assert laid_out_files(poll) == []
    assert read(poll) == before


def test_an_answer_that_is_only_in_the_journal_counts(poll: Poll) -> None:
    """As while a run is under way: then nothing is laid out."""
    before = read(poll)

    questionnaire = Questionnaire.from_settings(poll.shop.settings)
    with open_for_writing(poll.shop.settings.paths.cache) as cache:
        vote = answer("p0000")["votes"][0]
        vote |= {"reader": questionnaire.readers[0], "part": None, "value": "unisex"}
        cache.commit(
            [answer("p0000", model_part=None, text_digest=None, source="replaced", votes=[vote])]
        )
        during = read(poll)
    assert during[0] != before[0]
    assert during[1:] == before[1:]
    assert read(poll) == during


def test_any_number_of_workers_writes_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writable_cache, "PRODUCTS_A_BUCKET", 8)
    poll = Poll(tmp_path, list(MODELS))
    poll.cast(answers(truth(100), MODELS))
    contents = []
    for workers in (1, 2, 7):
        poll.combine(workers=workers)
        files = sorted(path for path in poll.out.iterdir() if path.suffix in {".parquet", ".csv"})
        contents.append([path.read_bytes() for path in files])
    assert len(laid_out_files(poll)) == 16
    assert contents[0] == contents[1] == contents[2]


def test_nothing_stays_of_fewer_buckets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writable_cache, "PRODUCTS_A_BUCKET", 20)
    poll = Poll(tmp_path, list(MODELS))
    poll.cast(answers(truth(30), MODELS))
    read(poll)
    assert len(laid_out_files(poll)) == 2
    poll.cast(answers(truth(60), MODELS))
    assert laid_out_files(poll) == []
    read(poll)
    assert len(laid_out_files(poll)) == 4
