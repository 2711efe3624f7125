"""`attrx ensemble`: cached answers -> weights, values, and the files that carry them.

Two passes over the buckets: the first counts agreement patterns, from which the weights are
learned; the second looks every cell's pattern up and writes what it decided. Neither holds more
than a bucket.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..configs.errors import CacheError
from ..configs.notices import Notice
from ..configs.settings import Settings
from ..ensemble.diagnostics import pair_agreements
from ..ensemble.evaluation.gold_report import report_on_gold
from ..ensemble.gold.labels import Gold
from ..ensemble.groups import ALL
from ..ensemble.learning import Combiner, learn, require_gold
from ..extraction.asking.observer import Observer
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.cache.usage import ModelUsage, read_usage
from ..extraction.inputs.gold import off_the_list, read_labels
from ..extraction.inputs.spool_writer import spool_products
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.current_votes import VoteSource
from ..outputs.cells import CELL_FILES, CellCounts, write_cells
from ..outputs.comparison.drift import model_versions
from ..outputs.comparison.earlier import Earlier, find_earlier, open_earlier
from ..outputs.files import make_folder, write_json
from ..outputs.products import ProductsFile
from ..outputs.result import EnsembleResult
from ..outputs.run_json import run_json
from ..outputs.stale_files import remove_leftovers, remove_run
from ..outputs.weights import weight_rows, write_weights

MOST_OFF_LIST = 5
"""Gold values off the list that are warned of one by one."""
REFUSED = "refused"
"""Folder in the output folder for what `require_no_worse_than_best` holds back."""


@dataclass(frozen=True)
class EnsembleOptions:
    """What one `ensemble` call is asked to do; the rest is in the settings.

    Attributes:
        input: A products file to which values and weights are limited; None = all cached products.
        limit: Only its first so many products.
        gold: Cells whose true value is known.
        require_no_worse_than_best: With gold, keep the outputs aside (in the folder `refused`)
            where the ensemble is worse than the best single model by more than one standard error.
        compare: Output folder of an earlier run, with which this one is compared; may be this run's
            own, and may hold no run yet.
    """

    input: Path | None = None
    limit: int | None = None
    gold: Path | None = None
    require_no_worse_than_best: bool = False
    compare: Path | None = None


def ensemble(settings: Settings, options: EnsembleOptions, observer: Observer) -> EnsembleResult:
    """Combine the cached answers and write the output files.

    Raises:
        CacheError: There are no answers yet, or the cache is broken.
        ConfigError: The method needs gold.
        InputError: The products file, the gold file or the earlier run cannot be used.
    """
    cache = AnswersCache(settings.paths.cache)
    if not cache.exists:
        raise CacheError(
            f"{cache.folder}: no answers yet", hint="Run `attrx extract` or `attrx import` first."
        )
    gold = None if options.gold is None else read_labels(options.gold, settings)
    compare = find_earlier(options.compare, observer.note)
    make_folder(settings.paths.output)
    with contextlib.ExitStack() as stack:
        scratch = Path(
            stack.enter_context(
                tempfile.TemporaryDirectory(prefix=".attrx-", dir=settings.paths.output)
            )
        )
        earlier = None if compare is None else open_earlier(compare, scratch)
        spool = None
        if options.input is not None:
            spool = stack.enter_context(
                spool_products(options.input, settings, scratch, limit=options.limit, extra=())
            )
            spool.check_ids(cache.buckets)
        source = VoteSource(cache, Questionnaire.from_settings(settings), spool)
        combiner = learn(source.buckets(), settings, gold)
        publication = _Publication(combiner, gold, options, scratch)
        counts = write_cells(source, combiner, publication.output, publication.products)
        told = _Told(model_versions(cache), read_usage(cache, settings.models))
        return publication.finish(counts, told, earlier, observer)


def before_asking(
    settings: Settings, options: EnsembleOptions, note: Callable[[str], None]
) -> EnsembleOptions:
    """Look at all that `ensemble` reads besides answers, so that a mistake shows before anything is paid for.

    Args:
        settings: The configuration.
        options: What `ensemble` will be asked to do.
        note: Told what is worth knowing.

    Returns:
        The same, without an earlier run to compare with where there is none.

    Raises:
        ConfigError: The method needs gold.
        InputError: The gold file or the earlier run cannot be used.
    """
    require_gold(settings, options.gold)
    if options.gold is not None:
        read_labels(options.gold, settings)
    return replace(options, compare=find_earlier(options.compare, note))


@dataclass(frozen=True)
class _Told:
    """What the cache tells besides votes: the versions that vendors reported, and what was spent."""

    versions: dict[str, dict[str, int]]
    spent: tuple[ModelUsage, ...]


class _Publication:
    """Where the files go, and what is told of them.

    Args:
        combiner: What the first pass left.
        gold: The gold file.
        options: What was asked.
        scratch: A folder for what does not fit into memory.
    """

    def __init__(
        self, combiner: Combiner, gold: Gold | None, options: EnsembleOptions, scratch: Path
    ) -> None:
        self._combiner, self._gold, self._scratch = combiner, gold, scratch
        self._report = None if combiner.gold is None else report_on_gold(combiner, combiner.gold)
        worse = self._report is not None and self._report.verdict.worse_than_best
        self._refused = options.require_no_worse_than_best and worse
        self.output = combiner.settings.paths.output / (REFUSED if self._refused else "")
        make_folder(self.output)
        self.products = (
            None
            if options.input is None
            else ProductsFile(options.input, combiner.settings, scratch)
        )

    def finish(
        self, counts: CellCounts, told: _Told, earlier: Earlier | None, observer: Observer
    ) -> EnsembleResult:
        """Write the remaining files."""
        combiner, output = self._combiner, self.output
        rows = weight_rows(combiner)
        write_weights(output / "weights.csv", rows)
        files = [*CELL_FILES, "weights.csv", "run.json"]
        warnings = [
            *combiner.diagnostics,
            *self._gold_warnings(),
            *self._write_products(files),
        ]
        changes = None
        if earlier is not None:
            changes = earlier.write_changes(output, combiner.settings)
            files.append("changes.csv")
            warnings += earlier.what_moved(output, told.versions, combiner.settings)
            if why := earlier.not_compared(combiner.settings):
                observer.note(why)
        for warning in warnings:
            observer.warning(warning)
        result = EnsembleResult(
            weights=rows,
            pairs=pair_agreements(
                combiner.groups, [model.name for model in combiner.settings.models]
            ),
            products=combiner.n_products,
            statuses=dict(counts.statuses),
            review=counts.review.cells,
            not_asked=counts.not_asked,
            sample=tuple(counts.sample),
            spent=told.spent,
            iterations=combiner.weights.iterations,
            converged=combiner.weights.converged,
            warnings=tuple(warnings),
            versions=told.versions,
            files=tuple(output / name for name in files),
            gold=self._report,
            refused=self._refused,
            changes=changes,
        )
        for path in self._remove_leftovers(files):
            observer.note(f"removed {path}, which an earlier run wrote and this one does not")
        write_json(output / "run.json", run_json(combiner.settings, result))
        return result

    def _remove_leftovers(self, files: list[str]) -> Iterator[Path]:
        """Remove what would be taken for this run's, now that its own files are in place."""
        yield from remove_leftovers(self.output, files)
        if not self._refused:
            yield from remove_run(self.output / REFUSED)

    def _write_products(self, files: list[str]) -> Iterator[Notice]:
        """Write `products.csv`, where there is an input; yields what is unexpected about its columns."""
        if self.products is None:
            return
        files.insert(0, "products.csv")
        for name, column in self.products.write(self.output / "products.csv").items():
            text = (
                f"the input has a column '{name}'; in products.csv the values stand in '{column}'"
            )
            yield Notice("column_renamed", text, groups=((ALL, name),))

    def _gold_warnings(self) -> Iterator[Notice]:
        combiner, calibration = self._combiner, self._combiner.calibration
        if self._gold is None or combiner.gold is None:
            return
        yield from self._gold.unscored(len(combiner.gold.cells))
        unreachable = list(off_the_list(self._gold, combiner.settings))
        for notice in unreachable[:MOST_OFF_LIST]:
            yield replace(notice, text=f"gold: {notice.text}")
        if (more := len(unreachable) - MOST_OFF_LIST) > 0:
            text = (
                f"gold: {more} more values that no answer can equal; `attrx gold check` names them"
            )
            yield Notice("gold_off_list", text)
        if calibration is not None and calibration.unanimous_right is None:
            text = (
                "gold: no cell where all models agree is labelled, so that such cells have no"
                " confidence"
            )
            yield Notice("gold_not_unanimous", text)
        if calibration is not None and not calibration.disagreeing:
            text = (
                "gold: no cell where models disagree is labelled, so that it cannot tell them apart"
            )
            yield Notice("gold_not_disagreeing", text)
