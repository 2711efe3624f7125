"""`attrx gold sample | check | shots`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from ..configs.notices import Notice
from ..configs.wording import quantity
from . import options
from .exit_codes import Code

app = typer.Typer(
    help="Draw cells to label by hand, check a file of labels, and show some to the models.",
    no_args_is_help=True,
)


@app.command()
def sample(
    context: typer.Context,
    input_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT",
            help="Only the cells of these products, with the texts that they have here.",
            show_default="all cached",
        ),
    ] = None,
    n: Annotated[int, typer.Option("--n", min=1, metavar="N", help="How many cells.")] = 200,
    file: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Where to write them, as CSV or .xlsx.")
    ] = Path("gold-sample.csv"),
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Another seed draws other cells.")
    ] = 0,
    gold_file: Annotated[
        Path | None,
        typer.Option(
            "--gold",
            metavar="FILE",
            help="Cells that are labelled already: N more, most of those in doubt, in a sheet that"
            " has these labels too.",
            show_default=False,
        ),
    ] = None,
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Write a sheet of cells worth labelling: most where models disagree, some where they do not.

    Fill in the column `value` (ok where `current` is right; n/a where the product does not say;
    leave blank what you cannot tell; a second row for a cell is an alternative), and give the file
    to `attrx ensemble --gold`.
    """
    from ..runs.gold import sample_gold
    from ..runs.gold_continuation import continue_sample

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    settings = options.read_settings(config)
    if gold_file is None:
        result = sample_gold(settings, file, n=n, seed=seed, input_file=input_file)
    else:
        result = continue_sample(settings, gold_file, file, n=n, seed=seed, input_file=input_file)
    counts = {"disagree": result.cells(disagree=True), "agree": result.cells(disagree=False)}
    about = f"{counts['disagree']:,} where models disagree, {counts['agree']:,} where they agree"
    if result.labelled_cells:
        counts["labelled"] = result.labelled_cells
        about = f"{about}; {quantity(result.labelled_cells, 'label')} taken over"
    n_cells = sum(result.cells_of_stratum.values())
    terminal.note(f"{quantity(n_cells, 'cell')} to label: {about}", "sampled", **counts)
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


@app.command()
def shots(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The labelled cells.", show_default=False)
    ],
    input_file: Annotated[
        Path | None,
        typer.Argument(
            metavar="INPUT", help="A products file with the texts.", show_default="the cached ones"
        ),
    ] = None,
    n: Annotated[
        int, typer.Option("--n", min=1, metavar="N", help="At most so many worked examples.")
    ] = 10,
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Where to write the worked examples.")
    ] = Path("shots.jsonl"),
    rest: Annotated[
        Path,
        typer.Option("--rest", metavar="FILE", help="Where to write the other labels."),
    ] = Path("gold-rest.csv"),
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Show half of the labels to the models, and keep the other half for weights and measuring.

    Products go to one half or to the other, with all of their labels: a label that models were
    shown says nothing of how good they are. Name the worked examples in the config, as
    `prompt: {demonstrations: shots.jsonl}`, and give the rest to `--gold`.
    """
    from ..runs.gold_shots import ShotFiles, make_shots

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    settings = options.read_settings(config)
    result = make_shots(settings, file, ShotFiles(to, rest), n=n, input_file=input_file)
    terminal.note(f"wrote {to}", "wrote", path=str(to))
    terminal.note(f"wrote {rest}", "wrote", path=str(rest))
    examples = quantity(result.demonstrations, "worked example")
    cells = quantity(result.rest_cells, "labelled cell")
    products = quantity(result.rest_products, "product")
    terminal.note(
        f"{examples} for the prompt; {cells} of {products} are left for --gold. In the config:"
        f" prompt: {{demonstrations: {to}}}",
        "shots",
        demonstrations=result.demonstrations,
        rest_cells=result.rest_cells,
    )
    for attribute, values in result.examples.items():
        listed_values = json.dumps(list(values), ensure_ascii=False)
        terminal.note(f"and for {attribute}: examples: {listed_values}")
    return Code.SUCCESS
