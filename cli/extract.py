"""`attrx extract`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ..configs.notices import Notice
from . import formatting, options
from .exit_codes import Code, of_extract
from .terminal import Terminal

if TYPE_CHECKING:
    from ..configs.settings import Settings
    from ..runs.extract import ExtractOptions, ExtractResult

_KEPT = "{}; what was answered is kept, and the same command goes on from there"


def extract(
    context: typer.Context,
    input_file: options.Input,
    config: options.Config = options.CONFIG,
    limit: options.Limit = None,
    models: options.Models = None,
    max_cost: options.MaxCost = None,
    max_requests: options.MaxRequests = None,
    dry_run: options.DryRun = False,
    batch: options.Batch = False,
    retry_failed: options.RetryFailed = False,
    refresh: options.Refresh = False,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Ask the models about everything that is not cached yet.

    Ctrl-C once lets what is in flight arrive, twice leaves at once; what was answered is kept
    either way, and the next call goes on from there.

    With --batch, a call collects what is ready, submits what is neither cached nor on its way, and
    leaves with exit code 7 as long as batches are open; the same command, later, goes on. Not all
    providers have a batch API.
    """
    from ..runs.extract import ExtractOptions

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    asked = ExtractOptions(
        input=input_file,
        limit=limit,
        models=options.names(models),
        max_cost=max_cost,
        max_requests=max_requests,
        retry_failed=retry_failed,
        refresh=refresh,
        batch=batch,
    )
    settings = options.read_settings(config)
    return plan(terminal, settings, asked) if dry_run else ask(terminal, settings, asked)


def plan(terminal: Terminal, settings: Settings, asked: ExtractOptions) -> Code:
    """Print what would be asked, what it may cost, and the first prompts."""
    from rich.text import Text

    from ..runs.dry_run import dry_run as survey
    from .progress import observing
    from .tables import estimate_table

    with observing(terminal) as observer:
        result = survey(settings, asked, observer)
    terminal.show(estimate_table(result), asked_for=True)
    for names, messages in result.prompts.items():
        turns = (f"--- {message['role']} ---\n{message['content'].strip()}" for message in messages)
        prompt = "\n".join((f"The first prompt that asks for {', '.join(names)}:", *turns))
        terminal.show(Text(formatting.printable_lines(f"\n{prompt}\n")), asked_for=True)
    terminal.note(f"{formatting.counted(result.products, 'product')} looked at; nothing was sent")
    return Code.DONE


def ask(terminal: Terminal, settings: Settings, asked: ExtractOptions) -> Code:
    """Run `extract`, watched; print what each model did, and say why the exit code is not 0."""
    import asyncio

    from ..runs.batch import BatchResult, batch_extract
    from ..runs.extract import extract as ask_models
    from .progress import observing
    from .tables import batch_table, extract_table

    with observing(terminal) as observer:
        try:
            result = (batch_extract if asked.batch else ask_models)(settings, asked, observer)
        except asyncio.CancelledError:  # Ctrl-C, twice
            terminal.warning(Notice("interrupted", _KEPT.format("interrupted")))
            return Code.INTERRUPTED
    terminal.show(batch_table(result) if isinstance(result, BatchResult) else extract_table(result))
    code = of_extract(result)
    _explain(terminal, code, result)
    return code


def _explain(terminal: Terminal, code: Code, result: ExtractResult) -> None:
    if code is Code.INTERRUPTED:
        terminal.warning(Notice("interrupted", _KEPT.format("interrupted")))
        return
    if result.budget_spent:
        terminal.warning(Notice("budget_spent", _KEPT.format("stopped at the budget")))
    if code is Code.BATCHES_OPEN:
        _tell_of_batches(terminal, result)
    elif result.without_vote and code is Code.INCOMPLETE:
        cells = formatting.counted(result.without_vote, "cell")
        terminal.warning(Notice("no_answer", f"{cells} got no usable answer from any model"))


def _tell_of_batches(terminal: Terminal, result: ExtractResult) -> None:
    from ..runs.batch import BatchResult

    if isinstance(result, BatchResult):
        requests = formatting.counted(sum(each.requests for each in result.batches), "request")
        terminal.note(
            f"{requests} on their way in batches; the same command, later, collects the answers"
        )
    else:
        cells = formatting.counted(result.in_batches, "cell")
        text = (
            f"{cells} on their way in batches, and not asked; `attrx extract --batch` collects the"
            " answers"
        )
        terminal.warning(Notice("in_batches", text))
