"""`attrx ensemble`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..configs.notices import Notice
from . import formatting, options
from .exit_codes import Code, of_ensemble
from .terminal import Terminal

if TYPE_CHECKING:
    from ..configs.settings import Settings
    from ..ensemble.evaluation.gold_report import GoldReport
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
    compare: options.Compare = None,
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
        config, method=method, chance=chance, group_by=group_by, leader=leader
    )
    asked = EnsembleOptions(
        input=input_file,
        gold=gold,
        require_no_worse_than_best=require_no_worse_than_best,
        compare=compare,
    )
    return combine(terminal, settings, asked)


def combine(
    terminal: Terminal, settings: Settings, asked: EnsembleOptions, *, told: bool = False
) -> Code:
    """Run `ensemble`; print the weights, what became of the cells, which files were written, and why the code is not 0.

    Args:
        terminal: Where to print.
        settings: The configuration.
        asked: What was asked.
        told: Cells without a usable answer were told of already.
    """
    from ..runs.ensemble import ensemble as combine_answers
    from .progress import observing
    from .tables import (
        gold_table,
        groups_left_out,
        sample_table,
        weights_table,
    )

    with observing(terminal) as observer:
        result = combine_answers(settings, asked, observer)
    terminal.show(sample_table(result))
    terminal.show(weights_table(result.weights))
    if (left_out := groups_left_out(result.weights)) > 0:
        terminal.note(f"{formatting.counted(left_out, 'more group')} in weights.csv")
    if result.gold is not None:
        terminal.show(gold_table(result.gold))
        terminal.note(_on_gold(result.gold), "gold", **result.gold.to_json())
    terminal.note(
        _summary(result),
        "ensemble",
        products=result.products,
        statuses=result.statuses,
        review=result.review,
    )
    if result.not_asked:
        terminal.note(
            f"{formatting.counted(result.not_asked, 'vote')} not asked for yet: these values may still change"
        )
    if result.changes is not None:
        terminal.note(_changed(result.changes), "changes", **result.changes.reasons)
    for path in result.files:
        terminal.note(f"wrote {path}", "wrote", path=str(path))
    _explain(terminal, result, told=told)
    return of_ensemble(result)


def _explain(terminal: Terminal, result: EnsembleResult, *, told: bool) -> None:
    if result.is_refused:
        kept = result.files[0].parent
        text = (
            "refused: the ensemble is worse than the best model by more than one standard error; "
            f"the outputs are kept aside in {kept}, the earlier ones stay"
        )
        terminal.warning(Notice("refused", text))
    elif (without := result.statuses.get("no_answer", 0)) and not told:
        text = f"{formatting.counted(without, 'cell')} without a usable answer of any model"
        terminal.warning(Notice("no_answer", text))


def _on_gold(gold: GoldReport) -> str:
    about = f"{formatting.counted(gold.cells, 'gold cell')} of {formatting.counted(gold.products, 'product')}"
    return f"{about}, models disagree on {gold.disagreements:,} of them. {gold.verdict.sentence}"


def _changed(changes: Changes) -> str:
    why = ", ".join(f"{count:,} ({reason})" for reason, count in changes.reasons.items())
    return (
        f"{formatting.counted(changes.cells, 'cell')} of the earlier run, changed: {why or 'none'}"
    )


def _summary(result: EnsembleResult) -> str:
    statuses = ", ".join(
        f"{count:,} {status.replace('_', ' ')}"
        for status, count in result.statuses.items()
        if count
    )
    about = f"{formatting.counted(result.products, 'product')}, {formatting.counted(result.cells, 'cell')}"
    return f"{about}: {statuses}; {result.review:,} to review"
