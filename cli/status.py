"""`attrx status`."""

from __future__ import annotations

from dataclasses import asdict

import typer

from ..configs.wording import quantity, sum_of_costs
from . import options
from .exit_codes import Code


def status(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Show, per model, what is cached, to do and failed, and what it has cost so far."""
    from ..runs import status
    from .tables import open_batches_table, status_table

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    result = status.status(options.read_settings(config))
    terminal.show(status_table(result), asked_for=True)
    if result.batches:
        terminal.show(open_batches_table(result.batches), asked_for=True)
    terminal.facts(
        products=result.products,
        models={model.model: asdict(model) for model in result.models},
        cost_usd=sum_of_costs(model.usage.cost_usd for model in result.models),
    )
    for allowance in result.allowances:
        terminal.note(allowance.describe(), "budget", left_usd=allowance.left_usd)
    terminal.note(f"{quantity(result.products, 'product')} in the cache", products=result.products)
    return Code.SUCCESS
