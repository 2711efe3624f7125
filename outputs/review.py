"""`review.csv`: the cells to look at, the most doubtful first, ready to be read back as gold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow.compute as pc

from ..configs.settings import Settings
from ..ensemble.arrays import FloatArray
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.votes import BucketVotes
from .csv_format import STANDARD, CsvFormat
from .review_reasons import review_reasons
from .sheets import SheetRow, sheet_rows, write_sheet

MOST_ROWS = 10_000
"""More than anybody reads; the column `review` of `values` marks all of them."""
EXTRA_COLUMNS = ("review", "share", "confidence")


@dataclass(frozen=True)
class DoubtfulRow:
    """A row of `review.csv`.

    Attributes:
        doubt: 1 - confidence, or 1 - share where there is none; 1 where nothing is known.
        row: The cell.
        extra: Its cells under `EXTRA_COLUMNS`.
    """

    doubt: float
    row: SheetRow
    extra: tuple[str, str, str]

    @property
    def order(self) -> tuple[float, str, str]:
        """The most doubtful first, then by product and attribute."""
        return -self.doubt, self.row.product_id, self.row.attribute


@dataclass
class ReviewQueue:
    """Keeps the most doubtful cells of all buckets.

    Attributes:
        settings: The configuration.
        cells: Cells that should be looked at, also those beyond the most doubtful.
    """

    settings: Settings
    cells: int = 0
    _queue: list[DoubtfulRow] = field(default_factory=list)

    def add(self, bucket: BucketVotes, attributes: Sequence[DecidedAttribute]) -> None:
        """Look at what was decided in one bucket."""
        for attribute in attributes:
            self._add_attribute(bucket, attribute)
            self._queue.sort(key=lambda doubtful: doubtful.order)
            del self._queue[MOST_ROWS:]

    def _add_attribute(self, bucket: BucketVotes, attribute: DecidedAttribute) -> None:
        below = self.settings.review.below
        reasons = review_reasons(attribute, below)
        has_reason = pc.not_equal(reasons, "")
        places = np.flatnonzero(has_reason.to_numpy(zero_copy_only=False))
        self.cells += len(places)
        doubt = _doubt(attribute)
        order = np.argsort(-doubt[places], kind="stable")
        places = places[order[:MOST_ROWS]]
        if len(self._queue) == MOST_ROWS:
            least_doubt = self._queue[-1].doubt
            places = places[doubt[places] > least_doubt]
        rows = sheet_rows(bucket, attribute, places)
        for place, row in zip(places.tolist(), rows, strict=True):
            reason = reasons[place].as_py()
            share = attribute.decisions.share[place]
            confidence = attribute.confidence[place]
            extra = (reason, _number(share), _number(confidence))
            doubtful = DoubtfulRow(float(doubt[place]), row, extra)
            self._queue.append(doubtful)

    def write(self, path: Path, csv_format: CsvFormat = STANDARD) -> None:
        """Write the queue."""
        rows = [doubtful.row for doubtful in self._queue]
        extra_cells = [doubtful.extra for doubtful in self._queue]
        write_sheet(path, rows, self.settings, EXTRA_COLUMNS, extra_cells, csv_format)


def _doubt(attribute: DecidedAttribute) -> FloatArray:
    """[n_cells]: see `DoubtfulRow.doubt`."""
    confidence = attribute.confidence
    share = attribute.decisions.share
    certainty = np.where(np.isnan(confidence), share, confidence)
    return 1 - np.nan_to_num(certainty, nan=0.0)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"
