"""`attrx run`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from . import options
from .ensemble import combine
from .exit_codes import Code
from .extract import ask
from .repairing import accept_losses
from .terminal import Terminal

if TYPE_CHECKING:
    from ..configs.settings import Settings


def run_both(
    context: typer.Context,
    input_file: options.Input,
    config: options.Config = options.CONFIG,
    limit: options.Limit = None,
    models: options.Models = None,
    max_cost: options.MaxCost = None,
    max_requests: options.MaxRequests = None,
    retry_failed: options.RetryFailed = False,
    refresh: options.Refresh = False,
    accept_loss: options.AcceptLoss = False,
    method: options.Method = None,
    chance: options.Chance = None,
    group_by: options.GroupBy = None,
    gold: options.SomeGold = None,
    leader: options.Leader = None,
    require_no_worse_than_best: options.RequireNoWorse = False,
    tolerance: options.Tolerance = options.TOLERANCE,
    compare: options.Compare = None,
    workers: options.Workers = None,
    to: options.RunTo = None,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Extract, then ensemble: what cron calls.

    Values are also written where a budget ended the asking or a model was stopped; the exit code
    says so. With --limit or --models the run is a try-out: what it writes goes into the folder
    tryout in the output folder, and the outputs of the last whole run stay.
    """
    from ..runs.configuration import is_tryout
    from ..runs.ensemble import EnsembleOptions, preflight
    from ..runs.session import ExtractOptions

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    method = options.method_with(
        gold, method, require_no_worse_than_best=require_no_worse_than_best
    )
    settings = options.read_settings(
        config, to, method=method, chance=chance, group_by=group_by, leader=leader
    )
    model_names = options.names(models)
    if to is None and is_tryout(settings, limit=limit, models=model_names):
        settings = _beside_the_outputs(settings, terminal)
    extract_options = ExtractOptions(
        input=input_file,
        limit=limit,
        models=model_names,
        max_cost=max_cost,
        max_requests=max_requests,
        retry_failed=retry_failed,
        refresh=refresh,
    )
    ensemble_options = EnsembleOptions(
        input=input_file,
        limit=limit,
        gold=gold,
        require_no_worse_than_best=require_no_worse_than_best,
        tolerance=tolerance,
        compare=compare,
        workers=workers,
    )
    if accept_loss:
        accept_losses(terminal, settings)
    # The steps of `runs.run.run`, with what is printed between them.
    ensemble_options = preflight(settings, ensemble_options, terminal.note)
    code = ask(terminal, settings, extract_options)
    if code is Code.INTERRUPT:
        terminal.note("no values were written; `attrx ensemble` writes them from what is cached")
        return code
    warn_of_no_answer = code is Code.SUCCESS
    return max(
        code, combine(terminal, settings, ensemble_options, warn_of_no_answer=warn_of_no_answer)
    )


def _beside_the_outputs(settings: Settings, terminal: Terminal) -> Settings:
    """The settings of a try-out, which leaves the last run's outputs as they are."""
    from ..outputs.read_back import TRYOUT_FOLDER
    from ..runs.configuration import with_output

    output = settings.paths.output
    folder = output / TRYOUT_FOLDER
    text = (
        f"a try-out (--limit or --models): its outputs go into {folder}, and those in {output}"
        " stay; --to names another folder"
    )
    terminal.note(text, "tryout", path=str(folder))
    return with_output(settings, folder)
