"""`attrx report`: what the last `ensemble` wrote, and what the cache holds, as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..configs.errors import InputError
from ..configs.settings import EnsembleSettings, Settings
from ..ensemble.methods import find_method
from ..extraction.storage.atomic_write import replacing
from ..outputs.commit_record import output_path, read_one_run
from ..outputs.files import make_folder
from ..outputs.html.cards import review_cards
from ..outputs.html.facts import Report
from ..outputs.html.page import render
from ..outputs.one_run import read_whole_run
from ..outputs.read_back import (
    acceptance_of,
    as_written,
    gold_scores_of,
    merge_equal_groups,
    pairs_of,
    read_scores,
    read_weights,
    verdict_of,
    warning_texts,
)
from ..providers.model_rules import config_digest
from .status import status

PAGE = "report.html"
MOST_GROUPS = 60
"""Groups whose weights are shown; `weights.csv` has all."""


def report(settings: Settings, to: Path | None = None) -> Path:
    """Write the report.

    Args:
        settings: The configuration; its output folder is read.
        to: The file to write, or a folder to write `report.html` into; None = that folder.

    Returns:
        The file written.

    Raises:
        InputError: There are no outputs yet, or one of them cannot be read.
        CacheError: The cache is broken, or the file cannot be written.
    """
    path = settings.paths.output / PAGE if to is None else to
    if path.is_dir() or not path.suffix:
        path = path / PAGE
    if path.is_file() and not path.read_bytes()[:15].lower().startswith(b"<!doctype html"):
        raise InputError(f"{path}: is no page, and would be replaced by one", hint="Name another.")
    page = render(gather(settings))
    make_folder(path.parent)
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def gather(settings: Settings) -> Report:
    """Read everything that a report says, all of one run; raises as `report` does."""
    output = settings.paths.output
    with as_written(output):
        return read_one_run(output, lambda: _gather(settings))


def _gather(settings: Settings) -> Report:
    output = settings.paths.output
    run = read_whole_run(output)
    groups = read_weights(output_path(output, "weights.csv"))
    groups_to_show = merge_equal_groups(groups)
    models = [each.model for each in groups[0].weights] if groups else []
    return Report(
        name=output.absolute().parent.name,
        version=run["attrx"],
        method=_method(run),
        products=run["products"],
        statuses=run["statuses"],
        review=run["review"],
        warnings=(*warning_texts(run), *_stale_outputs(settings, run)),
        models=tuple(models),
        groups=groups_to_show[:MOST_GROUPS],
        more_groups=max(len(groups_to_show) - MOST_GROUPS, 0),
        pairs=pairs_of(run),
        scores=read_scores(output / "evaluation.csv"),
        gold_scores=gold_scores_of(run),
        verdict=verdict_of(run),
        acceptance=acceptance_of(run),
        model_statuses=status(settings).models,
        cards=review_cards(settings, groups),
    )


def _method(run: Mapping[str, Any]) -> str:
    """How votes were combined, in a few words."""
    ensemble = EnsembleSettings(**_ensemble_options(run))
    description = find_method(ensemble.method).describe(ensemble)
    reason = run.get("choice_reason")
    return f"{description}. Published is {reason}" if reason else description


def _ensemble_options(run: Mapping[str, Any]) -> dict[str, Any]:
    """How the run combined votes; some of it may have been the command line's."""
    return {name: run[name] for name in ("method", "chance", "group_by", "leader")}


def _digest_as_run(settings: Settings, run: Mapping[str, Any]) -> str:
    """The digest of the config with the options that the run had."""
    ensemble = settings.ensemble.model_copy(update=_ensemble_options(run))
    settings_of_run = settings.model_copy(update={"ensemble": ensemble})
    return config_digest(settings_of_run)


def _stale_outputs(settings: Settings, run: Mapping[str, Any]) -> Iterator[str]:
    """What no longer fits the values."""
    if run["config_digest"] != _digest_as_run(settings, run):
        yield "the config has changed since these values were made: run attrx ensemble again"
    values = output_path(settings.paths.output, "values.parquet")
    evaluation = settings.paths.output / "evaluation.csv"
    if not (evaluation.exists() and values.exists()):
        return
    if evaluation.stat().st_mtime_ns < values.stat().st_mtime_ns:
        yield "evaluation.csv is older than the values: run attrx evaluate again"
