"""`attrx ensemble`: cached answers -> weights, values, and the files that carry them.

Two passes over the buckets: the first counts agreement patterns, from which the weights are
learned; the second looks every cell's pattern up and writes what it decided. Neither holds more
than a bucket.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..configs.errors import CacheError
from ..configs.notices import Notice
from ..configs.settings import Settings
from ..ensemble.deciding import find_acceptance
from ..ensemble.evaluation.gold_report import GoldReport, report_on_gold
from ..ensemble.evaluation.verdict import TOLERANCE
from ..ensemble.gold.labels import Gold
from ..ensemble.learning import Combiner, learn, require_gold
from ..extraction.asking.observer import Observer
from ..extraction.cache.answer_facts import read_answer_facts
from ..extraction.cache.answers_cache import AnswersCache
from ..extraction.inputs.catalog_language import find_language
from ..extraction.inputs.file_state import UnchangedFile
from ..extraction.inputs.formats import check_file
from ..extraction.inputs.gold import read_labels, unreachable_notices
from ..extraction.inputs.spool_writer import spool_products
from ..extraction.planning.questionnaire import Questionnaire
from ..extraction.votes.current_votes import VoteSource
from ..outputs.comparison.earlier import (
    find_earlier_run,
    hold_earlier_run,
    is_same_folder,
    run_to_compare,
)
from ..outputs.output_folder import open_for_outputs
from ..outputs.publication import Publication, publish
from ..outputs.result import EnsembleResult
from ..outputs.stale_files import REFUSED_FOLDER
from ..outputs.targets import check_targets, files_to_write
from .cores import n_cores


@dataclass(frozen=True)
class EnsembleOptions:
    """What one `ensemble` call is asked to do; the rest is in the settings.

    Attributes:
        input: A products file to which values and weights are limited; None = all cached products.
        limit: Only its first so many products.
        gold: Cells whose true value is known.
        require_no_worse_than_best: With gold, keep the outputs aside (in the folder `refused`)
            where the ensemble is worse than the best single model by more than the tolerance, with
            a probability of 90 %.
        tolerance: By how much accuracy it may be worse.
        compare: Output folder of an earlier run, with which this one is compared; may be this run's
            own, and may hold no run yet.
        workers: How many buckets are worked on at once; None = as many as there are cores.
    """

    input: Path | None = None
    limit: int | None = None
    gold: Path | None = None
    require_no_worse_than_best: bool = False
    tolerance: float = TOLERANCE
    compare: Path | None = None
    workers: int | None = None


def ensemble(settings: Settings, options: EnsembleOptions, observer: Observer) -> EnsembleResult:
    """Combine the cached answers and write the output files.

    Raises:
        CacheError: There are no answers yet, or the cache is broken.
        ConfigError: The method needs gold.
        InputError: The products file, the gold file or the earlier run cannot be used.
    """
    cache = existing_cache(settings)
    language = find_language(settings, cache)
    gold = None
    if options.gold is not None:
        gold = read_labels(options.gold, settings, language.decimal_sign)
        gold.tell_remarks(observer.note)
    _check_targets(settings, options)
    output = settings.paths.output
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(open_for_outputs(output))
        compare = find_earlier_run(options.compare, output, observer.note)
        earlier = None
        if compare is not None:
            earlier = hold_earlier_run(run_to_compare(compare, output), scratch)
        questionnaire = Questionnaire.from_settings(settings, language.decimal_sign)
        source = VoteSource(cache, questionnaire, workers=options.workers or n_cores())
        unchanged_input = None
        if options.input is not None:
            check_file(options.input)
            unchanged_input = UnchangedFile(options.input)
            source.spool = stack.enter_context(
                spool_products(options.input, settings, scratch, limit=options.limit, extra=())
            )
            source.spool.check_products(cache.buckets)
        earlier_weights = None if earlier is None else earlier.weights_of_iwmv()
        combiner = learn(source.buckets(), settings, gold, earlier_weights)
        acceptance = find_acceptance(source.buckets(), combiner)
        combiner = replace(combiner, acceptance=acceptance)
        gold_report = None
        if combiner.gold is not None:
            gold_report = report_on_gold(combiner, combiner.gold, options.tolerance)
        publication = Publication(
            combiner=combiner,
            source=source,
            facts=read_answer_facts(cache, settings.models, source.questionnaire.model_parts),
            language=language,
            scratch=scratch,
            input=unchanged_input,
            gold_report=gold_report,
            gold_notices=() if gold is None else tuple(_gold_notices(gold, combiner)),
            earlier=earlier,
            is_own_earlier=compare is not None and is_same_folder(compare, output),
            is_refused=options.require_no_worse_than_best and _is_worse(gold_report),
        )
        return publish(publication, observer)


def existing_cache(settings: Settings) -> AnswersCache:
    """The cache, which holds answers.

    Raises:
        CacheError: There are no answers yet.
    """
    cache = AnswersCache(settings.paths.cache)
    if not cache.exists:
        hint = "Run `attrx extract` or `attrx import` first."
        raise CacheError(f"{cache.folder}: no answers yet", hint=hint)
    return cache


def preflight(
    settings: Settings, options: EnsembleOptions, note: Callable[[str], None]
) -> EnsembleOptions:
    """Look at all that `ensemble` reads besides answers, before anything is paid for.

    Args:
        settings: The configuration.
        options: What `ensemble` will be asked to do.
        note: Told what is worth knowing.

    Returns:
        The same, without an earlier run to compare with where there is none.

    Raises:
        ConfigError: The method needs gold.
        InputError: The gold file or the earlier run cannot be used, or the outputs would replace
            the input.
    """
    require_gold(settings, options.gold)
    _check_targets(settings, options)
    if options.gold is not None:
        read_labels(options.gold, settings)
    return replace(options, compare=find_earlier_run(options.compare, settings.paths.output, note))


def _check_targets(settings: Settings, options: EnsembleOptions) -> None:
    """Make sure that the outputs replace nothing but outputs."""
    names = list(
        files_to_write(
            settings, has_input=options.input is not None, compares=options.compare is not None
        )
    )
    folders = [settings.paths.output]
    if options.require_no_worse_than_best:
        folders.append(folders[0] / REFUSED_FOLDER)
    for folder in folders:
        check_targets(folder, names, (options.input, options.gold))


def _is_worse(gold_report: GoldReport | None) -> bool:
    return gold_report is not None and gold_report.verdict.worse_than_best


def _gold_notices(gold: Gold, combiner: Combiner) -> Iterator[Notice]:
    """What may be wrong with the gold that was learned from."""
    scored_cells = 0 if combiner.gold is None else len(combiner.gold.cells)
    yield from gold.unscored_notices(scored_cells)
    yield from unreachable_notices(gold, combiner.settings)
    calibration = combiner.calibration
    if not (calibration.has_gold and combiner.method.combines):
        return
    if not calibration.unanimous:
        text = (
            "gold: no cell where all models agree is labelled, so that their confidence is only"
            " what is usual for such cells"
        )
        yield Notice("gold_not_unanimous", text)
    if not calibration.disagreements:
        text = "gold: no cell where models disagree is labelled, so that it cannot tell them apart"
        yield Notice("gold_not_disagreeing", text)
