"""`attrx check`."""

from __future__ import annotations

import typer

from . import options
from .exit_codes import Code


def check(
    context: typer.Context,
    config: options.Config = options.CONFIG,
    models: options.Models = None,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Send one tiny request to each model.

    Shows whether it is reachable and lets us in, which form of structured output it keeps, and
    which limits its response names. mock and replay are only opened. Exit code 1 where a model
    cannot be used.
    """
    from ..runs import check
    from .tables import check_table

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    settings = options.read_settings(config)
    language = check.language_of(settings)
    if language:
        terminal.note(language)
    checks = check.check(settings, options.names(models))
    terminal.show(check_table(checks), asked_for=True)
    code = Code.SUCCESS
    for each in checks:
        if each.problem:
            code = Code.FAILURE
            names_model = f"'{each.model}'" in each.problem
            text = each.problem if names_model else f"{each.model}: {each.problem}"
            terminal.error(text, each.hint, model=each.model)
    return code
