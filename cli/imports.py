"""`attrx import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from . import options
from .codes import Code
from .texts import counted


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
    answers_about = f"{counted(result.answers, 'answer')} about {counted(result.products, 'product')}"
    terminal.note(f"{counted(result.rows, 'row')}: {answers_about} imported")
    if result.conflicts:
        rows = counted(result.conflicts, "row")
        terminal.warning(f"{rows} contradicted an earlier row of the file; the last one counts")
    if result.behind_paid:
        behind = counted(result.behind_paid, "imported answer")
        terminal.note(f"{behind} counted only where no paid one does; --replace puts them before it")
    return Code.DONE
