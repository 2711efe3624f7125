"""`attrx extract`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ..configs.notices import Notice
from ..configs.wording import cost, quantity
from . import options
from .exit_codes import Code, of_extract
from .repairing import accept_losses
from .terminal import Terminal

if TYPE_CHECKING:
    from ..configs.settings import Settings
    from ..extraction.asking.observer import Observer
    from ..runs.counting import ModelTally
    from ..runs.dry_run import Estimate
    from ..runs.extract import ExtractResult
    from ..runs.session import ExtractOptions
    from .wide_table import WideTable

_CONTINUATION = "what was answered is kept"
_WORTH_TELLING = 1.05
_INTERRUPTION = Notice(
    "interrupted", f"interrupted; {_CONTINUATION}, and the same command goes on from there"
)


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
    accept_loss: options.AcceptLoss = False,
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
    from ..runs.session import ExtractOptions

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    extract_options = ExtractOptions(
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
    if dry_run:
        return plan(terminal, settings, extract_options)
    if accept_loss:
        accept_losses(terminal, settings)
    return ask(terminal, settings, extract_options)


def plan(terminal: Terminal, settings: Settings, extract_options: ExtractOptions) -> Code:
    """Print what would be asked, what it may cost, and the first prompts."""
    from ..runs import dry_run
    from .progress import observing
    from .tables import estimate_table

    with observing(terminal) as observer:
        result = dry_run.dry_run(settings, extract_options, observer)
    terminal.show(estimate_table(result), asked_for=True)
    for names, messages in result.prompts.items():
        prompt = [f"The first prompt that asks for {', '.join(names)}:"]
        for message in messages:
            prompt.append(f"--- {message['role']} ---\n{message['content'].strip()}")
        terminal.show_text("\n" + "\n".join(prompt) + "\n")
    for text in result.shortages():
        terminal.warning(Notice("budget_short", text))
    for text in result.doubts():
        terminal.note(text)
    if result.total.requests:
        terminal.note(result.stop_bound())
    terminal.note(f"{quantity(result.products, 'product')} looked at; nothing was sent")
    return Code.SUCCESS


def ask(terminal: Terminal, settings: Settings, extract_options: ExtractOptions) -> Code:
    """Run `extract`, watched; print what each model did, and say why the exit code is not 0."""
    import asyncio

    from .progress import observing

    _warn_of_shortage(terminal, settings, extract_options)
    with observing(terminal) as observer:
        try:
            result = _extract(settings, extract_options, observer)
        except asyncio.CancelledError:  # Ctrl-C, twice
            terminal.warning(_INTERRUPTION)
            return Code.INTERRUPT
    terminal.show(_result_table(result))
    code = of_extract(result)
    if result.cost_usd:
        terminal.note(f"{cost(result.cost_usd)} spent in this call")
    if result.budget_spent and code is not Code.INTERRUPT:
        rest = _rest(settings, extract_options)
        text = _budget_end(terminal, result, rest)
        terminal.warning(Notice("budget_spent", text))
    _explain(terminal, code, result)
    terminal.facts(
        products=result.products,
        asking={tally.model: tally.to_json() for tally in result.models},
        cost_usd=result.cost_usd,
    )
    return code


def _warn_of_shortage(
    terminal: Terminal, settings: Settings, extract_options: ExtractOptions
) -> None:
    """Say before anything is sent that the money will not do. It takes planning twice."""
    from ..extraction.asking.observer import Silent
    from ..runs import dry_run

    if extract_options.max_cost is None and not settings.budget.bounds_cost:
        return
    observer = Silent()
    estimate = dry_run.dry_run(settings, extract_options, observer)
    for text in estimate.shortages():
        notice = Notice("budget_short", text)
        terminal.warning(notice)


def _rest(settings: Settings, extract_options: ExtractOptions) -> Estimate:
    """What the same command would still ask."""
    from ..extraction.asking.observer import Silent
    from ..runs import dry_run

    observer = Silent()
    plan_of_rest = dry_run.dry_run(settings, extract_options, observer)
    return plan_of_rest.total


def _budget_end(terminal: Terminal, result: ExtractResult, rest: Estimate) -> str:
    """What was spent, what the rest would take, and how it goes on."""
    text = f"stopped at the budget ({result.budget_in_words}): {cost(result.cost_usd)} spent"
    text += _charge_in_words(result)
    requests = quantity(rest.requests, "request")
    text += f"; the rest takes {requests}, about {cost(rest.cost_usd)}"
    renewal = None if result.allowance is None else result.allowance.renewal
    later = "" if renewal is None else f" on {renewal:%Y-%m-%d} (UTC)"
    return f"{text}; {_CONTINUATION}, and `{terminal.command}` goes on from there{later}"


def _charge_in_words(result: ExtractResult) -> str:
    """What the budget counts, where that is more than what was told to be spent."""
    known_cost_usd = result.cost_usd or 0.0
    if result.allowance is None or result.charge_usd <= _WORTH_TELLING * known_cost_usd:
        return ""
    return (
        f", {cost(result.charge_usd)} counted (what was lost, went into batches, or came without a"
        " usage that can be true counts as the most it can cost)"
    )


def _extract(
    settings: Settings, extract_options: ExtractOptions, observer: Observer
) -> ExtractResult:
    from ..runs import batch, extract

    if extract_options.batch:
        return batch.batch_extract(settings, extract_options, observer)
    return extract.extract(settings, extract_options, observer)


def _result_table(result: ExtractResult) -> WideTable:
    from ..runs.batch import BatchResult
    from .tables import batch_table, extract_table

    if isinstance(result, BatchResult):
        return batch_table(result)
    return extract_table(result)


def _explain(terminal: Terminal, code: Code, result: ExtractResult) -> None:
    if code is Code.INTERRUPT:
        terminal.warning(_INTERRUPTION)
        return
    for tally in result.models:
        tell_of_failures(terminal, tally)
    if code is Code.BATCHES_OPEN:
        _tell_of_batches(terminal, result)
    elif result.without_vote and code is Code.INCOMPLETE:
        cells = quantity(result.without_vote, "cell")
        terminal.warning(Notice("no_answer", f"{cells} got no usable answer from any model"))


def tell_of_failures(terminal: Terminal, tally: ModelTally) -> None:
    """Say of a model what failed, and what was not sent since it was stopped."""
    if tally.failures:
        requests = quantity(tally.failures, "request")
        terminal.note(f"{tally.model}: {requests} failed; the next run asks again")
    n_unsent = tally.requests - tally.ended_requests
    if tally.stop_reason is not None and n_unsent > 0:
        requests = quantity(n_unsent, "request")
        terminal.note(
            f"{tally.model}: {requests} without an answer, since it was stopped; the next run asks"
            " again"
        )


def _tell_of_batches(terminal: Terminal, result: ExtractResult) -> None:
    from ..runs.batch import BatchResult

    if isinstance(result, BatchResult):
        n_requests = sum(batches.requests for batches in result.batches)
        terminal.note(
            f"{quantity(n_requests, 'request')} on their way in batches; the same command, later,"
            " collects the answers"
        )
    else:
        text = (
            f"{quantity(result.in_batches, 'cell')} on their way in batches, and not asked;"
            " `attrx extract --batch` collects the answers"
        )
        terminal.warning(Notice("in_batches", text))
