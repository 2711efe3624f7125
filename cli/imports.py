"""`attrx import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..configs.wording import quantity, thousands
from . import options
from .exit_codes import Code


def import_answers(
    context: typer.Context,
    answers: Annotated[
        Path, typer.Argument(metavar="FILE", help="The answers.", show_default=False)
    ],
    config: options.Config = options.CONFIG,
    replace: Annotated[
        bool, typer.Option("--replace", help="Let them stand before answers that were paid for.")
    ] = False,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Take answers from elsewhere into the cache.

    Columns: product_id, model, raw (what the model returned), or product_id, attribute, model,
        value.
    """
    from ..runs import imports
    from .progress import observing

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    with observing(terminal) as observer:
        result = imports.import_answers(
            options.read_settings(config), answers, observer, replace=replace
        )
    summary = (
        f"{quantity(result.rows, 'row')}: {quantity(result.answers, 'answer')}"
        f" about {quantity(result.products, 'product')} imported"
    )
    if result.unchanged:
        summary += f"; {thousands(result.unchanged)} stood there already"
    terminal.note(summary)
    for notice in result.warnings:
        terminal.warning(notice)
    if result.blanks:
        terminal.note(
            f"{quantity(result.blanks, 'row')} without a value: no vote; n/a has to be spelt"
        )
    if result.behind_others:
        behind = quantity(result.behind_others, "imported answer")
        terminal.note(
            f"{behind} counted only where no paid one does; --replace puts them before it"
        )
    return Code.SUCCESS
