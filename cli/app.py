"""The command `attrx`: its subcommands, and how an exception becomes a line and an exit code."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from . import cache, gold
from .check import check
from .ensemble import ensemble
from .evaluate import evaluate
from .exit_codes import Code, of_error
from .extract import extract
from .imports import import_answers
from .init import init
from .report import REPORT_HELP, report
from .run import run_both
from .status import status
from .terminal import Terminal, survive_any_encoding

_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}

app = typer.Typer(
    add_completion=False,
    context_settings=_SETTINGS,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(is_given: bool) -> None:
    if is_given:
        from importlib.metadata import version

        typer.echo(f"attrx {version('attrx')}")
        raise typer.Exit


@app.callback()
def attrx(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Fill in product attributes by asking several language models and combining their answers.

    Start with `attrx init demo && cd demo && attrx run products.csv`.

    Exit codes: 0 all done; 1 failed; 2 usage or configuration; 3 finished, but a cell got no usable
    answer or a model was stopped; 4 stopped at the budget; 5 another run holds the cache; 6 the
    ensemble is worse than the best model, by `--require-no-worse-than-best`; 7 batches are open;
    130 interrupted.
    """


app.command()(init)
app.command()(extract)
app.command()(ensemble)
app.command("run")(run_both)
app.command()(evaluate)
app.command(help=REPORT_HELP)(report)
app.command()(status)
app.command()(check)
app.add_typer(gold.app, name="gold")
app.command("import")(import_answers)
app.add_typer(cache.app, name="cache")


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        arguments: What follows `attrx` on the command line; None = the process's own.

    Returns:
        The exit code (docs/design.md#exit-codes).
    """
    from ..providers.calling.open_files import raise_file_limit
    from ..runs.stop_signals import tidy_end

    survive_any_encoding()
    terminal = Terminal()
    words = sys.argv[1:] if arguments is None else arguments
    terminal.command = shlex.join(["attrx", *words])
    raise_file_limit()
    with tidy_end():
        code = _run(arguments, terminal)
    terminal.summarize(code)
    return code


def _run(arguments: Sequence[str] | None, terminal: Terminal) -> int:
    """Run a command; what went wrong is printed, and becomes the exit code."""
    from ..configs.errors import AttrxError

    try:
        return int(
            app(args=arguments, prog_name="attrx", standalone_mode=False, obj=terminal)
            or Code.SUCCESS
        )
    except typer.TyperException as error:
        return _usage_error(terminal, error)
    except AttrxError as error:
        terminal.error(error.message, error.hint)
        return of_error(error)
    except (KeyboardInterrupt, typer.Abort):
        return Code.INTERRUPT
    except OSError as error:
        terminal.error(
            f"{error.filename}: {error.strerror}"
            if error.filename
            else str(error.strerror or error)
        )
        return Code.FAILURE


def _usage_error(terminal: Terminal, error: typer.TyperException) -> int:
    context: typer.Context | None = getattr(error, "ctx", None)
    message = error.format_message()
    if context and message == context.get_help():
        typer.echo(message, err=True)  # called without arguments: the help is the message
    else:
        terminal.error(message, f"`{context.command_path} --help` explains." if context else "")
    return Code.USAGE
