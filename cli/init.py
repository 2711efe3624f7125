"""`attrx init`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from .exit_codes import Code
from .options import LogFormatOption, Quiet, start

Preset = Literal["apparel", "gender", "age_group"]


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write.")] = Path(),
    preset: Annotated[
        Preset, typer.Option("--preset", help="Which attributes to start with.")
    ] = "apparel",
    quiet: Quiet = False,
    log_format: LogFormatOption = "text",
) -> int:
    """Write a commented config and sample products to start from.

    The config runs at once, on mock models and without a key; attrx.vendors.yaml beside it asks
    real ones. Nothing is overwritten.
    """
    from ..runs import init

    terminal = start(context, quiet=quiet, log_format=log_format)
    for path in init.init(folder, preset):
        terminal.note(f"wrote {path}", "wrote", path=str(path))
    change_folder = "" if folder == Path() else f"cd {folder} && "
    terminal.note(f"Next: {change_folder}attrx run products.csv")
    return Code.SUCCESS
