"""`attrx status`."""

from __future__ import annotations

import typer

from ..configs.wording import quantity
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
    terminal.note(f"{quantity(result.products, 'product')} in the cache", products=result.products)
    return Code.SUCCESS
