"""`attrx gold sample | check`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..configs.notices import Notice
from ..configs.wording import quantity
from . import options
from .exit_codes import Code

app = typer.Typer(
    help="Draw cells to label by hand, and check a file of labelled cells.", no_args_is_help=True
)


@app.command()
def sample(
    context: typer.Context,
    n: Annotated[int, typer.Option("--n", min=1, metavar="N", help="How many cells.")] = 200,
    file: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Where to write them, as CSV or .xlsx.")
    ] = Path("gold-sample.csv"),
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Another seed draws other cells.")
    ] = 0,
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Write a sheet of cells worth labelling: where models disagree, and a fifth where they do not.

    Fill in the column `value` (ok where `current` is right; n/a where the product does not say;
    leave blank what you cannot tell; a second row for a cell is an alternative), and give the file
    to `attrx ensemble --gold`.
    """
    from ..runs import gold

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    result = gold.sample_gold(options.read_settings(config), file, n=n, seed=seed)
    counts = {"disagree": result.cells(disagree=True), "agree": result.cells(disagree=False)}
    about = f"{counts['disagree']:,} where models disagree, {counts['agree']:,} where they agree"
    terminal.note(
        f"{quantity(sum(counts.values()), 'cell')} to label: {about}", "sampled", **counts
    )
    terminal.note(f"wrote {file}", "wrote", path=str(file))
    for notice in result.notices:
        terminal.warning(notice)
    return Code.SUCCESS


@app.command(
    help="Read a file of labelled cells back, and say what of it cannot be used"
    " (exit 1 if anything)."
)
def check(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The filled-in file.", show_default=False)
    ],
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Read a gold file back."""
    from ..runs import gold
    from .tables import labels_table

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    result = gold.check_gold(options.read_settings(config), file)
    terminal.show(labels_table(result.labels), asked_for=True)
    if result.nothing:
        terminal.warning(Notice("gold_empty", f"{file}: {result.nothing}"))
    for notice in result.problems:
        terminal.warning(notice)
    for remark in result.remarks:
        terminal.note(remark)
    about = f"{result.absent:,} of them n/a, {result.alternatives:,} with alternatives"
    terminal.note(f"{quantity(result.cells, 'labelled cell')}, {about}", "gold", cells=result.cells)
    return Code.FAILURE if result.problems else Code.SUCCESS
