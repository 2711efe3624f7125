"""`attrx report`: what the last `ensemble` wrote, and what the cache holds, as one HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ..configs.loading import settings_digest
from ..configs.settings import Settings
from ..extraction.cache.atomic_write import replacing
from ..outputs.files import make_folder
from ..outputs.html.cards import doubtful_cells
from ..outputs.html.facts import Report, Spending
from ..outputs.html.page import render
from ..outputs.read_back import (
    gold_scores_of,
    pairs_of,
    read_run,
    read_scores,
    read_weights,
    warning_texts_of,
    without_repeats,
)
from .status import ModelStatus, status

MOST_GROUPS = 60
"""Groups whose weights are shown; `weights.csv` has all."""


def report(settings: Settings, to: Path | None = None) -> Path:
    """Write the report.

    Args:
        settings: The configuration; its output folder is read.
        to: The file to write; None = `report.html` in that folder.

    Returns:
        The file written.

    Raises:
        InputError: There are no outputs yet, or one of them cannot be read.
        CacheError: The cache is broken, or the file cannot be written.
    """
    path = to or settings.paths.output / "report.html"
    page = render(gather(settings))
    make_folder(path.parent)
    with replacing(path) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return path


def gather(settings: Settings) -> Report:
    """Read everything that a report says; raises as `report` does."""
    output = settings.paths.output
    run = read_run(output / "run.json")
    groups = read_weights(output / "weights.csv")
    shown = without_repeats(groups)
    gold_scores, verdict = gold_scores_of(run)
    return Report(
        name=output.absolute().parent.name,
        version=run["attrx"],
        method=_method(run),
        products=run["products"],
        statuses=run["statuses"],
        review=run["review"],
        warnings=(*warning_texts_of(run), *_stale(settings, run)),
        models=tuple(each.model for each in groups[0].weights) if groups else (),
        groups=shown[:MOST_GROUPS],
        more_groups=max(len(shown) - MOST_GROUPS, 0),
        pairs=pairs_of(run),
        scores=read_scores(output / "evaluation.csv"),
        gold_scores=gold_scores,
        verdict=verdict,
        spending=tuple(map(_spending, status(settings).models)),
        doubtful=doubtful_cells(settings, groups),
    )


def _method(run: Mapping[str, Any]) -> str:
    """How votes were combined, in a few words."""
    if run["method"] != "iwmv":
        return f"combined by {run['method']}"
    shared = {"all": "one weight per model", "attribute": "weights per attribute"}
    by = shared.get(run["group_by"], "weights per category and attribute")
    return f"combined by iwmv, {by}, chance as {'observed' if run['chance'] == 'observed' else 'uniform'}"


def _spending(model: ModelStatus) -> Spending:
    return Spending(**{each.name: getattr(model, each.name) for each in fields(Spending)})


def _digest_as_run(settings: Settings, run: Mapping[str, Any]) -> str:
    """The digest of the config with the options that the run had; they may have come from the command line."""
    options = {name: run[name] for name in ("method", "chance", "group_by", "leader")}
    return settings_digest(
        settings.model_copy(update={"ensemble": settings.ensemble.model_copy(update=options)})
    )


def _stale(settings: Settings, run: Mapping[str, Any]) -> Iterator[str]:
    """What no longer fits the values."""
    if run["config_digest"] != _digest_as_run(settings, run):
        yield "the config has changed since these values were made: run attrx ensemble again"
    values, evaluation = (
        settings.paths.output / name for name in ("values.parquet", "evaluation.csv")
    )
    if (
        evaluation.exists()
        and values.exists()
        and evaluation.stat().st_mtime_ns < values.stat().st_mtime_ns
    ):
        yield "evaluation.csv is older than the values: run attrx evaluate again"
