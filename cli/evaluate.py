"""`attrx evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from ..configs.wording import quantity
from . import options
from .exit_codes import Code

if TYPE_CHECKING:
    from ..ensemble.evaluation.differences import Comparison


def evaluate(
    context: typer.Context,
    gold: options.Gold,
    config: options.Config = options.CONFIG,
    match: Annotated[
        Literal["exact", "normalized"],
        typer.Option(
            "--match",
            help="Compare spellings as they are (numbers as numbers), or as votes are compared.",
        ),
    ] = "normalized",
    outputs: options.From = None,
    quiet: options.Quiet = False,
    log_format: options.LogFormatOption = "text",
) -> int:
    """Score every model, majority vote and the ensemble against gold, on the same cells.

    The ensemble is what the last `attrx ensemble` or `attrx run` wrote; the models are their
    current answers in the cache, on the same cells. A missing answer counts as n/a.
    """
    from ..runs import evaluate
    from .progress import observing
    from .tables import evaluation_table

    terminal = options.start(context, quiet=quiet, log_format=log_format)
    settings = options.read_settings(config, outputs)
    with observing(terminal) as observer:
        result = evaluate.evaluate(settings, gold, observer, match=match)
    terminal.show(evaluation_table(result), asked_for=True)
    about = f"{quantity(result.cells, 'gold cell')} of {quantity(result.products, 'product')}"
    terminal.note(about, cells=result.cells, products=result.products)
    for comparison in result.comparisons:
        terminal.note(_sentence(comparison))
    terminal.note(f"wrote {result.file}", "wrote", path=str(result.file))
    return Code.SUCCESS


def _sentence(comparison: Comparison) -> str:
    """The difference between the ensemble and the best model, and whether it is more than luck."""
    from ..ensemble.evaluation.verdict import ending

    best = comparison.best
    interval = comparison.interval
    name = {"f1": "F1"}.get(interval.measure, interval.measure)
    if interval.difference is None or interval.low is None or interval.high is None:
        return f"{name}: ensemble and {best} cannot be compared on these cells"
    between = (
        f"{interval.difference:+.3f}, 95 % interval {interval.low:+.3f} to {interval.high:+.3f}"
    )
    verdict = {
        "better": "the ensemble is better",
        "worse": f"{best} alone is better",
        "equal": "no difference worth .01",
        "open": "no clear difference",
    }[ending(interval.low, interval.high)]
    return f"{name} of the ensemble minus that of {best}, the best model here: {between}: {verdict}"
