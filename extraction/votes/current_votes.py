"""The answers cache -> votes laid out by product, model and attribute, ready to be counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ...configs.vote_states import STATES
from ...ensemble.votes import NOT_ASKED, BucketVotes
from ..cache.answers_cache import AnswersCache
from ..inputs.spool import Spool
from ..planning.coverage import COLUMNS, place_by_id, select
from ..planning.questionnaire import Questionnaire
from .reading import needs_rereading, reread


def read_bucket_votes(
    cache: AnswersCache, bucket: int, questionnaire: Questionnaire, products: pa.Table | None = None
) -> BucketVotes:
    """Read the current votes of a bucket; where the vocabulary has changed, raw answers are read again.

    Args:
        cache: The cache; nothing is written.
        bucket: Number of the bucket.
        questionnaire: What the config asks now.
        products: The products wanted, as an input has them now; None = those of the cache.

    Raises:
        CacheError: A file of the cache is broken.
    """
    products = (cache.products(bucket) if products is None else products).sort_by("product_id")
    answers = cache.answers(bucket, COLUMNS)
    if needs_rereading(answers, questionnaire):
        answers = reread(cache.answers(bucket, [*COLUMNS, "finish", "raw"]), questionnaire)
    chosen = select(answers, questionnaire, place_by_id(answers, products), products.num_rows)
    states = pc.index_in(chosen.votes.field("state"), value_set=pa.array(STATES))
    value = chosen.votes.field("value").dictionary_encode()
    spelling = chosen.votes.field("spelling").dictionary_encode()
    return BucketVotes(
        products=products,
        applies=questionnaire.applies(products.column("category").combine_chunks()),
        state=_at(chosen.entry, states, NOT_ASKED).astype(np.int8),
        value=_at(chosen.entry, value.indices, -1),
        spelling=_at(chosen.entry, spelling.indices, -1),
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
    """

    cache: AnswersCache
    questionnaire: Questionnaire
    spool: Spool | None = None
    _only_bucket: BucketVotes | None = None

    def buckets(self) -> Iterator[BucketVotes]:
        """The ballots of each bucket that has products."""
        if self._only_bucket is not None:
            yield self._only_bucket
            return
        for bucket, products in self._products():
            ballots = read_bucket_votes(self.cache, bucket, self.questionnaire, products)
            if self.cache.buckets == 1:
                self._only_bucket = ballots
            yield ballots

    def _products(self) -> Iterator[tuple[int, pa.Table | None]]:
        if self.spool is None:
            yield from ((bucket, None) for bucket in range(self.cache.buckets))
        else:
            yield from self.spool.buckets(self.cache.buckets)


def _at(entry: npt.NDArray[np.int64], codes: pa.Array, missing: int) -> npt.NDArray[np.int32]:
    """The codes of the chosen entries, `missing` where there is none."""
    numbers = np.append(codes.fill_null(missing).to_numpy(zero_copy_only=False), missing).astype(
        np.int32
    )
    return numbers[entry]  # entry -1 reads the last
