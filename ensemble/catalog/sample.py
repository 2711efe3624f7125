"""The products whose texts and values are counted: those with the smallest digests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.scopes import Scopes
from ...configs.settings import Settings
from ..arrays import IntArray
from ..product_hashes import Hashes, product_hashes
from ..votes import BucketVotes, votes_on
from .cell_values import cell_values
from .ragged import Ragged
from .words import FIELD_END, WordNumbers, split_words

MOST_PER_CATEGORY = 20_000
MOST_PRODUCTS = 200_000
"""Of all categories, so that memory stays flat however many there are."""
_PRUNED_AFTER = 100_000
_HIGHEST_HASH = np.uint64(2**64 - 1)


@dataclass(frozen=True, slots=True, eq=False)
class SampledProducts:
    """What is known of the sampled products.

    Attributes:
        hashes: [n_products] uint64.
        category: [n_products] int64, number of the category.
        words: A row for each product: the numbers of its words, `FIELD_END` behind each field.
        values: [4, n]: product, attribute, number of the value, and its share in 1024ths.
    """

    hashes: Hashes
    category: IntArray
    words: Ragged
    values: IntArray

    def __len__(self) -> int:
        return len(self.hashes)

    def take(self, rows: IntArray) -> SampledProducts:
        """Some of the products, in this order."""
        _, flat = self.words.expand(rows)
        lengths = self.words.lengths[rows]
        new_row = np.full(len(self), -1, np.int64)
        new_row[rows] = np.arange(len(rows))
        product = new_row[self.values[0]]
        remains = product >= 0
        values = self.values[:, remains]
        values[0] = product[remains]
        return SampledProducts(
            hashes=self.hashes[rows],
            category=self.category[rows],
            words=Ragged.of_lengths(flat, lengths),
            values=values,
        )


def join_samples(parts: Sequence[SampledProducts]) -> SampledProducts:
    """Several samples, at least one, as one."""
    hashes = []
    category = []
    flat = []
    lengths = []
    values = []
    n_products = 0
    for part in parts:
        own_values = part.values.copy()
        own_values[0] += n_products
        n_products += len(part)
        hashes.append(part.hashes)
        category.append(part.category)
        flat.append(part.words.flat)
        lengths.append(part.words.lengths)
        values.append(own_values)
    words = Ragged.of_lengths(np.concatenate(flat), np.concatenate(lengths))
    return SampledProducts(
        hashes=np.concatenate(hashes),
        category=np.concatenate(category),
        words=words,
        values=np.concatenate(values, axis=1),
    )


@dataclass
class CatalogSample:
    """Collects products bucket by bucket; which ones remain depends on their ids alone.

    Attributes:
        settings: The configuration.
        attributes: Places of the attributes whose values are counted.
        most_per_category: Of a category, at most so many products are kept.
        most_products: Of all.
        words: Numbers of words.
        value_numbers: Text of a value -> its number.
        categories: Name of a category -> its number.
        applies: For each category, which attributes its products have.
    """

    settings: Settings
    attributes: tuple[int, ...]
    most_per_category: int = MOST_PER_CATEGORY
    most_products: int = MOST_PRODUCTS
    words: WordNumbers = field(default_factory=WordNumbers)
    value_numbers: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)
    applies: dict[int, npt.NDArray[np.bool_]] = field(default_factory=dict)
    _parts: list[SampledProducts] = field(default_factory=list)
    _scopes: Scopes = field(init=False)
    _n_unpruned: int = 0
    _limit: Hashes = field(default_factory=lambda: np.zeros(0, np.uint64))

    def __post_init__(self) -> None:
        self._scopes = Scopes(self.settings.attributes)

    def add(self, bucket: BucketVotes) -> None:
        """Take over the products of a bucket whose digests are small enough."""
        if not self.attributes:
            return
        hashes = hashes_of(bucket)
        category = self._number_categories(bucket)
        limit = self._limit[category]
        rows = np.flatnonzero(hashes <= limit)
        self._parts.append(
            SampledProducts(
                hashes=hashes[rows],
                category=category[rows],
                words=Ragged.of(self._number_words(bucket, rows)),
                values=self._number_values(bucket, rows),
            )
        )
        self._n_unpruned += len(rows)
        if self._n_unpruned > _PRUNED_AFTER:
            self.products()

    def products(self) -> SampledProducts:
        """The sample of what has come so far."""
        sample = join_samples(self._parts or [_no_products()])
        category_rank = _rank_within(sample.category, sample.hashes)
        is_small = category_rank < self.most_per_category
        rows = np.flatnonzero(is_small)
        hashes = sample.hashes[rows]
        by_hash = np.argsort(hashes, kind="stable")
        smallest = by_hash[: self.most_products]
        sample = sample.take(rows[smallest])
        self._lower_limits(sample)
        self._parts = [sample]
        self._n_unpruned = 0
        return sample

    def _lower_limits(self, sample: SampledProducts) -> None:
        n_categories = len(self._limit)
        n_products = np.bincount(sample.category, minlength=n_categories)
        highest = np.zeros(n_categories, np.uint64)
        np.maximum.at(highest, sample.category, sample.hashes)
        is_full = n_products >= self.most_per_category
        lower_limit = np.minimum(self._limit, highest)
        limit = np.where(is_full, lower_limit, self._limit)
        self._limit = limit
        n_all = len(sample)
        if n_all >= self.most_products:
            highest_of_all = sample.hashes.max()
            self._limit = np.minimum(self._limit, highest_of_all)

    def _number_categories(self, bucket: BucketVotes) -> IntArray:
        names, place = category_names(bucket)
        numbers = np.zeros(len(names), np.int64)
        for at, name in enumerate(names):
            new_number = len(self.categories)
            number = self.categories.setdefault(name, new_number)
            numbers[at] = number
            if number == new_number:
                self.applies[number] = np.array(self._scopes.of(name), np.bool_)
                self._limit = np.append(self._limit, _HIGHEST_HASH)
        return numbers[place]

    def _number_words(self, bucket: BucketVotes, rows: IntArray) -> list[list[int]]:
        numbers = []
        for fields in texts_of(bucket, rows):
            own_numbers = []
            for text in fields:
                words = split_words(text)
                own_numbers += self.words.add(words)
                own_numbers.append(FIELD_END)
            numbers.append(own_numbers)
        return numbers

    def _number_values(self, bucket: BucketVotes, rows: IntArray) -> IntArray:
        """[4, n] as in `SampledProducts.values`."""
        parts = [np.zeros((4, 0), np.int64)]
        n_products = bucket.products.num_rows
        new_row = np.full(n_products, -1, np.int64)
        new_row[rows] = np.arange(len(rows))
        for index in self.attributes:
            votes = votes_on(bucket, self.settings, index)
            product = new_row[votes.rows]
            in_sample = product >= 0
            product = product[in_sample]
            codes = votes.codes[in_sample]
            values = cell_values(codes, votes.attribute.absent)
            number = self._number(bucket, values.code)
            attribute = np.full(len(number), index)
            product_of_value = product[values.cell]
            columns = [
                product_of_value,
                attribute,
                number,
                values.share,
            ]
            parts.append(np.stack(columns))
        return np.concatenate(parts, axis=1)

    def _number(self, bucket: BucketVotes, codes: IntArray) -> IntArray:
        different_codes, place = np.unique(codes, return_inverse=True)
        value_places = pa.array(different_codes - 1)
        own_numbers = []
        for text in bucket.values.take(value_places).to_pylist():
            new_number = len(self.value_numbers)
            number = self.value_numbers.setdefault(text, new_number)
            own_numbers.append(number)
        return np.array(own_numbers, np.int64)[place]


def hashes_of(bucket: BucketVotes) -> Hashes:
    """[n_products] hash of each product."""
    return product_hashes(bucket.products.column("product_id").to_pylist())


def category_names(bucket: BucketVotes) -> tuple[list[str], IntArray]:
    """The categories of a bucket, and the place of each product's among them; "" is none."""
    column = bucket.products.column("category").fill_null("").combine_chunks()
    encoded_column = column.dictionary_encode()
    names = encoded_column.dictionary.to_pylist()
    indices = encoded_column.indices.to_numpy(zero_copy_only=False)
    return names, indices.astype(np.int64)


def texts_of(bucket: BucketVotes, rows: IntArray) -> list[list[str]]:
    """The texts of the fields of some products."""
    column = bucket.products.column("fields")
    fields = column.take(pa.array(rows)).combine_chunks()
    field_texts = fields.flatten().field("text")
    texts = pc.fill_null(field_texts, "").to_pylist()
    lengths = pc.list_value_length(fields)
    rows_of_texts = []
    start = 0
    for length in lengths.to_pylist():
        end = start + length
        rows_of_texts.append(texts[start:end])
        start = end
    return rows_of_texts


def _rank_within(category: IntArray, hashes: Hashes) -> IntArray:
    """[n] how many of the same category have a smaller hash."""
    order = np.lexsort((hashes, category))
    sorted_category = category[order]
    first = np.searchsorted(sorted_category, sorted_category)
    n_products = len(order)
    rank = np.empty(n_products, np.int64)
    rank[order] = np.arange(n_products) - first
    return rank


def _no_products() -> SampledProducts:
    nothing = np.zeros(0, np.int64)
    return SampledProducts(
        hashes=np.zeros(0, np.uint64),
        category=nothing,
        words=Ragged.of([]),
        values=np.zeros((4, 0), np.int64),
    )
