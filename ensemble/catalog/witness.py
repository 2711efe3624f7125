"""The catalog as a witness: which of several values on a cell its own texts speak for.

The contract: docs/design.md#the-catalog-as-a-witness.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

from ...configs.settings import Attribute, Settings
from ..arrays import BoolArray, FloatArray, IntArray
from ..votes import AttributeVotes, BucketVotes
from .bucket_texts import BucketTexts, BucketValues
from .cell_values import CellValues, cell_values
from .counts import (
    AttributeCounts,
    Sizes,
    TextCounts,
    WordCredit,
    WordQuery,
    count_attribute,
    word_credit,
)
from .ragged import Ragged
from .sample import CatalogSample
from .signals import N_SIGNALS, Signals, fit, part, seen
from .sums import Sums, pair_keys
from .text_index import TextIndex, TextWords
from .words import Kind, kinds_of, split_words


def has_witness(attribute: Attribute) -> bool:
    """Whether the catalog's texts can speak for a value: it is open, and as the texts have it.

    A number is not: it is brought to one unit.
    """
    return attribute.open and attribute.type != "number"


def witnessed_attributes(settings: Settings) -> tuple[int, ...]:
    """Places of the attributes on which the catalog is heard."""
    if not settings.ensemble.catalog:
        return ()
    attributes = enumerate(settings.attributes)
    return tuple(index for index, attribute in attributes if has_witness(attribute))


class Witness:
    """What the catalog says, made of a sample of its products.

    Args:
        sample: The products that were collected.
    """

    def __init__(self, sample: CatalogSample) -> None:
        products = sample.products()
        self._sample = sample
        self._sample_hashes = np.sort(products.hashes)
        self._kinds = sample.words.kinds()
        n_words = len(self._kinds)
        words = TextWords(products.words, n_words)
        texts = TextCounts.of(words, products.category, self._kinds)
        self._index = TextIndex(
            products.words,
            products.category,
            n_words,
        )
        runs = _runs_of(sample)
        self._n_values = len(runs)
        every_value = np.arange(len(runs))
        self._value_texts = self._index.count_texts(runs, every_value)
        sizes = Sizes(
            n_values=len(runs),
            value_words=runs.different(),
            applies=_applies(sample),
        )
        self._counts: dict[int, AttributeCounts] = {}
        for index in sample.attributes:
            self._counts[index] = count_attribute(products, words, texts, index, sizes)
        self._latest = _Latest()

    def products(self, index: int) -> int:
        """Sampled products that have an attribute; 0 of one that the catalog knows nothing of."""
        counts = self._counts.get(index)
        return 0 if counts is None else counts.products

    def signals(self, bucket: BucketVotes, votes: AttributeVotes, index: int) -> Signals:
        """What the catalog says of the votes on the cells of one attribute in one bucket.

        Args:
            bucket: The bucket.
            votes: Those on some or all cells of the attribute.
            index: Place of the attribute.
        """
        n_cells, n_models = votes.codes.shape
        counts = self._counts.get(index)
        if counts is None or not n_cells:
            return Signals.none(n_cells, n_models)
        values = cell_values(votes.codes, votes.attribute.absent)
        testimony = _Testimony(
            values=values,
            product=votes.rows[values.cell],
            texts=self._texts_of(bucket),
            answers=BucketValues.of(bucket, values.code, self._sample),
        )
        n_blocks = int(values.blocks.max(initial=0)) + 1
        of_block = np.zeros((n_cells, n_blocks, N_SIGNALS))
        of_block[values.cell, values.block] = self._signals_of(testimony, counts)
        return Signals(values.blocks, of_block)

    def _signals_of(self, testimony: _Testimony, counts: AttributeCounts) -> FloatArray:
        """[n, 3] of each cell and value."""
        keys = testimony.keys(self._n_values)
        value_share = counts.value_share.at(keys) - testimony.own_share
        in_text = testimony.in_text
        own_text = testimony.in_sample * in_text
        n_texts = self._texts_with(testimony, keys) - own_text
        value, query = testimony.word_query(self._kinds)
        belongs = counts.belongs(query)
        columns = (
            fit(value_share, n_texts, in_text),
            part(belongs, value, len(keys)),
            seen(value_share),
        )
        return np.stack(columns, axis=1)

    def _texts_with(self, testimony: _Testimony, keys: IntArray) -> IntArray:
        """[n]: in how many sampled texts of the category each value stands."""
        answers = testimony.answers
        is_new = answers.number < 0
        new_values = np.flatnonzero(is_new)
        new_texts = self._index.count_texts(answers.runs, new_values)
        n_answers = len(answers.number)
        new_keys = pair_keys(testimony.category, answers.place, n_answers)
        return self._value_texts.at(keys) + new_texts.at(new_keys)

    def _texts_of(self, bucket: BucketVotes) -> BucketTexts:
        """The texts of a bucket, kept until another one comes: attributes come one by one."""
        latest = self._latest
        if latest.texts is None or latest.bucket is not bucket:
            latest.bucket = bucket
            latest.texts = BucketTexts(bucket, self._sample, self._sample_hashes)
        return latest.texts


class _Latest(threading.local):
    """The bucket that a thread asked about last, and its texts."""

    bucket: BucketVotes | None = None
    texts: BucketTexts | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Testimony:
    """Values on cells of one attribute in one bucket, of which the catalog is asked.

    Attributes:
        values: One row for each cell and value.
        product: [n], row of each in the bucket.
        texts: The texts of the bucket.
        answers: The different values.
    """

    values: CellValues
    product: IntArray
    texts: BucketTexts
    answers: BucketValues

    @property
    def category(self) -> IntArray:
        """[n] number of the category, -1 where the sample has none of it."""
        return np.asarray(self.texts.category[self.product])

    @property
    def in_sample(self) -> IntArray:
        """[n] 1 where the product itself was counted, and must be left out, else 0."""
        return self.texts.in_sample[self.product].astype(np.int64)

    @property
    def own_share(self) -> IntArray:
        """[n] 1024ths that the cell itself has added to what is counted of the value."""
        return np.asarray(self.in_sample * self.values.share)

    @property
    def in_text(self) -> BoolArray:
        """[n]: whether the value stands in the cell's own text."""
        return self.texts.contain(self.product, self.answers.text_of_each)

    def keys(self, n_values: int) -> IntArray:
        """[n] keys of category and value."""
        return pair_keys(self.category, self.answers.number[self.answers.place], n_values)

    def word_query(self, kinds: IntArray) -> tuple[IntArray, WordQuery]:
        """The words of all values: the value each belongs to, and what is asked of it."""
        words = self.answers.runs.different()
        value, word = words.expand(self.answers.place)
        cell = self.values.cell[value]
        product = self.product[value]
        in_sample = self.in_sample[value]
        kind = kinds_of(word, kinds)
        has_word = self.texts.words.has(product, word)
        kind_words = self.texts.kind_words[product, kind]
        credit = self._own_credit(words)
        credit_kind = kinds_of(credit.word, kinds)
        by_word = _add_up(credit, credit.word, len(kinds))
        by_kind = _add_up(credit, credit_kind, len(Kind))
        query = WordQuery(
            category=self.category[value],
            word=word,
            has_word=in_sample * has_word,
            own_credit=by_word.at(pair_keys(cell, word, len(kinds))),
            own_kind_texts=in_sample * kind_words,
            own_kind_credit=by_kind.at(pair_keys(cell, kind, len(Kind))),
        )
        return value, query

    def _own_credit(self, words: Ragged) -> WordCredit:
        """What each sampled cell has added to the words of its text; words: of each value."""
        is_own = self.in_sample > 0
        credit = word_credit(
            self.values.cell[is_own],
            self.answers.place[is_own],
            self.values.share[is_own],
            words,
        )
        n_cells = len(self.values.blocks)
        product_of_cell = np.zeros(n_cells, np.int64)
        product_of_cell[self.values.cell] = self.product
        product = product_of_cell[credit.cell]
        is_in_text = self.texts.words.has(product, credit.word)
        return credit.rows(is_in_text)


def _add_up(credit: WordCredit, part: IntArray, n_parts: int) -> Sums:
    """The credit of each cell by the words or kinds in it."""
    keys = pair_keys(credit.cell, part, n_parts)
    return Sums.of(keys, credit.credit)


def _runs_of(sample: CatalogSample) -> Ragged:
    """For each value of the sample the numbers of its words, negative where no text has one."""
    runs = []
    for value in sample.value_numbers:
        words = split_words(value)
        runs.append(sample.words.look_up(words))
    return Ragged.of(runs)


def _applies(sample: CatalogSample) -> BoolArray:
    """[n_categories, n_attributes], by the numbers of the categories."""
    n_categories = len(sample.applies)
    n_attributes = len(sample.settings.attributes)
    applies = np.zeros((n_categories, n_attributes), np.bool_)
    for number, row in sample.applies.items():
        applies[number] = row
    return applies
