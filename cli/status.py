"""`attrx status`."""

from __future__ import annotations

import typer

from . import formatting, options
from .exit_codes import Code


def status(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Show, per model, what is cached, to do and failed, and what it has cost so far."""
    from ..runs.status import status as count
    from .tables import open_batches_table, status_table

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    found = count(options.read_settings(config))
    terminal.show(status_table(found), asked_for=True)
    if found.batches:
        terminal.show(open_batches_table(found.batches), asked_for=True)
    terminal.note(
        f"{formatting.counted(found.products, 'product')} in the cache", products=found.products
    )
    return Code.DONE
