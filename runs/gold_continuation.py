"""`attrx gold sample --gold`: more cells to label, those in doubt, beside the labelled ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..configs.errors import InputError
from ..configs.settings import ABSENT_LABEL, EnsembleSettings, Settings
from ..ensemble.arrays import BoolArray, FloatArray
from ..ensemble.deciding import DecidedAttribute, decide_attribute
from ..ensemble.gold.doubt import DoubtCounts, JointWeights, doubt_of, draw_order, smallest
from ..ensemble.gold.labels import Cell, Gold
from ..ensemble.gold.sampling import Stratum, cell_hashes
from ..ensemble.learning import Combiner, learn
from ..ensemble.methods import WITH_GOLD
from ..ensemble.product_hashes import Hashes, product_hashes
from ..ensemble.votes import BucketVotes
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.gold_draws import Draw, DrawnCell
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.gold import read_labels
from ..extraction.inputs.gold_weights import DOUBTFUL, LABELLED
from ..extraction.votes.current_votes import VoteSource
from ..outputs.csv_format import choose_format
from ..outputs.sheets import SheetRow, sheet_rows, write_sheet
from .configuration import with_ensemble
from .gold import EXTRA_COLUMNS, GoldSample, keep_sample, open_votes, refuse_to_overwrite


def continue_sample(
    settings: Settings,
    gold_file: Path,
    path: Path,
    *,
    n: int,
    seed: int = 0,
    input_file: Path | None = None,
) -> GoldSample:
    """Write a sheet of all that is labelled and of n cells more, most of them in doubt.

    Args:
        settings: The configuration.
        gold_file: The labels.
        path: The sheet.
        n: How many cells more.
        seed: Another one draws other cells.
        input_file: A products file: only its cells are drawn; None = all of the cache.

    Raises:
        CacheError: There are no answers yet, or the cache is broken.
        InputError: Nothing can be learned from the labels, no other cell has a vote, or the file is
            there already and may hold somebody's labels.
    """
    refuse_to_overwrite(path)
    language = find_language(settings, AnswersCache(settings.paths.cache))
    gold = read_labels(gold_file, settings, language.decimal_sign)
    with open_votes(settings, input_file) as source:
        pool = _Doubtful.of(source, settings, gold, seed)
        pool.draw(source, n)
    if not pool.candidates:
        raise InputError("every cell with a vote is labelled already")
    sheet = _Sheet(gold, pool.weights, [], {})
    for row in pool.labelled_rows:
        sheet.add_labelled(row)
    for cell in gold.accepted_values.keys() - sheet.draw.keys():
        # Its product is gone, or lacks the attribute by now; no label is lost for that.
        sheet.add_labelled(SheetRow(*cell, current="", says=(), text={}))
    for candidate in pool.candidates:
        sheet.add_drawn(candidate)
    sheet.rows.sort(key=_by_attribute_and_product)
    rows, extra = zip(*sheet.rows, strict=True)
    csv_format = choose_format(settings, source=None)
    write_sheet(path, rows, settings, EXTRA_COLUMNS, extra, csv_format)
    drawn = Counter(Stratum(each.disagree, each.row.attribute) for each in pool.candidates)
    return GoldSample(
        file=path,
        cells_of_stratum=dict(drawn),
        sizes=dict(pool.sizes),
        labelled_cells=len(gold.accepted_values),
        notices=(*gold.sheet_notices, *keep_sample(sheet.draw, settings)),
    )


@dataclass(frozen=True)
class _DoubtfulCell:
    """A cell that may be drawn.

    Attributes:
        order: The n cells with the smallest are.
        probability: With which it is.
        disagree: Models disagree on it.
        row: Its row of the sheet.
    """

    order: float
    probability: float
    disagree: bool
    row: SheetRow


@dataclass(frozen=True)
class _Cells:
    """The cells of one attribute in one bucket.

    Attributes:
        bucket: The bucket.
        attribute: What was decided.
        is_open: [n_cells] bool, somebody voted, and there is no label.
        is_labelled: [n_cells] bool, there is a label.
        confidence: [n_cells].
        hashes: [n_cells].
    """

    bucket: BucketVotes
    attribute: DecidedAttribute
    is_open: BoolArray
    is_labelled: BoolArray
    confidence: FloatArray
    hashes: Hashes


@dataclass
class _Doubtful:
    """The cells that may be drawn, and those that are labelled."""

    settings: Settings
    gold: Gold
    combiner: Combiner
    seed: int
    counts: DoubtCounts = field(default_factory=DoubtCounts)
    sizes: Counter[Stratum] = field(default_factory=Counter)
    labelled_rows: list[SheetRow] = field(default_factory=list)
    candidates: list[_DoubtfulCell] = field(default_factory=list)

    @classmethod
    def of(cls, source: VoteSource, settings: Settings, gold: Gold, seed: int) -> _Doubtful:
        """Learn from the labels, and count the cells by their doubt."""
        combiner = learn(source.buckets(), _with_gold(settings), gold)
        pool = cls(settings, gold, combiner, seed)
        for cells in pool.walk(source):
            pool.count(cells)
        return pool

    def walk(self, source: VoteSource) -> Iterator[_Cells]:
        """All cells, by bucket and attribute."""
        for bucket in source.buckets():
            ids = bucket.products.column("product_id").to_pylist()
            products = product_hashes(ids)
            for index, each in enumerate(self.settings.attributes):
                attribute = decide_attribute(bucket, self.combiner, index)
                rows = attribute.votes.rows
                labelled_products = set(self.gold.products_with(each.name))
                has_label = np.array([ids[row] in labelled_products for row in rows], np.bool_)
                yield _Cells(
                    bucket=bucket,
                    attribute=attribute,
                    is_open=(attribute.decisions.n_blocks > 0) & ~has_label,
                    is_labelled=has_label,
                    confidence=np.nan_to_num(attribute.confidence, nan=0.5),
                    hashes=cell_hashes(products[rows], each.name, self.seed),
                )

    def count(self, cells: _Cells) -> None:
        """Count some cells, and take the rows of those that are labelled."""
        open_confidence = cells.confidence[cells.is_open]
        self.counts.add(doubt_of(open_confidence))
        n_blocks = cells.attribute.decisions.n_blocks[cells.is_open]
        n_disagreeing = np.count_nonzero(n_blocks > 1)
        n_unanimous = np.count_nonzero(n_blocks == 1)
        name = cells.attribute.votes.attribute.name
        self.sizes[Stratum(True, name)] += int(n_disagreeing)
        self.sizes[Stratum(False, name)] += int(n_unanimous)
        places = np.flatnonzero(cells.is_labelled).astype(np.int64)
        self.labelled_rows += sheet_rows(cells.bucket, cells.attribute, places)

    def draw(self, source: VoteSource, n: int) -> None:
        """Draw n cells."""
        probability = self.counts.probability(n)
        for cells in self.walk(source):
            doubt = doubt_of(cells.confidence)
            order = draw_order(cells.hashes, doubt, probability)
            places = smallest(order, cells.is_open, n)
            rows = sheet_rows(cells.bucket, cells.attribute, places)
            for place, row in zip(places.tolist(), rows, strict=True):
                candidate = _DoubtfulCell(
                    order=float(order[place]),
                    probability=float(probability[doubt[place]]),
                    disagree=bool(cells.attribute.decisions.n_blocks[place] > 1),
                    row=row,
                )
                self.candidates.append(candidate)
            self.candidates.sort(key=_order)
            del self.candidates[n:]

    @property
    def weights(self) -> JointWeights:
        """How many cells each stands for."""
        n_labelled = len(self.labelled_rows)
        n_open = sum(self.sizes.values())
        probabilities = tuple(each.probability for each in self.candidates)
        return JointWeights(n_open + n_labelled, n_labelled, probabilities)


@dataclass
class _Sheet:
    """The sheet to come: all labels, and the cells that were drawn.

    Attributes:
        gold: The labels.
        weights: How many cells each cell stands for.
        rows: Rows, with the cells of the extra columns.
        draw: The same cells, as the cache keeps them.
    """

    gold: Gold
    weights: JointWeights
    rows: list[tuple[SheetRow, tuple[str, str]]]
    draw: Draw

    def add_labelled(self, row: SheetRow) -> None:
        """Take over a labelled cell, with all values that are right."""
        cell = row.product_id, row.attribute
        weight_text = f"{self.weights.of_labelled(self._weight_of(cell)):.6g}"
        self.draw[cell] = DrawnCell(float(weight_text), row.current)
        for value in self.gold.accepted_values[cell]:
            text = ABSENT_LABEL if value is None else value
            extra = (f"{row.attribute}:{LABELLED}", weight_text)
            self.rows.append((replace(row, value=text), extra))

    def add_drawn(self, candidate: _DoubtfulCell) -> None:
        """Take over a cell to be labelled."""
        row = candidate.row
        weight_text = f"{self.weights.of_drawn(candidate.probability):.6g}"
        self.draw[row.product_id, row.attribute] = DrawnCell(float(weight_text), row.current)
        self.rows.append((row, (f"{row.attribute}:{DOUBTFUL}", weight_text)))

    def _weight_of(self, cell: Cell) -> float:
        """Its weight in the earlier sample, of mean 1."""
        total = sum(self.gold.weight.values())
        return self.gold.weight[cell] * len(self.gold.weight) / total


def _with_gold(settings: Settings) -> Settings:
    """The method that gold implies, unless another one is configured."""
    if settings.ensemble.method != EnsembleSettings().method:
        return settings
    return with_ensemble(settings, method=WITH_GOLD)


def _order(candidate: _DoubtfulCell) -> float:
    return candidate.order


def _by_attribute_and_product(entry: tuple[SheetRow, tuple[str, str]]) -> tuple[str, str]:
    row, _ = entry
    return row.attribute, row.product_id
