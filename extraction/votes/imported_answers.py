"""Rows of an answers file -> rows of the answers cache.

All on columns: a million rows say few different things, and each of these is read once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.settings import ABSENT_LABEL
from ...configs.vote_states import STATES
from ...prompts.reading.vote import Vote
from ..cache.digests import text_digest
from ..cache.schema import ANSWERS, DIGEST, PRODUCTS, VOTE
from ..planning.arrow_arrays import BoolArray, IntArray
from ..planning.questionnaire import Questionnaire
from .reading import read_votes

FILE_SOURCE, REPLACEMENT_SOURCE = "imported", "replaced"
"""`source` of answers from a file in `schema.ANSWERS`: behind all others, or in their place."""
MOST_KNOWN_VALUES = 1 << 16
LEFT_OUT = STATES.index("left_out")


@dataclass(frozen=True)
class OddVote:
    """A value that gives no vote, and where it stands first.

    Attributes:
        row: Of the file.
        product_id: The product.
        attribute: The attribute.
        spelling: What was said; None where nothing could be told apart.
    """

    row: int
    product_id: str
    attribute: str
    spelling: str | None


@dataclass(frozen=True)
class ImportedAnswers:
    """The answers of some products.

    Attributes:
        answers: Table of `schema.ANSWERS`, in the order of the file, `answered_ns` still 0.
        conflicts: Rows that said something else than an earlier row on the same answer or cell.
        odd_votes: State -> how many votes are of it.
        first_odd_votes: State -> the first of them.
    """

    answers: pa.Table
    conflicts: int
    odd_votes: Counter[str]
    first_odd_votes: dict[str, OddVote]


@dataclass
class AnswerReader:
    """Reads the rows of an answers file.

    Attributes:
        questionnaire: What the config asks now.
        source: `FILE_SOURCE` or `REPLACEMENT_SOURCE`.
        odd_states: States of votes that are counted.
    """

    questionnaire: Questionnaire
    source: str
    odd_states: tuple[str, ...]
    _known_votes: dict[tuple[str, str], Vote] = field(default_factory=dict)

    @cached_property
    def _attribute_of_name(self) -> dict[str, int]:
        attributes = self.questionnaire.attributes
        return {attribute.name: index for index, attribute in enumerate(attributes)}

    def unknown_attributes(self, rows_of_attribute: Counter[str]) -> Counter[str]:
        """Those that no attribute of the config reads, of some names and the rows about them."""
        unknown: Counter[str] = Counter()
        for name, rows in rows_of_attribute.items():
            if name in self._attribute_of_name:
                continue
            raw = orjson.dumps({name: ABSENT_LABEL}).decode()
            votes = self._read(raw)
            if all(vote.state == "left_out" for vote in votes):
                unknown[name] = rows
        return unknown

    def read_raw(self, rows: pa.Table) -> ImportedAnswers:
        """The answers of rows that hold one each; the last row on a product and model counts.

        Args:
            rows: Table of `answers_file.ROWS`, in the order of the file.
        """
        keys = _Answers.of(rows)
        texts = rows.column("value").combine_chunks()
        code, _ = _codes(texts)
        last, conflicts = _last_of_each(keys.answer, code)
        raw = texts.take(pa.array(last))
        parts = [_Votes.none()]
        for answer, text in enumerate(raw.to_pylist()):
            votes = self._votes_of_text(answer, text)
            parts.append(votes)
        all_votes = _Votes.join(parts)
        return self._imported(keys, raw, all_votes, conflicts)

    def read_values(self, rows: pa.Table) -> ImportedAnswers:
        """The answers of rows that hold a value each; the last row on a cell counts.

        Args:
            rows: Table of `answers_file.ROWS`, in the order of the file.
        """
        keys = _Answers.of(rows)
        name, names = _codes(rows.column("attribute"))
        value, values = _codes(rows.column("value"))
        n_names = len(names)
        cell = keys.answer * n_names + name
        cells, first, cell_of_row = np.unique(cell, return_index=True, return_inverse=True)
        last, conflicts = _last_of_each(cell_of_row, value)
        answer, name = np.divmod(cells, n_names)
        last_value = value[last]
        pair = name * len(values) + last_value
        pairs, pair_of_cell = np.unique(pair, return_inverse=True)
        said = _Said(self, names, values, pairs)
        raw = _join_objects(said.fragments, answer, first, pair_of_cell)
        is_unknown = said.attribute[pair_of_cell] < 0
        is_read_whole = np.zeros(len(keys), np.bool_)
        is_read_whole[answer[is_unknown]] = True
        is_left_out = said.state[pair_of_cell] == LEFT_OUT
        is_vote = ~is_read_whole[answer] & ~is_left_out
        own_pair = pair_of_cell[is_vote]
        own_answer = answer[is_vote]
        parts = [said.votes(own_answer, own_pair)]
        for whole_answer in np.flatnonzero(is_read_whole).tolist():
            text = raw[whole_answer].as_py()
            votes = self._votes_of_text(whole_answer, text)
            parts.append(votes)
        all_votes = _Votes.join(parts)
        return self._imported(keys, raw, all_votes, conflicts)

    def vote_on(self, name: str, value: str) -> Vote:
        """The vote of a value on the attribute of that very name."""
        vote = self._known_votes.get((name, value))
        if vote is None:
            attribute = self._attribute_of_name[name]
            vocabulary = self.questionnaire.vocabularies[attribute]
            vote = vocabulary.read(value)
            if len(self._known_votes) < MOST_KNOWN_VALUES:
                self._known_votes[name, value] = vote
        return vote

    def attribute_of(self, name: str) -> int:
        """The attribute of that very name; -1 where an answer with it has to be read as a whole."""
        return self._attribute_of_name.get(name, -1)

    def _read(self, raw: str) -> list[Vote]:
        everything = range(len(self.questionnaire.attributes))
        return read_votes(raw, None, self.questionnaire, everything)

    def _votes_of_text(self, answer: int, raw: str) -> _Votes:
        attributes = []
        votes = []
        for attribute, vote in enumerate(self._read(raw)):
            if vote.state != "left_out":
                attributes.append(attribute)
                votes.append(vote)
        state, value, spelling = _vote_columns(votes)
        return _Votes(
            answer=np.full(len(votes), answer),
            attribute=np.array(attributes, np.int64),
            state=state,
            value=value,
            spelling=spelling,
        )

    def _imported(
        self, keys: _Answers, raw: pa.Array, votes: _Votes, conflicts: int
    ) -> ImportedAnswers:
        votes = votes.in_order()
        odd_votes: Counter[str] = Counter()
        first_odd_votes = {}
        for state in self.odd_states:
            is_odd = votes.state == STATES.index(state)
            places = np.flatnonzero(is_odd).tolist()
            odd_votes[state] = len(places)
            for first_place in places[:1]:
                first_odd_votes[state] = self._odd_vote(keys, votes, first_place)
        n_answers = len(keys)
        no_times = np.zeros(n_answers, np.int64)
        columns = {
            "answered_ns": pa.array(no_times),
            "product_id": keys.product_ids,
            "model": keys.models,
            "source": pa.repeat(self.source, n_answers),
            "status": pa.repeat("answered", n_answers),
            "raw": raw,
            "votes": self._vote_lists(votes, n_answers),
        }
        arrays = _arrays_of(ANSWERS, columns, n_answers)
        answers = pa.Table.from_arrays(arrays, schema=ANSWERS)
        return ImportedAnswers(answers, conflicts, odd_votes, first_odd_votes)

    def _odd_vote(self, keys: _Answers, votes: _Votes, place: int) -> OddVote:
        answer = int(votes.answer[place])
        attribute = self.questionnaire.attributes[votes.attribute[place]]
        return OddVote(
            row=int(keys.row[answer]),
            product_id=keys.product_ids[answer].as_py(),
            attribute=attribute.name,
            spelling=votes.spelling[place].as_py(),
        )

    def _vote_lists(self, votes: _Votes, n_answers: int) -> pa.ListArray:
        """[n_answers] lists of `schema.VOTE`."""
        names = pa.array(list(self._attribute_of_name), pa.string())
        readers = pa.array(self.questionnaire.readers, DIGEST)
        states = pa.array(STATES, pa.string())
        attribute = pa.array(votes.attribute)
        state = pa.array(votes.state)
        columns = {
            "attribute": names.take(attribute),
            "reader": readers.take(attribute),
            "state": states.take(state),
            "value": votes.value,
            "spelling": votes.spelling,
        }
        arrays = _arrays_of(VOTE, columns, len(attribute))
        structs = pa.StructArray.from_arrays(arrays, fields=list(VOTE))
        return _lists_of(structs, votes.answer, n_answers)


@dataclass(frozen=True)
class _Answers:
    """Which answer each row belongs to; answers are numbered as they come.

    Attributes:
        answer: [n_rows].
        row: [n_answers] number of the first row of each.
        product_ids: [n_answers] string.
        models: [n_answers] string.
    """

    answer: IntArray
    row: IntArray
    product_ids: pa.Array
    models: pa.Array

    @classmethod
    def of(cls, rows: pa.Table) -> _Answers:
        """The answers of rows in the order of the file."""
        product, product_ids = _codes(rows.column("product_id"))
        model, models = _codes(rows.column("model"))
        key = product * len(models) + model
        keys, first, place = np.unique(key, return_index=True, return_inverse=True)
        order = np.argsort(first)
        number = np.empty(len(keys), np.int64)
        number[order] = np.arange(len(keys))
        keys_in_order = keys[order]
        product_of_answer, model_of_answer = np.divmod(keys_in_order, len(models))
        row_numbers = rows.column("row").to_numpy()
        first_rows = first[order]
        return cls(
            answer=number[place],
            row=row_numbers[first_rows],
            product_ids=product_ids.take(pa.array(product_of_answer)),
            models=models.take(pa.array(model_of_answer)),
        )

    def __len__(self) -> int:
        return len(self.row)


class _Said:
    """Different things that rows say: pairs of a name and a value.

    Args:
        reader: Reads them.
        names: Different names.
        values: Different values.
        pairs: [n] place of the name x number of values + place of the value.

    Attributes:
        fragments: [n] string, the pair as it stands in a JSON object.
        attribute: [n] the attribute of that name, -1 where an answer has to be read as a whole.
        state: [n] place in `STATES`.
        value: [n] string, perhaps null.
        spelling: [n] likewise.
    """

    def __init__(
        self, reader: AnswerReader, names: pa.Array, values: pa.Array, pairs: IntArray
    ) -> None:
        name_of_pair, value_of_pair = np.divmod(pairs, max(len(values), 1))
        texts_of_names = names.to_pylist()
        names_in_json = list(map(_in_json, texts_of_names))
        attributes = list(map(reader.attribute_of, texts_of_names))
        texts = values.take(pa.array(value_of_pair)).to_pylist()
        fragments = []
        votes = []
        for name, text in zip(name_of_pair.tolist(), texts, strict=True):
            text_in_json = _in_json(text)
            fragments.append(f"{names_in_json[name]}:{text_in_json}")
            vote = _NO_VOTE
            if attributes[name] >= 0:
                vote = reader.vote_on(texts_of_names[name], text)
            votes.append(vote)
        self.fragments = pa.array(fragments, pa.string())
        attribute_of_name = np.array(attributes, np.int64)
        self.attribute = attribute_of_name[name_of_pair]
        self.state, self.value, self.spelling = _vote_columns(votes)

    def votes(self, answer: IntArray, pair: IntArray) -> _Votes:
        """The votes of some answers.

        Args:
            answer: [n_votes] number of the answer.
            pair: [n_votes] what it says.
        """
        places = pa.array(pair)
        return _Votes(
            answer=answer,
            attribute=self.attribute[pair],
            state=self.state[pair],
            value=self.value.take(places),
            spelling=self.spelling.take(places),
        )


_NO_VOTE = Vote("", "left_out")


@dataclass(frozen=True)
class _Votes:
    """Votes of many answers; all [n_votes].

    Attributes:
        answer: Number of the answer.
        attribute: Index of the attribute.
        state: Place in `STATES`.
        value: String, perhaps null.
        spelling: Likewise.
    """

    answer: IntArray
    attribute: IntArray
    state: IntArray
    value: pa.Array
    spelling: pa.Array

    @classmethod
    def none(cls) -> _Votes:
        """No vote."""
        nothing = np.zeros(0, np.int64)
        no_text = pa.array([], pa.string())
        return cls(nothing, nothing, nothing, no_text, no_text)

    @classmethod
    def join(cls, parts: list[_Votes]) -> _Votes:
        """The votes of all parts."""
        return cls(
            answer=np.concatenate([part.answer for part in parts]),
            attribute=np.concatenate([part.attribute for part in parts]),
            state=np.concatenate([part.state for part in parts]),
            value=pa.concat_arrays([part.value for part in parts]),
            spelling=pa.concat_arrays([part.spelling for part in parts]),
        )

    def in_order(self) -> _Votes:
        """Answer by answer, and in each in the order of the attributes."""
        order = np.lexsort((self.attribute, self.answer))
        places = pa.array(order)
        return _Votes(
            answer=self.answer[order],
            attribute=self.attribute[order],
            state=self.state[order],
            value=self.value.take(places),
            spelling=self.spelling.take(places),
        )


def _in_json(text: str) -> str:
    return orjson.dumps(text).decode()


def _vote_columns(votes: Sequence[Vote]) -> tuple[IntArray, pa.Array, pa.Array]:
    """States, values and spellings, as `_Votes` has them."""
    states = []
    values = []
    spellings = []
    for vote in votes:
        states.append(STATES.index(vote.state))
        values.append(vote.value)
        spellings.append(vote.spelling)
    state = np.array(states, np.int64)
    value = pa.array(values, pa.string())
    spelling = pa.array(spellings, pa.string())
    return state, value, spelling


def _arrays_of(
    fields: Iterable[pa.Field], columns: Mapping[str, pa.Array], length: int
) -> list[pa.Array]:
    """A column for each field, of nulls where there is none."""
    arrays = []
    for each in fields:
        column = columns.get(each.name)
        if column is None:
            column = pa.nulls(length, each.type)
        arrays.append(column)
    return arrays


def _lists_of(entries: pa.Array, owner: IntArray, n_owners: int) -> pa.ListArray:
    """[n_owners] lists of entries, which stand in the order of their owners."""
    owners = np.arange(n_owners + 1)
    offsets = np.searchsorted(owner, owners)
    return pa.ListArray.from_arrays(offsets.astype(np.int32), entries)


def _codes(texts: pa.Array | pa.ChunkedArray) -> tuple[IntArray, pa.Array]:
    """The place of each text among the different ones, and these."""
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.combine_chunks()
    encoded_texts = texts.dictionary_encode()
    codes = encoded_texts.indices.to_numpy(zero_copy_only=False)
    return codes.astype(np.int64), encoded_texts.dictionary


def _last_of_each(key: IntArray, value: IntArray) -> tuple[IntArray, int]:
    """The last row of each key, and how many rows say something else than the one before.

    Args:
        key: [n_rows] numbers from 0 on, each of which occurs.
        value: [n_rows] what the row says.
    """
    order = np.argsort(key, kind="stable")
    key = key[order]
    value = value[order]
    is_same_key = key[1:] == key[:-1]
    is_other_value = value[1:] != value[:-1]
    is_last = np.ones(len(order), np.bool_)
    is_last[:-1] = ~is_same_key
    conflicts = np.count_nonzero(is_same_key & is_other_value)
    return order[is_last], int(conflicts)


def _join_objects(
    fragments: pa.Array, answer: IntArray, position: IntArray, fragment: IntArray
) -> pa.Array:
    """[n_answers] JSON objects of fragments, those of each in their order.

    Args:
        fragments: Different ones.
        answer: [n] the object that a fragment belongs to; numbers from 0 on, each of which occurs.
        position: [n] what they are ordered by.
        fragment: [n] which of the fragments it is.
    """
    order = np.lexsort((position, answer))
    last_answer = int(answer.max(initial=-1))
    fragments_in_order = fragments.take(pa.array(fragment[order]))
    lists = _lists_of(fragments_in_order, answer[order], last_answer + 1)
    contents = pc.binary_join(lists, ",")
    return pc.binary_join_element_wise("{", contents, "}", "")


def unchanged_answers(answers: pa.Table, cached_answers: pa.Table, source: str) -> BoolArray:
    """[n_answers] whether an answer stands in the cache already, word for word.

    Imported answers are among themselves, behind all others; those that replace are the last among
    all others. An attribute that is new in the config makes the same words news.

    Args:
        answers: Table of `schema.ANSWERS`, one answer of a model to a product.
        cached_answers: Table with product_id, model, source, raw and votes, in order of time.
        source: `FILE_SOURCE` or `REPLACEMENT_SOURCE`.
    """
    is_rival = pc.equal(cached_answers.column("source"), FILE_SOURCE)
    if source != FILE_SOURCE:
        is_rival = pc.invert(is_rival)
    rivals = cached_answers.filter(is_rival)
    key, rival_key = _pair_codes(answers, rivals)
    place = np.full(answers.num_rows + rivals.num_rows, -1)
    place[rival_key] = np.arange(rivals.num_rows)  # a repeated index keeps the last
    rival = place[key]
    has_rival = rival >= 0
    if not has_rival.any():
        return has_rival
    own = answers.filter(pa.array(has_rival))
    others = rivals.take(pa.array(rival[has_rival]))
    has_same_text = pc.equal(own.column("raw"), others.column("raw"))
    has_same_attributes = pc.equal(_attributes_of(own), _attributes_of(others))
    is_same = pc.and_(pc.fill_null(has_same_text, False), has_same_attributes)
    unchanged = has_rival.copy()
    unchanged[has_rival] = is_same.to_numpy()
    return unchanged


def count_behind_others(answers: pa.Table, cached_answers: pa.Table) -> int:
    """How many answers have a product and model of which there is one that was paid for.

    Args:
        answers: Table with product_id and model, no pair twice.
        cached_answers: Table with product_id, model, source and status.
    """
    is_paid = pc.not_equal(cached_answers.column("source"), FILE_SOURCE)
    is_finished = pc.equal(cached_answers.column("status"), "answered")
    paid_answers = cached_answers.filter(pc.and_(is_paid, is_finished))
    key, paid_key = _pair_codes(answers, paid_answers)
    is_behind = np.isin(key, paid_key)
    return int(is_behind.sum())


def _pair_codes(answers: pa.Table, other_answers: pa.Table) -> tuple[IntArray, IntArray]:
    """A number for each pair of product and model, from 0 on, of all rows of both."""
    columns = ["product_id", "model"]
    both = pa.concat_tables([answers.select(columns), other_answers.select(columns)])
    product, _ = _codes(both.column("product_id"))
    model, models = _codes(both.column("model"))
    pair = product * len(models) + model
    _, code = np.unique(pair, return_inverse=True)
    return code[: answers.num_rows], code[answers.num_rows :]


def _attributes_of(answers: pa.Table) -> pa.Array:
    """[n_answers] string: the names of the attributes of each answer's votes, in their order."""
    lists = answers.column("votes").combine_chunks()
    answer = pc.list_parent_indices(lists).to_numpy()
    names = pc.list_flatten(lists).field("attribute")
    code, different_names = _codes(names)
    texts = different_names.to_pylist()
    rank_of_text = {text: rank for rank, text in enumerate(sorted(texts))}
    ranks = np.array([rank_of_text[text] for text in texts], np.int64)
    rank = ranks[code]
    order = np.lexsort((rank, answer))
    names_in_order = names.take(pa.array(order))
    lists = _lists_of(names_in_order, answer, answers.num_rows)
    return pc.binary_join(lists, "\0")


def as_products(rows: pa.Table) -> pa.Table:
    """Rows of `schema.PRODUCTS` for products of which nothing but answers is known yet.

    Args:
        rows: Table with product_id and category, in the order of the file; the last category of a
            product counts, a blank one says nothing.
    """
    product, ids = _codes(rows.column("product_id"))
    categories = rows.column("category").fill_null("")
    has_category = pc.not_equal(categories, "").to_numpy()
    n_products = len(ids)
    row_of_category = np.full(n_products, -1)
    products_with_category = product[has_category]
    row_of_category[products_with_category] = np.flatnonzero(has_category)
    places = pa.array(row_of_category, mask=row_of_category < 0)
    no_rows = np.zeros(n_products, np.int64)
    no_fields: list[list[object]] = [[]] * n_products
    no_text = pa.scalar(text_digest([]), DIGEST)
    columns = {
        "row": pa.array(no_rows),
        "product_id": ids,
        "category": categories.combine_chunks().take(places),
        "fields": pa.array(no_fields, PRODUCTS.field("fields").type),
        "text_digest": pa.repeat(no_text, n_products),
    }
    arrays = _arrays_of(PRODUCTS, columns, n_products)
    return pa.Table.from_arrays(arrays, schema=PRODUCTS)
