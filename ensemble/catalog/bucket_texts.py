"""Texts and values of one bucket, in the numbers of the sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ..arrays import BoolArray, IntArray
from ..product_hashes import Hashes
from ..votes import BucketVotes
from .ragged import Ragged
from .sample import CatalogSample, category_names, hashes_of, texts_of
from .sums import find
from .text_index import TextWords
from .words import Kind, split_words

_FIELD_END = "\n"
_LENGTH_OF_NOTHING = 2
"""The two spaces around no words."""


class BucketTexts:
    """The texts of the products of a bucket.

    Args:
        bucket: The bucket.
        sample: Whose numbers are used.
        sample_hashes: Hashes of the sampled products, ascending.

    Attributes:
        category: [n_products] int64, -1 where the sample has none of the category.
        in_sample: [n_products] bool.
        words: The different words of each text, those alone that the sample has.
        kind_words: [n_products, 3], how many of them are of each kind.
    """

    category: IntArray
    in_sample: BoolArray
    words: TextWords
    kind_words: IntArray

    def __init__(self, bucket: BucketVotes, sample: CatalogSample, sample_hashes: Hashes) -> None:
        self.category = _category_numbers(bucket, sample)
        _, self.in_sample = find(sample_hashes, hashes_of(bucket))
        self._texts: list[str] = []
        rows = []
        every_product = np.arange(bucket.products.num_rows)
        for fields in texts_of(bucket, every_product):
            words = _words_of_fields(fields)
            self._texts.append(_run_text(words))
            rows.append(sample.words.look_up(words))
        kinds = sample.words.kinds()
        self.words = TextWords(Ragged.of(rows), len(kinds))
        self.kind_words = self._count_kinds(kinds, len(rows))

    def contain(self, product: IntArray, run: list[str]) -> BoolArray:
        """[n]: whether the text of a product contains a run of words.

        Args:
            product: [n].
            run: [n], with spaces between the words, and around the whole; no word is in no text.
        """
        is_in_text = np.zeros(len(run), np.bool_)
        texts = self._texts
        for place, row in enumerate(product.tolist()):
            words = run[place]
            has_words = len(words) > _LENGTH_OF_NOTHING
            is_in_text[place] = has_words and words in texts[row]
        return is_in_text

    def _count_kinds(self, kinds: IntArray, n_products: int) -> IntArray:
        n_kinds = len(Kind)
        kind = kinds[self.words.word]
        keys = self.words.product * n_kinds + kind
        kind_words = np.bincount(keys, minlength=n_products * n_kinds)
        return kind_words.reshape(n_products, n_kinds)


@dataclass(frozen=True, slots=True, eq=False)
class BucketValues:
    """The different values among some that were given in a bucket.

    Attributes:
        place: [n] int64, the place of each given value among the different ones.
        number: [n_different] int64, number in the sample, -1 where it has none.
        runs: A row for each different value: the numbers of its words in their order, negative
            where the sample lacks one.
        texts: [n_different], its words with spaces between them, and around the whole.
    """

    place: IntArray
    number: IntArray
    runs: Ragged
    texts: list[str]

    @classmethod
    def of(cls, bucket: BucketVotes, codes: IntArray, sample: CatalogSample) -> BucketValues:
        """Look values up in the sample.

        Args:
            bucket: The bucket.
            codes: [n], 1 + place in `BucketVotes.values`.
            sample: Whose numbers are used.
        """
        different_codes, place = np.unique(codes, return_inverse=True)
        value_places = pa.array(different_codes - 1)
        numbers = []
        runs = []
        texts = []
        for value in bucket.values.take(value_places).to_pylist():
            words = split_words(value)
            numbers.append(sample.value_numbers.get(value, -1))
            runs.append(sample.words.look_up(words))
            texts.append(_run_text(words))
        return cls(
            place=place.astype(np.int64),
            number=np.array(numbers, np.int64),
            runs=Ragged.of(runs),
            texts=texts,
        )

    @property
    def text_of_each(self) -> list[str]:
        """[n]: the text of each value that was given."""
        return [self.texts[place] for place in self.place.tolist()]


def _category_numbers(bucket: BucketVotes, sample: CatalogSample) -> IntArray:
    names, place = category_names(bucket)
    numbers = []
    for name in names:
        number = sample.categories.get(name, -1)
        numbers.append(number)
    return np.array(numbers, np.int64)[place]


def _words_of_fields(fields: list[str]) -> list[str]:
    words = []
    for text in fields:
        words += split_words(text)
        words.append(_FIELD_END)
    return words


def _run_text(words: list[str]) -> str:
    """Words as a text in which a run of words is found as a text, whole words alone."""
    return f" {' '.join(words)} "
