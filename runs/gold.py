"""`attrx gold sample` and `attrx gold check`: which cells to label, and whether a filled-in file can be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..configs.errors import CacheError, InputError
from ..configs.notices import Notice
from ..configs.settings import EnsembleSettings, Settings
from ..ensemble.deciding import DecidedAttribute, decide_attribute
from ..ensemble.gold.labels import Cell
from ..ensemble.gold.sampling import (
    Hashes,
    Stratum,
    allocate,
    cell_hashes,
    product_hashes,
    sampling_weight,
    smallest_hashes,
)
from ..ensemble.groups import ALL
from ..ensemble.learning import learn
from ..ensemble.methods import find_method
from ..ensemble.votes import BucketVotes
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.inputs.gold import off_the_list, read_gold
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.current_votes import VoteSource
from ..outputs.sheets import SheetRow, sheet_rows, write_sheet
from .configuration import with_ensemble


@dataclass(frozen=True)
class Sampled:
    """What was drawn.

    Attributes:
        file: The sheet.
        drawn: Stratum -> cells drawn.
        sizes: Stratum -> cells it has.
    """

    file: Path
    drawn: dict[Stratum, int]
    sizes: dict[Stratum, int]

    def cells(self, *, disagree: bool) -> int:
        """Cells drawn where models disagree, or where they agree."""
        return sum(n for stratum, n in self.drawn.items() if stratum.disagree is disagree)


def sample_gold(settings: Settings, path: Path, *, n: int, seed: int = 0) -> Sampled:
    """Write a sheet of cells worth labelling: four fifths where models disagree, over the attributes in proportion.

    The same cache and seed give the same sheet. Cells without any vote are left out: no label tells
    more about a model there.

    Raises:
        CacheError: There are no answers yet, or the cache is broken.
        InputError: No cell has a vote, or the file is there already and may hold somebody's labels.
    """
    if path.exists():
        raise InputError(
            f"{path}: is there already, and may hold labels",
            hint="Choose another with --to, or move it away.",
        )
    cache = AnswersCache(settings.paths.cache)
    if not cache.exists:
        raise CacheError(
            f"{cache.folder}: no answers yet", hint="Run `attrx extract` or `attrx import` first."
        )
    source = VoteSource(cache, Questionnaire.from_settings(settings))
    combiner = learn(source.buckets(), _without_gold(settings))
    pool = _Pool(n, seed)
    for bucket in source.buckets():
        products = product_hashes(bucket.products.column("product_id").to_pylist())
        for index in range(len(settings.attributes)):
            pool.add(bucket, products, decide_attribute(bucket, combiner, index))
    drawn = allocate(pool.sizes, n, seed)
    if not sum(drawn.values()):
        raise InputError("no cell has a vote yet, so that there is nothing to label")
    weights = {kind: f"{sampling_weight(pool.sizes, drawn, kind):.6g}" for kind in (True, False)}
    chosen = [
        (s, row)
        for s, count in drawn.items()
        for _, row in sorted(pool.rows[s], key=_by_hash)[:count]
    ]
    chosen.sort(key=lambda pair: (pair[1].attribute, pair[1].product_id))
    extra = [(stratum.label, weights[stratum.disagree]) for stratum, _ in chosen]
    write_sheet(path, [row for _, row in chosen], settings, ("stratum", "weight"), extra)
    return Sampled(path, drawn, dict(pool.sizes))


def _without_gold(settings: Settings) -> Settings:
    """A method whose gold is yet to be labelled gives way to the usual one, which needs none."""
    if not find_method(settings.ensemble.method).needs_gold:
        return settings
    return with_ensemble(settings, method=EnsembleSettings().method)


@dataclass
class _Pool:
    """The cells that may be drawn: of each stratum the n with the smallest hashes so far."""

    n: int
    seed: int
    sizes: Counter[Stratum] = field(default_factory=Counter)
    rows: dict[Stratum, list[tuple[int, SheetRow]]] = field(default_factory=dict)

    def add(self, bucket: BucketVotes, products: Hashes, decided: DecidedAttribute) -> None:
        """Look at the cells of one attribute in one bucket."""
        name, blocks = decided.votes.attribute.name, decided.decisions.n_blocks
        hashes = cell_hashes(products[decided.votes.rows], name, self.seed)
        for disagree, among in ((True, blocks > 1), (False, blocks == 1)):
            stratum = Stratum(disagree, name)
            self.sizes[stratum] += int(np.count_nonzero(among))
            kept = self.rows.setdefault(stratum, [])
            places = smallest_hashes(hashes, among, self.n)
            kept += zip(hashes[places].tolist(), sheet_rows(bucket, decided, places), strict=True)
            self.rows[stratum] = sorted(kept, key=_by_hash)[: self.n]


def _by_hash(entry: tuple[int, SheetRow]) -> int:
    return entry[0]


@dataclass(frozen=True)
class GoldCheck:
    """What a gold file holds.

    Attributes:
        labelled: Attribute -> cells with a value or n/a.
        absent: Cells whose gold is n/a.
        alternatives: Cells with several accepted values.
        problems: What cannot be used as it is, in words.
        nothing: Why there is nothing to use yet, in words; empty where a cell is labelled.
    """

    labelled: dict[str, int]
    absent: int
    alternatives: int
    problems: tuple[Notice, ...]
    nothing: str = ""

    @property
    def cells(self) -> int:
        """Labelled cells."""
        return sum(self.labelled.values())


def check_gold(settings: Settings, path: Path) -> GoldCheck:
    """Read a gold file back, and say what of it cannot be used.

    Raises:
        InputError: The file cannot be read at all.
        CacheError: The cache is broken.
    """
    gold = read_gold(path, settings)
    problems = [
        Notice(
            "gold_unknown_attribute",
            f"{rows} rows on '{name}', which is not an attribute of the config",
            groups=((ALL, name),),
        )
        for name, rows in gold.unknown_attributes.items()
    ]
    problems += off_the_list(gold, settings)
    problems += _not_cached(gold.accepted_values, settings)
    return GoldCheck(
        labelled=dict(Counter(attribute for _, attribute in gold.accepted_values)),
        absent=sum(None in values for values in gold.accepted_values.values()),
        alternatives=sum(len(values) > 1 for values in gold.accepted_values.values()),
        problems=tuple(problems),
        nothing=gold.why_empty,
    )


def _not_cached(accepted: dict[Cell, list[str | None]], settings: Settings) -> Iterator[Notice]:
    cache = AnswersCache(settings.paths.cache)
    if not cache.exists:
        return
    wanted = {product for product, _ in accepted}
    for bucket in range(cache.buckets):
        wanted -= set(cache.products(bucket).column("product_id").to_pylist())
    if wanted:
        example = min(wanted)
        text = (
            f"{len(wanted)} products are not in the cache, '{example}' among them: their cells are"
            " not scored"
        )
        yield Notice("gold_not_cached", text)
