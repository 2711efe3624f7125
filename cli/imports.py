"""`attrx import`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..configs.notices import Notice
from . import formatting, options
from .exit_codes import Code
from .formatting import counted

if TYPE_CHECKING:
    from ..runs.imports import ImportResult


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
    from ..runs.imports import import_answers as take
    from .progress import observing

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    with observing(terminal) as observer:
        result = take(options.read_settings(config), answers, observer, replace=replace)
    answers_about = (
        f"{counted(result.answers, 'answer')} about {counted(result.products, 'product')}"
    )
    already = (
        f"; {formatting.count(result.unchanged)} stood there already" if result.unchanged else ""
    )
    terminal.note(f"{counted(result.rows, 'row')}: {answers_about} imported{already}")
    for warning in _warnings(result):
        terminal.warning(warning)
    if result.blanks:
        terminal.note(
            f"{counted(result.blanks, 'row')} without a value: no vote; n/a has to be spelt"
        )
    if result.behind_paid:
        behind = counted(result.behind_paid, "imported answer")
        terminal.note(
            f"{behind} counted only where no paid one does; --replace puts them before it"
        )
    return Code.DONE


def _warnings(result: ImportResult) -> Iterator[Notice]:
    """One line for each kind of thing that may be wrong."""
    if result.conflicts:
        rows = counted(result.conflicts, "row")
        text = f"{rows} contradicted an earlier row of the file; the last one counts"
        yield Notice("import_conflict", text)
    if odd := result.unknown_products:
        products = counted(odd.count, "product")
        text = (
            f"{products} of the file in no input so far, the first {odd.first}; kept all the same"
        )
        yield Notice("import_unknown_product", text)
    if odd := result.unknown_attributes:
        rows = counted(odd.count, "row")
        text = (
            f"{rows} about attributes not in the config, the first {odd.first}; import again once"
            " they are"
        )
        yield Notice("import_unknown_attribute", text)
    if odd := result.off_list:
        values = counted(odd.count, "value")
        text = f"{values} not allowed by the config, no vote; the first {odd.first}"
        yield Notice("import_off_list", text)
    if odd := result.unreadable:
        values = counted(odd.count, "value")
        yield Notice(
            "import_unreadable", f"{values} not understood, no vote; the first {odd.first}"
        )
