"""The order in which a run's files are written, and how they come to their places.

First the files with a row for each cell, while the buckets are walked; then what sums them up; then
the comparison with an earlier run, which reads them. `run.json` lists them all. They are written
beside the outputs, and take their places together (`commit_record.py`).
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..configs.errors import CacheError, InputError
from ..configs.notices import Notice
from ..ensemble.diagnostics import pair_agreements
from ..ensemble.evaluation.gold_report import GoldReport
from ..ensemble.learning import Combiner
from ..extraction.asking.observer import Observer
from ..extraction.asking.outcomes import option_notice
from ..extraction.cache.answer_facts import AnswerFacts
from ..extraction.inputs.catalog_language import CatalogLanguage
from ..extraction.inputs.file_state import UnchangedFile
from ..extraction.votes.current_votes import VoteSource
from .cells import CELL_FILES, REVIEW_WORKBOOK, CellCounts, write_cells
from .commit_record import STAGING, Commit, has_record, put_in_place
from .comparison.changes import Changes
from .comparison.earlier import EarlierRun
from .comparison.nights import RunNow
from .csv_format import choose_format
from .file_digests import digests_of, was_changed
from .files import make_folder, write_json
from .products import PRODUCTS, ProductsFile
from .products_notices import (
    changed_products,
    column_notices,
    encoding_notices,
    stale_products,
)
from .result import EnsembleResult
from .review import ReviewQueue
from .review_sheets import ReviewSheets
from .run_json import run_json
from .stale_files import REFUSED_FOLDER, files_of_whole_run, is_of_earlier_run, stale_files_of
from .weights import weight_rows, write_weights


@dataclass(frozen=True)
class Publication:
    """What a run has to publish.

    Attributes:
        combiner: What the first pass learned.
        source: The votes, for the second pass.
        facts: What else the answers tell.
        language: How numbers are read.
        scratch: A folder for what does not fit into memory.
        input: The products file that `products.csv` repeats, as it was when it was read first; None
            = no such file.
        gold_report: How everyone did on the gold; None without.
        gold_notices: What may be wrong with the gold.
        earlier: An earlier run to compare with; None = none.
        is_refused: Whether the outputs are kept aside, and the earlier ones stay.
        is_own_earlier: Whether that run is the last one of the same output folder.
    """

    combiner: Combiner
    source: VoteSource
    facts: AnswerFacts
    scratch: Path
    language: CatalogLanguage = field(default_factory=CatalogLanguage)
    input: UnchangedFile | None = None
    gold_report: GoldReport | None = None
    gold_notices: tuple[Notice, ...] = ()
    earlier: EarlierRun | None = None
    is_refused: bool = False
    is_own_earlier: bool = False

    @property
    def folders_of_sheets(self) -> tuple[Path, ...]:
        """The output folders whose sheets go when the new ones come."""
        if self.is_refused:
            return (self.folder,)
        return self.folder / REFUSED_FOLDER, self.folder

    @property
    def replaces_earlier(self) -> bool:
        """Whether the new files take the place of the run that they are compared with."""
        return self.is_own_earlier and not self.is_refused

    @property
    def folder(self) -> Path:
        """Where the files go."""
        output = self.combiner.settings.paths.output
        return output / REFUSED_FOLDER if self.is_refused else output


def publish(publication: Publication, observer: Observer) -> EnsembleResult:
    """Write all files, and say what may be wrong with what is in them."""
    folder = publication.folder
    make_folder(folder)
    with _staging_folder(folder) as staging:
        sheets = ReviewSheets(publication.folders_of_sheets, publication.combiner.settings)
        result, queue = _write(publication, staging, sheets, observer)
        names = [path.name for path in result.files]
        if publication.input is not None:
            publication.input.require()
        digests = digests_of(staging, names)
        content = run_json(publication.combiner.settings, result, digests)
        write_json(staging / "run.json", content)
        stale_names = [path.name for path in result.stale_files]
        removals = _removals(publication, [*names, *stale_names])
        if publication.earlier is not None and publication.replaces_earlier:
            publication.earlier.keep_in(staging)
        if not sheets.labels.are_current():
            sheets.write(queue, staging, result.csv_format)
            late_notices = sheets.set_aside(names)
            _tell(late_notices, observer)
        commit = Commit(staging.name, tuple(names), tuple(removals))
        put_in_place(folder, commit)
    for name in _told_removals(removals):
        observer.note(f"removed {folder / name}, which an earlier run wrote and this one does not")
    return result


@contextlib.contextmanager
def _staging_folder(folder: Path) -> Iterator[Path]:
    """A folder for the new files, on the disk of the output folder."""
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=folder))
    try:
        yield staging
    except BaseException as error:
        if not has_record(folder):
            shutil.rmtree(staging, ignore_errors=True)
        if isinstance(error, CacheError):
            message = error.message.replace(str(staging), str(folder))
            raise CacheError(message, hint=error.hint) from error
        raise


def _write(
    publication: Publication, staging: Path, sheets: ReviewSheets, observer: Observer
) -> tuple[EnsembleResult, ReviewQueue]:
    """Write all files but `run.json`; returns also what the sheets are made of."""
    combiner = publication.combiner
    source = None if publication.input is None else publication.input.path
    csv_format = choose_format(combiner.settings, source)
    products = None
    if source is not None:
        products = ProductsFile(source, combiner.settings, publication.scratch, csv_format)

    counts = write_cells(publication.source, combiner, staging, products, sheets.labels)
    sheets.write(counts.review, staging, csv_format)
    rows_of_weights = weight_rows(combiner)
    write_weights(staging / "weights.csv", rows_of_weights)
    files = [*CELL_FILES, "weights.csv", "run.json"]
    if combiner.settings.output.workbooks:
        files.append(REVIEW_WORKBOOK)
    warnings = [*combiner.diagnostics, *publication.gold_notices]
    warnings += _option_notices(publication)
    if products is not None:
        new_names = _write_products(publication, products, staging)
        warnings += column_notices(new_names)
        warnings += encoding_notices(products, csv_format)
        files.insert(0, PRODUCTS)
    changes = None
    if publication.earlier is not None:
        changes = publication.earlier.write_changes(staging, combiner.settings)
        files.append("changes.csv")
        warnings += _compare(publication, publication.earlier, staging)

    stale_files = []
    products_path = publication.folder / PRODUCTS
    is_without_input = products is None and not publication.is_refused
    if is_without_input and is_of_earlier_run(products_path):
        stale_files.append(PRODUCTS)
        notice = stale_products(products_path)
        warnings.append(notice)
    warnings += sheets.set_aside(files)
    if products is not None and was_changed(products_path):
        notice = changed_products(products_path)
        warnings.append(notice)
    _tell(warnings, observer)
    if sheets.note:
        observer.note(sheets.note)
    result = _result(publication, counts, files, stale_files, warnings, changes)
    return replace(result, csv_format=csv_format), counts.review


def _write_products(
    publication: Publication, products: ProductsFile, staging: Path
) -> dict[str, str]:
    """Write `products.csv`; returns the columns that have another name than their attribute."""
    try:
        return products.write(staging / PRODUCTS)
    except InputError:
        if publication.input is not None:
            publication.input.require()  # a change goes before what comes of it
        raise


def _tell(notices: Iterable[Notice], observer: Observer) -> None:
    for notice in notices:
        observer.warning(notice)


def _option_notices(publication: Publication) -> Iterator[Notice]:
    """What the models were asked without."""
    models = publication.combiner.settings.models
    dropped_options = publication.facts.dropped_options
    for model, options in zip(models, dropped_options, strict=False):
        for option in sorted(options):
            yield option_notice(model.name, option)


def _compare(publication: Publication, earlier: EarlierRun, staging: Path) -> Iterator[Notice]:
    """What moved since the earlier run."""
    run = RunNow.of(staging, publication.combiner, publication.source)
    return earlier.shift_notices(run, publication.facts.versions)


def _removals(publication: Publication, files: Sequence[str]) -> list[str]:
    """What would be taken for this run's, once its own files are in place."""
    names = stale_files_of(publication.folder, files)
    if not publication.is_refused:
        for name in files_of_whole_run(publication.folder / REFUSED_FOLDER):
            names.append(f"{REFUSED_FOLDER}/{name}")
    return names


def _told_removals(removals: Sequence[str]) -> list[str]:
    """The same as it is told: a folder counts once."""
    names = [name.partition("/")[0] for name in removals]
    return list(dict.fromkeys(names))


def _result(
    publication: Publication,
    counts: CellCounts,
    files: list[str],
    stale_files: list[str],
    warnings: list[Notice],
    changes: Changes | None,
) -> EnsembleResult:
    combiner = publication.combiner
    models = [model.name for model in combiner.settings.models]
    return EnsembleResult(
        weights=weight_rows(combiner),
        pairs=pair_agreements(combiner.groups, models),
        products=combiner.n_products,
        statuses=dict(counts.statuses),
        review=counts.review.cells,
        not_asked=counts.not_asked,
        failed=counts.failed,
        sample=tuple(counts.sample),
        products_without_text=counts.products_without_text,
        ids_without_text=tuple(counts.ids_without_text),
        usage=publication.facts.usage,
        language=publication.language,
        iterations=combiner.weights.iterations,
        converged=combiner.weights.converged,
        warnings=tuple(warnings),
        versions=publication.facts.versions,
        files=tuple(publication.folder / name for name in files),
        stale_files=tuple(publication.folder / name for name in stale_files),
        gold=publication.gold_report,
        acceptance=combiner.acceptance,
        choice=combiner.weights.choice or None,
        choice_reason=combiner.weights.reason or None,
        is_refused=publication.is_refused,
        changes=changes,
    )
