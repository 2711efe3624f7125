"""`attrx cache info | export | prune | verify | repair`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ..configs.notices import Notice
from ..configs.wording import quantity
from . import formatting, options
from .exit_codes import Code
from .repairing import make_whole

app = typer.Typer(
    help="Look into the answers cache, check and repair it, take answers out, or throw some away.",
    no_args_is_help=True,
)


@app.command()
def info(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Show what the cache holds."""
    from ..runs import cache
    from .tables import cache_table

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    result = cache.info(options.read_settings(config))
    terminal.show(cache_table(result), asked_for=True)
    terminal.note(
        f"{result.folder}: {quantity(result.products, 'product')},"
        f" {quantity(result.answers, 'answer')},"
        f" {formatting.size(result.bytes)} in {quantity(result.buckets, 'bucket')}"
    )
    return Code.SUCCESS


@app.command()
def export(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where to write.", show_default=False)
    ],
    config: options.Config = options.CONFIG,
    file_format: Annotated[
        Literal["parquet", "csv"], typer.Option("--format", help="Of the files.")
    ] = "parquet",
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Write products, answers (with their raw text) and votes as plain Parquet or CSV."""
    from ..runs import cache

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    for path in cache.export(options.read_settings(config), folder, file_format=file_format):
        terminal.note(f"wrote {path}", "wrote", path=str(path))
    return Code.SUCCESS


@app.command()
def prune(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    keep_products: Annotated[
        Path | None,
        typer.Option(
            "--keep-products", metavar="FILE", help="Remove products that are not in this input."
        ),
    ] = None,
    drop_model: Annotated[
        list[str] | None,
        typer.Option(
            "--drop-model", metavar="MODEL", help="Remove this model's answers; repeatable."
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much would go.")] = False,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Remove products or models that are no longer wanted; their answers cannot be had back."""
    from ..runs import cache

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    settings = options.read_settings(config)
    removal = cache.prune(
        settings, keep_products=keep_products, drop_models=drop_model or (), dry_run=dry_run
    )
    verb = "would go" if dry_run else "removed"
    terminal.note(
        f"{quantity(removal.products, 'product')} and {quantity(removal.answers, 'answer')} {verb}"
    )
    if removal.requests:
        terminal.note(f"{quantity(removal.requests, 'request')} in batches {verb}")
    for notice in removal.notices:
        terminal.warning(notice)
    return Code.SUCCESS


@app.command()
def verify(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Read all that the cache holds, with its checksums; exit code 1 if anything is damaged."""
    from ..runs import cache_integrity
    from .tables import verification_table

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    checks = cache_integrity.verify(options.read_settings(config))
    terminal.show(verification_table(checks), asked_for=True)
    damaged_files = [check for check in checks if check.problem]
    for check in damaged_files:
        notice = Notice("cache_damaged", f"{check.path}: {check.problem}")
        terminal.warning(notice, path=str(check.path))
    terminal.facts(files=len(checks), damaged_files=len(damaged_files))
    if damaged_files:
        terminal.note("`attrx cache repair` rescues what can be read; a backup has the rest")
        return Code.FAILURE
    return Code.SUCCESS


@app.command()
def repair(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Rescue what can be read of damaged files. Asks nobody; damaged files are kept aside.

    Exit code 3 if answers are lost: the next run asks them again.
    """
    terminal = options.start(context, quiet=quiet, log_format=log_format)
    has_lost = make_whole(terminal, options.read_settings(config))
    return Code.INCOMPLETE if has_lost else Code.SUCCESS
