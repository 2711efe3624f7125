"""`review.csv`: the cells to look at, the most doubtful first, ready to be read back as gold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import attrgetter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..configs.settings import Settings
from ..ensemble.arrays import BoolArray, FloatArray, IntArray
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.votes import BucketVotes
from .csv_format import STANDARD, CsvFormat
from .review_reasons import review_reasons
from .sheet_labels import EXTRA_COLUMNS, SheetLabel, SheetLabels
from .sheets import SheetRow, sheet_rows, write_sheet

MOST_ROWS = 10_000
"""More than anybody reads; the column `review` of `values` marks all of them."""


@dataclass(frozen=True)
class DoubtfulRow:
    """A row of `review.csv`.

    Attributes:
        doubt: 1 - the cell's certainty; 1 where nobody voted.
        row: The cell.
        extra: Its cells under `EXTRA_COLUMNS`.
    """

    doubt: float
    row: SheetRow
    extra: tuple[str, str, str]
    order: tuple[float, str, str] = field(init=False)
    """The most doubtful first, then by product and attribute."""

    def __post_init__(self) -> None:
        order = (-self.doubt, self.row.product_id, self.row.attribute)
        object.__setattr__(self, "order", order)


@dataclass
class ReviewQueue:
    """Keeps the most doubtful cells of all buckets.

    Attributes:
        settings: The configuration.
        labels: What people typed into earlier sheets so far; these cells stay in the sheet.
        cells: Cells that should be looked at, also those beyond the most doubtful.
    """

    settings: Settings
    labels: SheetLabels = field(default_factory=SheetLabels)
    cells: int = 0
    _queue: list[DoubtfulRow] = field(default_factory=list)
    _labelled_rows: list[DoubtfulRow] = field(default_factory=list)

    def add(self, bucket: BucketVotes, attributes: Sequence[DecidedAttribute]) -> None:
        """Look at what was decided in one bucket."""
        reasons = []
        candidates = []
        for place, attribute in enumerate(attributes):
            own_reasons = review_reasons(attribute, self.settings.review.below)
            reasons.append(own_reasons)
            has_reason = np.asarray(pc.not_equal(own_reasons, ""))
            self.cells += int(np.count_nonzero(has_reason))
            is_labelled = self._is_labelled(bucket, attribute)
            labelled_places = np.flatnonzero(is_labelled)
            self._labelled_rows += _doubtful_rows(bucket, attribute, labelled_places, own_reasons)
            is_to_queue = has_reason & ~is_labelled
            own_candidates = _Candidates.of(attribute, place, is_to_queue)
            candidates.append(own_candidates)
        names = [attribute.votes.attribute.name for attribute in attributes]
        all_candidates = _Candidates.join(candidates)
        chosen = all_candidates.most_doubtful(names, self._least_doubt)
        for place in np.unique(chosen.attribute).tolist():
            is_own = chosen.attribute == place
            cells = chosen.cell[is_own]
            self._queue += _doubtful_rows(bucket, attributes[place], cells, reasons[place])
        self._queue.sort(key=attrgetter("order"))
        del self._queue[MOST_ROWS:]

    @property
    def _least_doubt(self) -> float:
        """What a cell must have more of to be among the most doubtful."""
        if len(self._queue) < MOST_ROWS:
            return -np.inf
        return self._queue[-1].doubt

    def _is_labelled(self, bucket: BucketVotes, attribute: DecidedAttribute) -> BoolArray:
        """[n_cells]: the cells beside which something was typed."""
        votes = attribute.votes
        rows = pa.array(votes.rows)
        ids = bucket.products.column("product_id")
        ids_of_cells = ids.take(rows)
        name = votes.attribute.name
        labelled_ids = self.labels.product_ids(name)
        value_set = pa.array(labelled_ids, pa.string())
        is_labelled = pc.is_in(ids_of_cells, value_set=value_set)
        return np.asarray(is_labelled, bool)

    def write(self, path: Path, labels: SheetLabels, csv_format: CsvFormat = STANDARD) -> None:
        """Write the queue.

        Args:
            path: The sheet.
            labels: What people typed into earlier sheets.
            csv_format: How the input is written.
        """
        rows = []
        extra_cells = []
        left_labels = dict(labels.rows_of_cell)
        for doubtful in self._in_order():
            row = doubtful.row
            cell = (row.product_id, row.attribute)
            labels_of_cell = left_labels.pop(cell, [_NO_LABEL])
            for label in labels_of_cell:
                value = label.value_beside(row.current)
                labelled_row = replace(row, value=value, further=label.further)
                rows.append(labelled_row)
                extra_cells.append(doubtful.extra)
        labels_of_no_cell = chain.from_iterable(left_labels.values())
        for label in labels_of_no_cell:
            row = _row_of_label(label)
            rows.append(row)
            extra_cells.append(("", "", ""))
        write_sheet(path, rows, self.settings, EXTRA_COLUMNS, extra_cells, csv_format)

    def _in_order(self) -> list[DoubtfulRow]:
        """The cells to look at, and after them those with a label that need no look."""
        return sorted(
            [*self._queue, *self._labelled_rows],
            key=lambda doubtful: (not doubtful.extra[0], doubtful.order),
        )


@dataclass(frozen=True)
class _Candidates:
    """Cells of a bucket to look at; all [n].

    Attributes:
        attribute: Place of the attribute.
        cell: Place of the cell among those of the attribute.
        row: Row of the product; products are sorted by id.
        doubt: As in `DoubtfulRow`.
    """

    attribute: IntArray
    cell: IntArray
    row: IntArray
    doubt: FloatArray

    @classmethod
    def of(cls, attribute: DecidedAttribute, place: int, is_chosen: BoolArray) -> _Candidates:
        """Some cells of one attribute."""
        cell = np.flatnonzero(is_chosen)
        doubt = _doubt(attribute)
        return cls(
            attribute=np.full(len(cell), place),
            cell=cell,
            row=attribute.votes.rows[cell],
            doubt=doubt[cell],
        )

    @classmethod
    def join(cls, parts: Sequence[_Candidates]) -> _Candidates:
        """Those of all attributes."""
        if not parts:
            return cls(_NOWHERE, _NOWHERE, _NOWHERE, np.zeros(0))
        return cls(
            attribute=np.concatenate([part.attribute for part in parts]),
            cell=np.concatenate([part.cell for part in parts]),
            row=np.concatenate([part.row for part in parts]),
            doubt=np.concatenate([part.doubt for part in parts]),
        )

    def most_doubtful(self, names: Sequence[str], least_doubt: float) -> _Candidates:
        """As many as a sheet has, in its order.

        Args:
            names: Of the attributes.
            least_doubt: Those that have no more are left out.
        """
        rank_of_name = {name: rank for rank, name in enumerate(sorted(names))}
        ranks = np.array([rank_of_name[name] for name in names], np.int64)
        rank = ranks[self.attribute]
        order = np.lexsort((rank, self.row, -self.doubt))
        is_more_doubtful = self.doubt[order] > least_doubt
        order = order[is_more_doubtful]
        order = order[:MOST_ROWS]
        return _Candidates(
            attribute=self.attribute[order],
            cell=self.cell[order],
            row=self.row[order],
            doubt=self.doubt[order],
        )


_NOWHERE = np.zeros(0, np.int64)
_NO_LABEL = SheetLabel("", "", "", "")


def _row_of_label(label: SheetLabel) -> SheetRow:
    """A row that is about no cell of the run."""
    return SheetRow(
        product_id=label.product_id,
        attribute=label.attribute,
        current=label.current,
        says=(),
        text={},
        value=label.value_beside(label.current),
        further=label.further,
    )


def _doubtful_rows(
    bucket: BucketVotes, attribute: DecidedAttribute, places: IntArray, reasons: pa.StringArray
) -> Iterator[DoubtfulRow]:
    """Rows for some cells of an attribute."""
    doubt = _doubt(attribute)
    rows = sheet_rows(bucket, attribute, places)
    for place, row in zip(places.tolist(), rows, strict=True):
        reason = reasons[place].as_py()
        share = attribute.decisions.share[place]
        confidence = attribute.confidence[place]
        extra = (reason, _number(share), _number(confidence))
        doubt_of_cell = float(doubt[place])
        yield DoubtfulRow(doubt_of_cell, row, extra)


def _doubt(attribute: DecidedAttribute) -> FloatArray:
    """[n_cells]: see `DoubtfulRow.doubt`."""
    return 1 - np.nan_to_num(attribute.certainty, nan=0.0)


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.4f}"
