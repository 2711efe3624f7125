"""The answers cache -> votes laid out by product, model and attribute, ready to be counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.vote_states import STATES
from ...ensemble.votes import NOT_ASKED, BucketVotes
from ...ensemble.walk import Walk
from ..cache.answers_cache import AnswersCache
from ..inputs.spool import Spool, has_text
from ..planning.arrow_arrays import IntArray, index_in
from ..planning.coverage import VOTE_COLUMNS, select_votes
from ..planning.questionnaire import Questionnaire
from .laid_out import LaidOutVotes
from .reading import needs_rereading, reread


def read_bucket_votes(
    cache: AnswersCache, bucket: int, questionnaire: Questionnaire, products: pa.Table
) -> BucketVotes:
    """Read the current votes of a bucket from its raw answers.

    Where the vocabulary has changed, answers are read again.

    Args:
        cache: The cache; nothing is written.
        bucket: Number of the bucket.
        questionnaire: What the config asks now.
        products: The products, sorted by id.

    Raises:
        CacheError: A file of the cache is broken.
    """
    answers = cache.answers(bucket, VOTE_COLUMNS)
    if needs_rereading(answers, questionnaire):
        answers = reread(cache.answers(bucket, [*VOTE_COLUMNS, "raw"]), questionnaire)
    cells = questionnaire.cells(products)
    selection = select_votes(answers, products, cells, questionnaire)
    state = pc.index_in(selection.votes.field("state"), value_set=pa.array(STATES))
    value = selection.votes.field("value").dictionary_encode()
    spelling = selection.votes.field("spelling").dictionary_encode()
    return BucketVotes(
        products=products,
        cells=cells,
        has_text=has_text(products) | _comes_without_fields(products),
        state=_codes_of_cells(selection.entry, state, NOT_ASKED).astype(np.int8),
        value=_codes_of_cells(selection.entry, value.indices, -1),
        spelling=_codes_of_cells(selection.entry, spelling.indices, -1),
        values=value.dictionary,
        spellings=spelling.dictionary,
    )


@dataclass
class VoteSource:
    """Walks the buckets, as often as it is asked to; a catalog of one bucket is read once.

    Attributes:
        cache: The answers cache.
        questionnaire: What the config asks now.
        spool: The products of an input, to which the walk is limited; None = all that the cache
            knows.
        workers: How many buckets are worked on at once.
    """

    cache: AnswersCache
    questionnaire: Questionnaire
    spool: Spool | None = None
    workers: int = 1
    _only_bucket: BucketVotes | None = None

    @cached_property
    def _laid_out(self) -> LaidOutVotes:
        """Of all products that the cache has."""
        return LaidOutVotes(self.cache, self.questionnaire, self.cache.folder)

    @cached_property
    def _laid_out_for_input(self) -> LaidOutVotes:
        """Of those of the input, where they are not as the cache has them."""
        if self.spool is None:
            raise ValueError("there is no input")
        return LaidOutVotes(self.cache, self.questionnaire, self.spool.folder)

    def buckets(self) -> Walk:
        """The votes of each bucket that has products.

        Walking them raises a CacheError where a file of the cache is broken.
        """
        loads = (partial(self._load, bucket, products) for bucket, products in self._products())
        return Walk(loads, self.workers)

    def _load(self, bucket: int, products: pa.Table | None) -> BucketVotes:
        if self._only_bucket is not None:
            return self._only_bucket
        votes = self._read(bucket, products)
        if self.cache.buckets == 1:
            self._only_bucket = votes
        return votes

    def _read(self, bucket: int, products: pa.Table | None) -> BucketVotes:
        cached_products = self.cache.products(bucket)
        if products is None:
            return self._read_laid_out(self._laid_out, bucket, cached_products)
        products = products.sort_by("product_id")
        rows = _rows_of_same(products, cached_products)
        if rows is None:
            return self._read_laid_out(self._laid_out_for_input, bucket, products)
        votes = self._read_laid_out(self._laid_out, bucket, cached_products)
        if len(rows) < cached_products.num_rows:
            votes = votes.take(rows)
        return replace(votes, products=products)

    def _read_laid_out(
        self, laid_out: LaidOutVotes, bucket: int, products: pa.Table
    ) -> BucketVotes:
        """The votes on the products of a bucket, laid out if they are not yet."""
        votes = laid_out.read(bucket, products)
        if votes is None:
            votes = read_bucket_votes(self.cache, bucket, self.questionnaire, products)
            laid_out.write(bucket, votes)
        return votes

    def categories(self, ids: Iterable[str]) -> dict[str, str]:
        """The categories of some products, of those that have one.

        Raises:
            CacheError: A file of the cache is broken.
        """
        wanted_ids = pa.array(ids, pa.string())
        categories: dict[str, str] = {}
        for bucket, products in self._products():
            table = self.cache.products(bucket) if products is None else products
            table = table.select(["product_id", "category"]).drop_null()
            is_wanted = pc.is_in(table.column("product_id"), value_set=wanted_ids)
            rows = table.filter(is_wanted).to_pydict()
            categories |= dict(zip(rows["product_id"], rows["category"], strict=True))
        return categories

    def _products(self) -> Iterator[tuple[int, pa.Table | None]]:
        """The buckets, each with its products where an input limits the walk."""
        if self.spool is not None:
            yield from self.spool.buckets(self.cache.buckets)
            return
        for bucket in range(self.cache.buckets):
            yield bucket, None


def _rows_of_same(products: pa.Table, cached_products: pa.Table) -> IntArray | None:
    """The rows of some products in the cache, both sorted by id; None where one is not as there."""
    row = index_in(products.column("product_id"), cached_products.column("product_id"))
    if (row < 0).any():
        return None
    rows = pa.array(row)
    for name in ("text_digest", "other_text_digest", "category"):
        if not products.column(name).equals(cached_products.column(name).take(rows)):
            return None
    return row


def _comes_without_fields(products: pa.Table) -> npt.NDArray[np.bool_]:
    """[n_products] whether only an answers file has named the product: its text is not known."""
    n_fields = pc.list_value_length(products.column("fields"))
    return np.asarray(n_fields.to_numpy() == 0)


def _codes_of_cells(entry: IntArray, codes: pa.Array, no_code: int) -> npt.NDArray[np.int32]:
    """The code of each cell's vote, `no_code` where there is none.

    Args:
        entry: [n_cells, n_models], place of the vote, -1 where there is none.
        codes: [n_votes] integers, perhaps null.
        no_code: What stands for a code that is not there.
    """
    codes_of_votes = codes.fill_null(no_code).to_numpy(zero_copy_only=False)
    codes_of_entries = np.append(codes_of_votes, no_code)  # entry -1 reads the last
    return codes_of_entries.astype(np.int32)[entry]
