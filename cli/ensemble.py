"""`attrx ensemble`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..configs.notices import Notice
from ..configs.wording import quantity
from . import options
from .exit_codes import Code, of_ensemble
from .terminal import Terminal

if TYPE_CHECKING:
    from ..configs.settings import Settings
    from ..outputs.comparison.changes import Changes
    from ..outputs.result import EnsembleResult
    from ..runs.ensemble import EnsembleOptions


def ensemble(
    context: typer.Context,
    input_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT",
            help="Only these products, for values and for weights.",
            show_default="all cached",
        ),
    ] = None,
    config: options.Config = options.CONFIG,
    method: options.Method = None,
    chance: options.Chance = None,
    group_by: options.GroupBy = None,
    gold: options.SomeGold = None,
    leader: options.Leader = None,
    require_no_worse_than_best: options.RequireNoWorse = False,
    tolerance: options.Tolerance = options.TOLERANCE,
    compare: options.Compare = None,
    workers: options.Workers = None,
    to: options.To = None,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Combine the cached answers into values, and say how much each model counts.

    A model's weight follows from how often it agrees with the combined value, beyond what chance
    alone would give. Agreement is not accuracy: it reads too high where models share their
    mistakes. With some gold cells the weights are learned from them, every value gets a confidence,
    and a sentence says whether the ensemble is worth using.
    """
    from ..runs.ensemble import EnsembleOptions

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    method = options.method_with(
        gold, method, require_no_worse_than_best=require_no_worse_than_best
    )
    settings = options.read_settings(
        config, to, method=method, chance=chance, group_by=group_by, leader=leader
    )
    ensemble_options = EnsembleOptions(
        input=input_file,
        gold=gold,
        require_no_worse_than_best=require_no_worse_than_best,
        tolerance=tolerance,
        compare=compare,
        workers=workers,
    )
    return combine(terminal, settings, ensemble_options)


def combine(
    terminal: Terminal,
    settings: Settings,
    ensemble_options: EnsembleOptions,
    *,
    warn_of_no_answer: bool = True,
) -> Code:
    """Run `ensemble`; print the weights, what became of the cells, and which files were written.

    Args:
        terminal: Where to print.
        settings: The configuration.
        ensemble_options: What is asked.
        warn_of_no_answer: Whether to warn of cells without a usable answer; they may have been told
            of already.
    """
    from ..extraction.cache.usage import total_usd
    from ..runs import ensemble
    from .progress import observing

    with observing(terminal) as observer:
        result = ensemble.ensemble(settings, ensemble_options, observer)
    _show_weights(terminal, result)
    _show_gold(terminal, result)
    _tell_of_cells(terminal, result)
    terminal.facts(
        products=result.products,
        cells=result.cells,
        statuses=result.statuses,
        review=result.review,
        not_asked=result.not_asked,
        failed=result.failed,
        total_usd=total_usd(result.usage),
    )
    for path in result.files:
        terminal.note(f"wrote {path}", "wrote", path=str(path))
    if result.is_refused:
        _warn_of_refusal(terminal, result)
    elif warn_of_no_answer:
        _warn_of_no_answer(terminal, result)
    return of_ensemble(result)


def _show_weights(terminal: Terminal, result: EnsembleResult) -> None:
    from .tables import count_more_groups, sample_table, weights_table

    terminal.show(sample_table(result))
    terminal.show(weights_table(result.weights))
    more_groups = count_more_groups(result.weights)
    if more_groups:
        terminal.note(f"{quantity(more_groups, 'more group')} in weights.csv")


def _show_gold(terminal: Terminal, result: EnsembleResult) -> None:
    from .tables import gold_table

    gold = result.gold
    if gold is None:
        return
    terminal.show(gold_table(gold))
    text = (
        f"{quantity(gold.cells, 'gold cell')} of {quantity(gold.products, 'product')}, models"
        f" disagree on {gold.disagreements:,} of them. {gold.verdict.sentence}"
    )
    terminal.note(text, "gold", **gold.to_json())
    if result.choice_reason is not None:
        terminal.note(f"Published is {result.choice_reason}.", "choice", choice=result.choice)
    if result.acceptance is not None:
        acceptance = result.acceptance
        terminal.note(f"{acceptance.sentence}.", "acceptance", **acceptance.to_json())


def _tell_of_cells(terminal: Terminal, result: EnsembleResult) -> None:
    terminal.note(
        _summary(result),
        "ensemble",
        products=result.products,
        statuses=result.statuses,
        review=result.review,
    )
    if result.failed:
        votes = quantity(result.failed, "vote")
        terminal.note(f"{votes} failed: their requests got no answer, and the next run asks again")
    if result.not_asked:
        votes = quantity(result.not_asked, "vote")
        terminal.note(f"{votes} not asked for yet: these values may still change")
    if result.changes is not None:
        terminal.note(_change_summary(result.changes), "changes", **result.changes.reasons)


def _summary(result: EnsembleResult) -> str:
    cells = []
    for status, count in result.statuses.items():
        if count:
            cells.append(f"{count:,} {status.replace('_', ' ')}")
    return (
        f"{quantity(result.products, 'product')}, {quantity(result.cells, 'cell')}:"
        f" {', '.join(cells)}; {result.review:,} to review"
    )


def _change_summary(changes: Changes) -> str:
    cells = [f"{count:,} ({reason})" for reason, count in changes.reasons.items()]
    why = ", ".join(cells) or "none"
    return f"{quantity(changes.cells, 'cell')} of the earlier run, changed: {why}"


def _warn_of_refusal(terminal: Terminal, result: EnsembleResult) -> None:
    folder = result.files[0].parent
    text = (
        "refused: the ensemble is worse than the best model by more than the tolerance; the outputs"
        f" are kept aside in {folder}, the earlier ones stay"
    )
    terminal.warning(Notice("refused", text))


def _warn_of_no_answer(terminal: Terminal, result: EnsembleResult) -> None:
    n_cells = result.statuses.get("no_answer", 0)
    if n_cells:
        text = f"{quantity(n_cells, 'cell')} without a usable answer of any model"
        terminal.warning(Notice("no_answer", text))
