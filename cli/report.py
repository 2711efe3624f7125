"""`attrx report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .exit_codes import Code

REPORT_HELP = (
    "Write one HTML page about the last values: weights, agreement, gold, cost, and the cells"
    " worth a look.\n\n"
    "The page needs nothing else: it can be mailed, opened without a network, and printed."
)


def report(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    to: Annotated[
        Path | None,
        typer.Option(
            "--to",
            metavar="FILE|DIR",
            help="Where to write it: a file, or a folder for report.html.",
            show_default="report.html beside the values",
        ),
    ] = None,
    outputs: options.From = None,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Write the page."""
    from ..runs import report

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    path = report.report(options.read_settings(config, outputs), to)
    terminal.note(f"wrote {path}", "wrote", path=str(path))
    return Code.SUCCESS
