"""`attrx gold sample` and `check`: which cells to label, and what of a filled-in file is of use."""

from __future__ import annotations

import contextlib
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..configs.errors import CacheError, InputError
from ..configs.notices import Notice
from ..configs.settings import EnsembleSettings, Settings
from ..ensemble.arrays import BoolArray
from ..ensemble.deciding import DecidedAttribute, decide_attribute
from ..ensemble.gold.sampling import (
    Stratum,
    allocate,
    cell_hashes,
    sampling_weight,
    smallest_hashes,
)
from ..ensemble.groups import ALL
from ..ensemble.learning import learn
from ..ensemble.methods import find_method
from ..ensemble.product_hashes import Hashes, product_hashes
from ..ensemble.votes import BucketVotes
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.gold_draws import Draw, DrawnCell, keep_draw
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.gold import off_the_list, read_gold
from ..extraction.inputs.spool_writer import spool_products
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.current_votes import VoteSource
from ..outputs.csv_format import choose_format
from ..outputs.sheets import SheetRow, sheet_rows, write_sheet
from .configuration import with_ensemble
from .ensemble import existing_cache

EXTRA_COLUMNS = ("stratum", "weight")


@dataclass(frozen=True)
class GoldSample:
    """What was drawn.

    Attributes:
        file: The sheet.
        cells_of_stratum: Stratum -> cells drawn.
        sizes: Stratum -> cells it has.
        labelled_cells: Cells that the sheet has with their labels.
        notices: What may be wrong.
    """

    file: Path
    cells_of_stratum: dict[Stratum, int]
    sizes: dict[Stratum, int]
    labelled_cells: int = 0
    notices: tuple[Notice, ...] = ()

    def cells(self, *, disagree: bool) -> int:
        """Cells drawn where models disagree, or where they agree."""
        counts = self.cells_of_stratum.items()
        return sum(count for stratum, count in counts if stratum.disagree is disagree)


def sample_gold(
    settings: Settings, path: Path, *, n: int, seed: int = 0, input_file: Path | None = None
) -> GoldSample:
    """Write a sheet of cells worth labelling, four fifths of them or more where models disagree.

    Attributes have their share in proportion. The same cache and seed give the same sheet. Cells
    without any vote are left out: no label tells more about a model there.

    Args:
        settings: The configuration.
        path: The sheet.
        n: How many cells.
        seed: Another one draws other cells.
        input_file: A products file: only its cells are drawn, with the texts that it has; None =
            all of the cache.

    Raises:
        CacheError: There are no answers yet, or the cache is broken.
        InputError: No cell has a vote, or the file is there already and may hold somebody's labels.
    """
    refuse_to_overwrite(path)
    with open_votes(settings, input_file) as source:
        pool = _fill_pool(source, settings, n, seed)
    allocation = allocate(pool.sizes, n, seed)
    if not sum(allocation.values()):
        raise InputError("no cell has a vote yet, so that there is nothing to label")
    sample: list[tuple[SheetRow, tuple[str, str]]] = []
    draw: Draw = {}
    for stratum, count in allocation.items():
        weight = sampling_weight(pool.sizes, allocation, stratum.disagree)
        weight_text = f"{weight:.6g}"
        extra_cells = (stratum.label, weight_text)
        for candidate in pool.first(stratum, count):
            row = candidate.row
            sample.append((row, extra_cells))
            draw[row.product_id, row.attribute] = DrawnCell(float(weight_text), row.current)
    sample.sort(key=_by_attribute_and_product)
    rows, extra = zip(*sample, strict=True)
    csv_format = choose_format(settings, source=None)
    write_sheet(path, rows, settings, EXTRA_COLUMNS, extra, csv_format)
    return GoldSample(
        file=path,
        cells_of_stratum=allocation,
        sizes=dict(pool.sizes),
        notices=tuple(keep_sample(draw, settings)),
    )


def refuse_to_overwrite(path: Path) -> None:
    """Raise the InputError of a sheet that is there already."""
    if path.exists():
        raise InputError(
            f"{path}: is there already, and may hold labels",
            hint="Choose another with --to, or move it away.",
        )


@contextlib.contextmanager
def open_votes(settings: Settings, input_file: Path | None) -> Iterator[VoteSource]:
    """The votes of the cache, or those on the products of a file, with the texts that it has.

    Raises:
        CacheError: There are no answers yet.
        InputError: The file cannot be used.
    """
    cache = existing_cache(settings)
    language = find_language(settings, cache)
    source = VoteSource(cache, Questionnaire.from_settings(settings, language.decimal_sign))
    with contextlib.ExitStack() as stack:
        if input_file is not None:
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="attrx-")))
            spool = spool_products(input_file, settings, scratch, limit=None, extra=())
            source.spool = stack.enter_context(spool)
            source.spool.check_products(cache.buckets)
        yield source


def keep_sample(draw: Draw, settings: Settings) -> Iterator[Notice]:
    """Keep a draw in the cache; what follows where that cannot be written, in words."""
    try:
        keep_draw(settings.paths.cache, draw)
    except CacheError as error:
        text = f"the weights of the sample are in its sheet alone: {error.message}"
        yield Notice("gold_weights", text)


def _by_attribute_and_product(entry: tuple[SheetRow, tuple[str, str]]) -> tuple[str, str]:
    row, _ = entry
    return row.attribute, row.product_id


@dataclass(frozen=True)
class _Candidate:
    """A cell that may be drawn.

    Attributes:
        hash: Decides whether it is: the smallest ones are.
        row: Its row of the sheet.
    """

    hash: int
    row: SheetRow


@dataclass
class _Pool:
    """The cells that may be drawn: of each stratum the n with the smallest hashes so far."""

    n: int
    seed: int
    sizes: Counter[Stratum] = field(default_factory=Counter)
    candidates: dict[Stratum, list[_Candidate]] = field(default_factory=dict)

    def add(self, bucket: BucketVotes, products: Hashes, attribute: DecidedAttribute) -> None:
        """Look at the cells of one attribute in one bucket."""
        votes = attribute.votes
        name = votes.attribute.name
        hashes = cell_hashes(products[votes.rows], name, self.seed)
        n_blocks = attribute.decisions.n_blocks
        for stratum, is_in_stratum in (
            (Stratum(True, name), n_blocks > 1),
            (Stratum(False, name), n_blocks == 1),
        ):
            self._add_to(stratum, bucket, attribute, hashes, is_in_stratum)

    def _add_to(
        self,
        stratum: Stratum,
        bucket: BucketVotes,
        attribute: DecidedAttribute,
        hashes: Hashes,
        is_in_stratum: BoolArray,
    ) -> None:
        self.sizes[stratum] += int(np.count_nonzero(is_in_stratum))
        places = smallest_hashes(hashes, is_in_stratum, self.n)
        rows = sheet_rows(bucket, attribute, places)
        candidates = self.candidates.setdefault(stratum, [])
        candidates.extend(map(_Candidate, hashes[places].tolist(), rows))
        candidates.sort(key=lambda candidate: candidate.hash)
        del candidates[self.n :]

    def first(self, stratum: Stratum, count: int) -> list[_Candidate]:
        """The candidates of a stratum with the smallest hashes."""
        return self.candidates[stratum][:count]


def _fill_pool(source: VoteSource, settings: Settings, n: int, seed: int) -> _Pool:
    """Look at all cells, as the models' votes are combined without gold."""
    combiner = learn(source.buckets(), _without_gold(settings))
    pool = _Pool(n, seed)
    for bucket in source.buckets():
        ids = bucket.products.column("product_id").to_pylist()
        products = product_hashes(ids)
        for index in range(len(settings.attributes)):
            attribute = decide_attribute(bucket, combiner, index)
            pool.add(bucket, products, attribute)
    return pool


def _without_gold(settings: Settings) -> Settings:
    """A method whose gold is yet to be labelled gives way to the usual one, which needs none."""
    if not find_method(settings.ensemble.method).needs_gold:
        return settings
    return with_ensemble(settings, method=EnsembleSettings().method)


@dataclass(frozen=True)
class GoldCheck:
    """What a gold file holds.

    Attributes:
        labels: Attribute -> cells with a value or n/a.
        absent: Cells whose gold is n/a.
        alternatives: Cells with several accepted values.
        problems: What cannot be used as it is.
        nothing: Why there is nothing to use yet, in words; empty where a cell is labelled.
        remarks: What a spreadsheet had changed and was read as it was before.
    """

    labels: dict[str, int]
    absent: int
    alternatives: int
    problems: tuple[Notice, ...]
    nothing: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def cells(self) -> int:
        """Labelled cells."""
        return sum(self.labels.values())


def check_gold(settings: Settings, path: Path) -> GoldCheck:
    """Read a gold file back, and say what of it cannot be used.

    Raises:
        InputError: The file cannot be read at all.
        CacheError: The cache is broken.
    """
    language = find_language(settings, AnswersCache(settings.paths.cache))
    gold = read_gold(path, settings, language.decimal_sign)
    values_of_cell = gold.accepted_values.values()
    problems = [
        *_unknown_attributes(gold.unknown_attributes),
        *off_the_list(gold, settings),
        *gold.sheet_notices,
        *_not_cached({product for product, _ in gold.accepted_values}, settings),
    ]
    return GoldCheck(
        labels=dict(Counter(attribute for _, attribute in gold.accepted_values)),
        absent=sum(1 for values in values_of_cell if None in values),
        alternatives=sum(1 for values in values_of_cell if len(values) > 1),
        problems=tuple(problems),
        remarks=tuple(gold.remarks),
        nothing=gold.why_empty,
    )


def _unknown_attributes(rows_of_attribute: dict[str, int]) -> Iterator[Notice]:
    for name, rows in rows_of_attribute.items():
        text = f"{rows} rows on '{name}', which is not an attribute of the config"
        yield Notice("gold_unknown_attribute", text, groups=((ALL, name),))


def _not_cached(product_ids: set[str], settings: Settings) -> Iterator[Notice]:
    cache = AnswersCache(settings.paths.cache)
    if not cache.exists:
        return
    unknown_ids = set(product_ids)
    for bucket in range(cache.buckets):
        unknown_ids.difference_update(cache.product_ids(bucket))
    if unknown_ids:
        text = (
            f"{len(unknown_ids)} products are not in the cache, '{min(unknown_ids)}' among them:"
            " their cells are not scored"
        )
        yield Notice("gold_not_cached", text)
