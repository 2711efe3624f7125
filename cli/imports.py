"""`attrx import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .codes import Code


def import_answers(
    context: typer.Context,
    answers: Annotated[Path, typer.Argument(metavar="FILE", help="The answers.", show_default=False)],
    config: options.Config = options.CONFIG,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let them stand before answers that were paid for.")
    ] = False,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Take answers from elsewhere into the cache.

    Columns: product_id, model, raw (what the model returned), or product_id, attribute, model, value.
    """
    from ..runs.imports import import_answers as take
    from .progress import observing

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    with observing(terminal) as observer:
        result = take(options.read_settings(config), answers, observer, replace=replace)
    terminal.note(f"{result.rows:,} rows: {result.answers:,} answers about {result.products:,} products imported")
    if result.conflicts:
        terminal.warning(f"{result.conflicts:,} rows contradicted an earlier row of the file; the last one counts")
    if result.behind_paid:
        terminal.note(f"{result.behind_paid:,} stand behind an answer that was paid for; --replace puts them before it")
    return Code.DONE
