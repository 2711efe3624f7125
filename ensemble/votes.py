"""Ballots of the cache -> the numbers that `ensemble` counts, one attribute at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import Attribute, Settings
from ..extraction.cache.store import AnswersCache
from ..extraction.inputs.spool import Spool
from ..extraction.planning.coverage import Asked
from ..extraction.votes import current_votes as cached
from ..extraction.votes.current_votes import Ballots, read_ballots
from .arrays import ABSENT, MISSING, Codes


@dataclass(frozen=True)
class AttributeVotes:
    """The votes on one attribute in one bucket.

    Attributes:
        attribute: The attribute.
        rows: [n_cells] rows of `Ballots.products` to which it applies.
        codes: [n_cells, n_models] int32: MISSING, ABSENT, or a value's number: 1 + its place in the config's list where
            closed, 1 + its place in `Ballots.values` where open.
        state: [n_cells, n_models] int8, place in `extraction.ballots.STATES`.
        spelling: [n_cells, n_models] int32, place in `Ballots.spellings`, -1 where nothing was said.
    """

    attribute: Attribute
    rows: npt.NDArray[np.int64]
    codes: Codes
    state: npt.NDArray[np.int8]
    spelling: npt.NDArray[np.int32]


@dataclass
class VoteSource:
    """Walks the buckets, as often as it is asked to; a catalog of one bucket is read once.

    Attributes:
        cache: The answers cache.
        asked: What the config asks now.
        spool: The products of an input, to which the walk is limited; None = all that the cache knows.
    """

    cache: AnswersCache
    asked: Asked
    spool: Spool | None = None
    _only_bucket: Ballots | None = None

    def buckets(self) -> Iterator[Ballots]:
        """The ballots of each bucket that has products."""
        if self._only_bucket is not None:
            yield self._only_bucket
            return
        for bucket, products in self._products():
            ballots = read_ballots(self.cache, bucket, self.asked, products)
            if self.cache.buckets == 1:
                self._only_bucket = ballots
            yield ballots

    def _products(self) -> Iterator[tuple[int, pa.Table | None]]:
        if self.spool is None:
            yield from ((bucket, None) for bucket in range(self.cache.buckets))
        else:
            yield from self.spool.buckets(self.cache.buckets)


def votes_on(ballots: Ballots, settings: Settings, index: int) -> AttributeVotes:
    """The votes on the attribute with this index."""
    attribute = settings.attributes[index]
    rows = np.flatnonzero(ballots.applies[:, index])
    state = ballots.state[rows, :, index]
    value = ballots.value[rows, :, index]
    number = np.append(_numbers(ballots, attribute), MISSING).astype(np.int32)  # value -1 reads the last
    codes = np.where(state == cached.ABSENT, np.int32(ABSENT), number[value])
    codes[(state != cached.VALUE) & (state != cached.ABSENT)] = MISSING
    return AttributeVotes(attribute, rows, codes, state, ballots.spelling[rows, :, index])


def _numbers(ballots: Ballots, attribute: Attribute) -> npt.NDArray[np.int64]:
    """The code of each distinct value."""
    if attribute.open:
        return np.arange(1, len(ballots.values) + 1)
    place = pc.index_in(ballots.values, value_set=pa.array(list(attribute.values), pa.string()))
    codes: npt.NDArray[np.int64] = pc.fill_null(pc.add(place, 1), MISSING).to_numpy(zero_copy_only=False)
    return codes.astype(np.int64)


def categories_of(ballots: Ballots, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """The category of each row, "" where the input has none."""
    column = ballots.products.column("category").fill_null("").combine_chunks()
    names: npt.NDArray[np.object_] = column.take(pa.array(rows)).to_numpy(zero_copy_only=False)
    return names
