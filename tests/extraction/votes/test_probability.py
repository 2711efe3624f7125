"""The probability that a model gives its own value stands beside the vote, if it tells one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from shop import Shop

from attrx.configs.product import Product
from attrx.configs.settings import ModelSettings
from attrx.extraction.asking.recording import Recorder
from attrx.extraction.cache.answers_cache import AnswersCache
from attrx.extraction.cache.schema import ANSWERS, VOTE
from attrx.extraction.cache.writable_cache import open_for_writing
from attrx.extraction.planning.plan import Question
from attrx.extraction.planning.questionnaire import Questionnaire
from attrx.extraction.votes.reading import read_again
from attrx.providers.mock import MockProvider
from attrx.providers.protocol import Reply
from attrx.runs.configuration import load_config

OLD_VOTE = pa.struct([field for field in VOTE if field.name != "probability"])
OLD_ANSWERS = ANSWERS.set(
    ANSWERS.get_field_index("votes"), pa.field("votes", pa.list_(OLD_VOTE), nullable=False)
)


def recorded(folder: Path, reply: Reply) -> list[dict[str, Any]]:
    """The rows that an answer leaves behind."""
    asked = asked_in(folder)
    model = ModelSettings(name="llama", provider="mock")
    question = Question(0, Product("1", (("title", "Shirt"),)), ("2",), b"t" * 16, (0,))
    return Recorder(model, b"m" * 16, MockProvider(model), asked).answer_rows(
        [question], b"k" * 16, reply
    )


def asked_in(folder: Path) -> Questionnaire:
    store = Shop(folder, [{"name": "llama", "provider": "mock"}], {})
    return Questionnaire.from_settings(load_config(store.config_path))


def test_it_is_kept_with_every_product_that_shares_the_answer(tmp_path: Path) -> None:
    rows = recorded(tmp_path, Reply('{"gender": "male"}', probabilities={"gender": 0.75}))
    with open_for_writing(tmp_path / "cache") as cache:
        cache.commit(rows)
        assert [vote["probability"] for vote in votes_in(tmp_path / "cache")] == [0.75, 0.75]
    assert [vote["probability"] for vote in votes_in(tmp_path / "cache")] == [0.75, 0.75]


def test_there_is_none_where_the_model_told_none(tmp_path: Path) -> None:
    assert [
        row["votes"][0]["probability"] for row in recorded(tmp_path, Reply('{"gender": "male"}'))
    ] == [None, None]


def test_reading_an_answer_again_keeps_it(tmp_path: Path) -> None:
    [row, _] = recorded(tmp_path, Reply('{"gender": "male"}', probabilities={"gender": 0.75}))
    assert [vote["probability"] for vote in read_again(row, asked_in(tmp_path))] == [0.75]


def test_files_and_journals_from_before_it_was_kept_are_read_without(tmp_path: Path) -> None:
    rows = recorded(tmp_path, Reply('{"gender": "male"}'))
    for row in rows:
        row["votes"][0].pop("probability", None)  # both rows hold the same votes
    with open_for_writing(tmp_path / "cache") as cache:
        cache.commit(rows[:1])
        assert [vote["probability"] for vote in votes_in(tmp_path / "cache")] == [None]
    [path] = (tmp_path / "cache" / "answers").glob("*.parquet")
    new = pq.read_table(path)
    lists = new.column("votes").combine_chunks()
    old = pa.StructArray.from_arrays(
        [lists.values.field(field.name) for field in OLD_VOTE], fields=list(OLD_VOTE)
    )
    column = pa.ListArray.from_arrays(lists.offsets, old)
    pq.write_table(
        new.set_column(new.column_names.index("votes"), OLD_ANSWERS.field("votes"), column), path
    )
    assert pq.read_schema(path).field("votes").type == pa.list_(OLD_VOTE)
    (tmp_path / "cache" / "cache.json").write_text('{"layout_version": 1, "buckets": 1}')
    with open_for_writing(tmp_path / "cache") as cache:
        cache.commit(rows[1:])
    assert [vote["probability"] for vote in votes_in(tmp_path / "cache")] == [None, None]


def votes_in(folder: Path) -> list[dict[str, Any]]:
    return [vote for row in AnswersCache(folder).answers(0).to_pylist() for vote in row["votes"]]
