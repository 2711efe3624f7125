"""What the sampled products say: how often values are given, and words belong to values.

All counts are whole numbers, of cells or of 1024ths of votes: they add up over buckets in any
order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..arrays import BoolArray, FloatArray, IntArray
from .cell_values import WHOLE
from .ragged import Ragged
from .sample import SampledProducts
from .signals import STRENGTH
from .sums import Sums, pair_keys
from .text_index import TextWords
from .words import Kind, kinds_of


@dataclass(frozen=True, slots=True, eq=False)
class WordCredit:
    """The 1024ths of votes on values that a word belongs to, at most 1024 a cell.

    Attributes:
        cell: [n] int64.
        word: [n] int64.
        credit: [n] int64.
    """

    cell: IntArray
    word: IntArray
    credit: IntArray

    def rows(self, keep: BoolArray) -> WordCredit:
        """Some of the rows."""
        return WordCredit(
            cell=self.cell[keep],
            word=self.word[keep],
            credit=self.credit[keep],
        )


@dataclass(frozen=True, slots=True, eq=False)
class TextCounts:
    """In how many texts words stand.

    Attributes:
        n_words: Words are numbered below this.
        by_category: Under the key category * n_words + word.
        kinds: [n_words], the kind of each word.
    """

    n_words: int
    by_category: Sums
    kinds: IntArray

    @classmethod
    def of(cls, words: TextWords, category: IntArray, kinds: IntArray) -> TextCounts:
        """Count the different words of each text."""
        n_words = len(kinds)
        word_category = category[words.product]
        keys = pair_keys(word_category, words.word, n_words)
        return cls(
            n_words=n_words,
            by_category=Sums.counts(keys),
            kinds=kinds,
        )


@dataclass(frozen=True, slots=True, eq=False)
class WordQuery:
    """Words of which it is asked how likely they are to belong to the value of a cell.

    Attributes:
        category: [n], number of the cell's category, -1 where it is not in the sample.
        word: [n], number of the word, negative where it is not in the sample.
        has_word: [n] int64, 1 where the cell's own text, being in the sample, has the word.
        own_credit: [n] int64, what the cell itself has added to the word.
        own_kind_texts: [n] int64, what its text has added to the words of the kind.
        own_kind_credit: [n] int64, likewise of credit.
    """

    category: IntArray
    word: IntArray
    has_word: IntArray
    own_credit: IntArray
    own_kind_texts: IntArray
    own_kind_credit: IntArray


@dataclass(frozen=True, slots=True, eq=False)
class AttributeCounts:
    """What the sampled products say on one attribute.

    Attributes:
        products: How many of them have the attribute.
        value_share: 1024ths of votes under the key category * n_values + value.
        texts: In how many texts words stand, by category.
        word_credit: Credit under the key category * n_words + word.
        all_texts: [n_words], texts of all categories that have the attribute.
        all_credit: [n_words], credit likewise.
        kind_texts: [3], texts summed over the words of each kind.
        kind_credit: [3], credit likewise.
    """

    products: int
    value_share: Sums
    texts: TextCounts
    word_credit: Sums
    all_texts: IntArray
    all_credit: IntArray
    kind_texts: IntArray
    kind_credit: IntArray

    def belongs(self, query: WordQuery) -> FloatArray:
        """[n] t(w): how likely a word of a text is to belong to the value, own cells left out.

        Of a category, mixed with that of all categories, mixed with that of all words of its kind.
        """
        kind = kinds_of(query.word, self.texts.kinds)
        kind_credit = self.kind_credit[kind] - query.own_kind_credit
        kind_texts = self.kind_texts[kind] - query.own_kind_texts
        kind_cells = kind_credit / WHOLE
        of_kind = (kind_cells + 0.1) / (kind_texts + 1)

        all_texts = _at(self.all_texts, query.word)
        all_credit = _at(self.all_credit, query.word)
        of_all = _mixture(
            all_credit - query.own_credit,
            all_texts - query.has_word,
            of_kind,
        )

        keys = pair_keys(query.category, query.word, self.texts.n_words)
        texts = self.texts.by_category.at(keys)
        credit = self.word_credit.at(keys)
        return _mixture(
            credit - query.own_credit,
            texts - query.has_word,
            of_all,
        )


def count_attribute(
    sample: SampledProducts, words: TextWords, texts: TextCounts, index: int, sizes: Sizes
) -> AttributeCounts:
    """Count what the sampled products say on one attribute.

    Args:
        sample: The products.
        words: The different words of their texts.
        texts: In how many texts each stands.
        index: Place of the attribute.
        sizes: What else is needed of the catalog.
    """
    is_own = sample.values[1] == index
    product, _, value, share = sample.values[:, is_own]
    category = sample.category[product]
    value_keys = pair_keys(category, value, sizes.n_values)
    credit = word_credit(product, value, share, sizes.value_words)
    is_in_text = words.has(credit.cell, credit.word)
    credit = credit.rows(is_in_text)
    credit_category = sample.category[credit.cell]
    word_keys = pair_keys(credit_category, credit.word, texts.n_words)
    applies = sizes.applies[:, index]
    n_products = applies[sample.category].sum()
    all_texts = _texts_of_categories(texts, applies)
    all_credit = _sum_at(credit.word, credit.credit, texts.n_words)
    return AttributeCounts(
        products=int(n_products),
        value_share=Sums.of(value_keys, share),
        texts=texts,
        word_credit=Sums.of(word_keys, credit.credit),
        all_texts=all_texts,
        all_credit=all_credit,
        kind_texts=_sum_at(texts.kinds, all_texts, len(Kind)),
        kind_credit=_sum_at(texts.kinds, all_credit, len(Kind)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """What counting asks of the catalog besides products.

    Attributes:
        n_values: Values are numbered below this.
        value_words: For each value, the numbers of its different words.
        applies: [n_categories, n_attributes] bool, which attributes products of a category have.
    """

    n_values: int
    value_words: Ragged
    applies: BoolArray


def word_credit(
    cell: IntArray, value: IntArray, share: IntArray, value_words: Ragged
) -> WordCredit:
    """What votes on values give to the words of these values, cell by cell.

    Args:
        cell: [n], of each value.
        value: [n], row of `value_words`.
        share: [n], 1024ths of the votes on the cell.
        value_words: For each value, the numbers of its different words.
    """
    which, word = value_words.expand(value)
    n_words = 1 + int(word.max(initial=0))
    word_keys = pair_keys(cell[which], word, n_words)
    sums = Sums.of(word_keys, share[which])
    is_known = sums.keys >= 0
    keys = sums.keys[is_known]
    total = sums.sums[is_known]
    return WordCredit(
        cell=keys // n_words,
        word=keys % n_words,
        credit=np.minimum(total, WHOLE),
    )


def _mixture(credit: IntArray, texts: IntArray, beforehand: FloatArray) -> FloatArray:
    """The share of texts that have credit, mixed with what is known beforehand."""
    cells = credit / WHOLE
    total = cells + STRENGTH * beforehand
    return np.asarray(total / (texts + STRENGTH))


def _texts_of_categories(texts: TextCounts, applies: BoolArray) -> IntArray:
    """[n_words]: in how many texts of some categories each word stands."""
    if not texts.n_words:
        return np.zeros(0, np.int64)
    keys = texts.by_category.keys
    category = keys // texts.n_words
    word = keys % texts.n_words
    is_own = applies[category]
    counts = np.where(is_own, texts.by_category.sums, 0)
    return _sum_at(word, counts, texts.n_words)


def _sum_at(places: IntArray, parts: IntArray, n_places: int) -> IntArray:
    sums = np.zeros(n_places, np.int64)
    np.add.at(sums, places, parts)
    return sums


def _at(sums: IntArray, places: IntArray) -> IntArray:
    """The sums at some places, 0 at negative ones."""
    if not len(sums):
        return np.zeros(len(places), np.int64)
    some_place = np.maximum(places, 0)
    return np.where(places < 0, 0, sums[some_place])
