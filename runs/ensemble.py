"""`attrx ensemble`: cached answers -> weights, values, and the files that carry them.

Two passes over the buckets: the first counts agreement patterns, from which the weights are learned; the second looks
every cell's pattern up and writes what it decided. Neither holds more than a bucket.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from .. import __version__
from ..configs.errors import CacheError
from ..configs.loading import settings_digest
from ..configs.settings import Settings
from ..ensemble.decide import STATUSES
from ..extraction.cache import AnswersCache
from ..extraction.coverage import Asked
from ..extraction.events import Observer
from ..extraction.spool import spool_products
from .deciding import decide_attribute
from .gold import Gold, read_gold
from .goldreport import GoldReport, report_on_gold
from .learning import Learned, learn
from .outputs import make_folder, open_csv, open_parquet, write_json
from .products import ProductsFile
from .results import VALUES, values_table, votes_schema, votes_table
from .review import ReviewQueue
from .votes import VoteSource
from .weights import WeightRow, weight_rows, write_weights


@dataclass(frozen=True)
class EnsembleOptions:
    """What one `ensemble` call is asked to do; the rest is in the settings.

    Attributes:
        input: A products file to which values and weights are limited; None = all cached products.
        limit: Only its first so many products.
        gold: Cells whose true value is known.
        require_no_worse_than_best: With gold, keep the outputs aside (in the folder `refused`) where the
            ensemble is worse than the best single model by more than one standard error.
    """

    input: Path | None = None
    limit: int | None = None
    gold: Path | None = None
    require_no_worse_than_best: bool = False


@dataclass(frozen=True)
class EnsembleResult:
    """What an ensemble came to.

    Attributes:
        weights: One row per group and model.
        products: Products seen.
        statuses: Status -> cells.
        review: Cells that a person should look at.
        iterations: Rounds of learning.
        converged: Whether the weights came to rest.
        warnings: What may be wrong, in plain words.
        files: The files written.
        gold: How everyone did on the gold; None without.
        refused: The outputs were kept aside, because the ensemble is worse than the best single model.
    """

    weights: tuple[WeightRow, ...]
    products: int
    statuses: dict[str, int]
    review: int
    iterations: int
    converged: bool
    warnings: tuple[str, ...]
    files: tuple[Path, ...]
    gold: GoldReport | None = None
    refused: bool = False

    @property
    def cells(self) -> int:
        """Cells of all products."""
        return sum(self.statuses.values())


def ensemble(settings: Settings, options: EnsembleOptions, observer: Observer) -> EnsembleResult:
    """Combine the cached answers and write the output files.

    Raises:
        CacheError: There are no answers yet, or the cache is broken.
        ConfigError: The method needs gold.
        InputError: The products file or the gold file cannot be used.
    """
    cache = AnswersCache(settings.paths.cache)
    if not cache.exists:
        raise CacheError(f"{cache.folder}: no answers yet", hint="Run `attrx extract` or `attrx import` first.")
    gold = None if options.gold is None else read_gold(options.gold, settings)
    output = settings.paths.output
    make_folder(output)
    with contextlib.ExitStack() as stack:
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=".attrx-", dir=output)))
        spool = None
        if options.input is not None:
            spool = stack.enter_context(spool_products(options.input, settings, scratch, limit=options.limit, extra=()))
            spool.check_ids(cache.buckets)
        source = VoteSource(cache, Asked.from_settings(settings), spool)
        learned = learn(source, settings, gold)
        report = None if learned.gold is None else report_on_gold(learned, learned.gold)
        refused = options.require_no_worse_than_best and report is not None and report.verdict.worse_than_best
        if refused:
            output = output / "refused"
            make_folder(output)
        products = None if options.input is None else ProductsFile(options.input, settings, scratch)
        counts = _write_cells(source, learned, products, output)
        return _finish(learned, counts, products, _Publication(output, report, refused, gold), observer)


@dataclass
class _Counts:
    """What the second pass counted."""

    review: ReviewQueue
    statuses: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Publication:
    """Where the files go, and what gold says about them."""

    output: Path
    report: GoldReport | None
    refused: bool
    gold: Gold | None


def _write_cells(source: VoteSource, learned: Learned, products: ProductsFile | None, output: Path) -> _Counts:
    """The second pass."""
    settings = learned.settings
    counts = _Counts(ReviewQueue(settings))
    with (
        open_parquet(output / "values.parquet", VALUES) as values_parquet,
        open_csv(output / "values.csv", VALUES) as values_csv,
        open_parquet(output / "votes.parquet", votes_schema(settings)) as votes_parquet,
    ):
        for ballots in source.buckets():
            decided = [decide_attribute(ballots, learned, index) for index in range(len(settings.attributes))]
            values = values_table(ballots, decided, settings)
            values_parquet.write(values)
            values_csv.write(values)
            votes_parquet.write(votes_table(ballots, decided, settings))
            if products is not None:
                products.add(ballots, decided)
            for each in decided:
                found = np.bincount(each.decisions.status, minlength=len(STATUSES)).tolist()
                counts.statuses.update(dict(zip(STATUSES, found, strict=True)))
            counts.review.add(ballots, decided)
    return counts


def _finish(
    learned: Learned, counts: _Counts, products: ProductsFile | None, into: _Publication, observer: Observer
) -> EnsembleResult:
    """Write the small files."""
    settings, output = learned.settings, into.output
    warnings = [*(caution.text for caution in learned.cautions), *_gold_warnings(learned, into.gold)]
    names = ["values.parquet", "values.csv", "votes.parquet", "weights.csv", "review.csv", "run.json"]
    counts.review.write(output / "review.csv")
    if products is not None:
        names.insert(0, "products.csv")
        for name in products.write(output / "products.csv"):
            warnings.append(f"the input has a column '{name}'; in products.csv the values stand in '{name}_attrx'")
    rows = weight_rows(learned)
    write_weights(output / "weights.csv", rows)
    for warning in warnings:
        observer.warning(warning)
    result = EnsembleResult(
        weights=rows,
        products=learned.n_products,
        statuses=dict(counts.statuses),
        review=counts.review.cells,
        iterations=learned.weights.iterations,
        converged=learned.weights.converged,
        warnings=tuple(warnings),
        files=tuple(output / name for name in names),
        gold=into.report,
        refused=into.refused,
    )
    write_json(output / "run.json", _run_json(settings, result))
    return result


def _run_json(settings: Settings, result: EnsembleResult) -> dict[str, Any]:
    return {
        "attrx": __version__,
        "python": sys.version.split()[0],
        "packages": {name: version(name) for name in ("numpy", "pyarrow")},
        "config_digest": settings_digest(settings),
        "method": settings.ensemble.method,
        "chance": settings.ensemble.chance,
        "group_by": settings.ensemble.group_by,
        "products": result.products,
        "cells": result.cells,
        "statuses": result.statuses,
        "review": result.review,
        "iterations": result.iterations,
        "converged": result.converged,
        "warnings": list(result.warnings),
        "gold": None if result.gold is None else result.gold.to_json(),
    }


def _gold_warnings(learned: Learned, gold: Gold | None) -> Iterator[str]:
    if gold is None or learned.gold is None:
        return
    yield from gold.unscored(len(learned.gold.cells))
    calibration = learned.calibration
    if calibration is not None and calibration.unanimous_right is None:
        yield "gold: no cell where all models agree is labelled, so that such cells have no confidence"
    if calibration is not None and not calibration.disagreeing:
        yield "gold: no cell where models disagree is labelled, so that it cannot tell them apart"
