"""`review.csv`: the cells that a person should look at, the most doubtful first, ready to be read back as gold."""

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
from .sheets import SheetRow, sheet_rows, write_sheet
from .values import reviews

MOST_ROWS = 10_000
"""More than anybody reads; the column `review` of `values` marks all of them."""
EXTRA = ("review", "share", "confidence")


@dataclass(frozen=True)
class _Doubtful:
    doubt: float
    row: SheetRow
    cells: tuple[str, str, str]

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
    _kept: list[_Doubtful] = field(default_factory=list)

    def add(self, bucket: BucketVotes, decided: Sequence[DecidedAttribute]) -> None:
        """Look at what was decided in one bucket."""
        for each in decided:
            reasons = reviews(each, self.settings.review.below)
            flagged = np.flatnonzero(pc.not_equal(reasons, "").to_numpy(zero_copy_only=False))
            self.cells += len(flagged)
            doubt = _doubt(each)
            places = flagged[np.argsort(-doubt[flagged], kind="stable")[:MOST_ROWS]]
            if len(self._kept) == MOST_ROWS:
                places = places[doubt[places] > self._kept[-1].doubt]
            rows = sheet_rows(bucket, each, places)
            for place, row in zip(places.tolist(), rows, strict=True):
                numbers = (_number(each.decisions.share[place]), _number(each.confidence[place]))
                self._kept.append(
                    _Doubtful(float(doubt[place]), row, (reasons[place].as_py(), *numbers))
                )
            self._kept = sorted(self._kept, key=lambda kept: kept.order)[:MOST_ROWS]

    def write(self, path: Path) -> None:
        """Write the queue."""
        write_sheet(
            path,
            [kept.row for kept in self._kept],
            self.settings,
            EXTRA,
            [kept.cells for kept in self._kept],
        )


def _doubt(decided: DecidedAttribute) -> FloatArray:
    """[n_cells]: 1 - confidence, or 1 - share where there is none; 1 where nothing is known."""
    sure = np.where(np.isnan(decided.confidence), decided.decisions.share, decided.confidence)
    return 1 - np.nan_to_num(sure, nan=0.0)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"
