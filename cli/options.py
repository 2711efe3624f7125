"""Options that several commands share, and how a command starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..ensemble.methods import METHODS, WITH_GOLD
from .terminal import LogFormat, Terminal

if TYPE_CHECKING:
    from ..configs.settings import Settings

CONFIG = Path("attrx.yaml")
_OTHER_METHODS = ", ".join(name for name in METHODS if name != WITH_GOLD)

Config = Annotated[Path, typer.Option("--config", "-c", metavar="FILE", help="The configuration.")]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print warnings, errors and what was asked for; no more."),
]
LogFormatOption = Annotated[
    LogFormat, typer.Option("--log-format", help="How messages and progress are written to stderr.")
]
Input = Annotated[
    Path,
    typer.Argument(
        metavar="INPUT",
        help="Products: CSV, TSV, JSON, Parquet or .xlsx, also .gz.",
        show_default=False,
    ),
]

Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, metavar="N", help="Only the first N products, cached or not."),
]
Models = Annotated[
    str | None, typer.Option("--models", metavar="A,B", help="Ask only these models.")
]
MaxCost = Annotated[
    float | None,
    typer.Option(
        "--max-cost", min=0, metavar="USD", help="Stop before this call costs more (exit 4)."
    ),
]
MaxRequests = Annotated[
    int | None,
    typer.Option(
        "--max-requests", min=0, metavar="N", help="Stop before this call sends more (exit 4)."
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Send nothing; say what would be sent and what it may cost."),
]
Batch = Annotated[
    bool,
    typer.Option(
        "--batch",
        help="Ask through the vendors' batch APIs: half the price, within a day (exit 7).",
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Ask again where an answer gave no usable vote.")
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again what is cached.")]
AcceptLoss = Annotated[
    bool,
    typer.Option(
        "--accept-loss",
        help="Where files of the cache are gone or damaged: repair it, and ask again what is lost.",
    ),
]

Method = Annotated[
    str | None,
    typer.Option(
        "--method",
        metavar="NAME",
        help=f"{_OTHER_METHODS}, or {WITH_GOLD}, which --gold implies.",
        show_default=False,
    ),
]
Chance = Annotated[
    Literal["observed", "uniform"] | None,
    typer.Option("--chance", help="Which agreement counts as chance.", show_default=False),
]
GroupBy = Annotated[
    Literal["all", "attribute", "category"] | None,
    typer.Option("--group-by", help="Which cells share their weights.", show_default=False),
]

Leader = Annotated[
    str | None,
    typer.Option(
        "--leader",
        metavar="MODEL",
        help="The model believed to be the best: its vote decides, and the others where it gave"
        " none. With --gold, only a presumption.",
        show_default=False,
    ),
]
SomeGold = Annotated[
    Path | None,
    typer.Option(
        "--gold",
        metavar="FILE",
        help="Cells whose true value is known: learn from them (method auto), and say who is"
        " better.",
        show_default=False,
    ),
]
RequireNoWorse = Annotated[
    bool,
    typer.Option(
        "--require-no-worse-than-best",
        help="With --gold: keep the outputs aside, in the folder `refused`, where the ensemble is"
        " worse than the best model by more than the tolerance, with a probability of 90 % (exit"
        " 6).",
    ),
]
Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance",
        min=0.0,
        max=1.0,
        metavar="X",
        help="By how much accuracy the ensemble may be worse under --require-no-worse-than-best.",
    ),
]
TOLERANCE = 0.005
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        metavar="N",
        help="Parts of the catalog that are combined at once; the results are the same.",
        show_default="processor cores",
    ),
]
Compare = Annotated[
    Path | None,
    typer.Option(
        "--compare",
        metavar="DIR",
        help="Output folder of an earlier run, which may be this one's own: writes changes.csv, and"
        " warns where a model behaves otherwise. Without a run in it, this is the first.",
        show_default=False,
    ),
]
Gold = Annotated[
    Path,
    typer.Option(
        "--gold",
        metavar="FILE",
        help="Cells whose true value is known: columns product_id, attribute, value.",
        show_default=False,
    ),
]


To = Annotated[
    Path | None,
    typer.Option("--to", metavar="DIR", help="Where the outputs go.", show_default="paths.output"),
]
RunTo = Annotated[
    Path | None,
    typer.Option(
        "--to",
        metavar="DIR",
        help="Where the outputs go.",
        show_default="paths.output, and the folder `tryout` there with --limit or --models",
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        metavar="DIR",
        help="Folder of the outputs, such as that of a try-out.",
        show_default="paths.output",
    ),
]


def start(context: typer.Context, *, quiet: bool, log_format: LogFormat) -> Terminal:
    """The terminal of this call, told how to print."""
    terminal: Terminal = context.obj
    terminal.quiet, terminal.log_format = quiet, log_format
    return terminal


def read_settings(config: Path, output: Path | None = None, **ensemble: Any) -> Settings:
    """Load the configuration and put the options of the command line over it.

    Args:
        config: The file.
        output: The output folder; None = the config's.
        ensemble: Keys of the section `ensemble` and their values; None where the option was not
            given.

    Raises:
        ConfigError: The configuration or an option cannot be used.
    """
    from ..runs.configuration import load_config, with_ensemble, with_output

    settings = with_ensemble(load_config(config), **ensemble)
    return settings if output is None else with_output(settings, output)


def method_with(
    gold: Path | None, method: str | None, *, require_no_worse_than_best: bool
) -> str | None:
    """The method that the options ask for: gold implies that it chooses.

    Raises:
        ConfigError: Something is to be judged by gold, and there is none.
    """
    from ..configs.errors import ConfigError

    if require_no_worse_than_best and gold is None:
        raise ConfigError(
            "--require-no-worse-than-best: only gold can tell", hint="Give it with --gold FILE."
        )
    return WITH_GOLD if gold is not None and method is None else method


def names(text: str | None) -> tuple[str, ...] | None:
    """`a,b` as its names; None where the option was not given.

    Raises:
        ConfigError: It was given and names nothing, as `--models "$UNSET"` does.
    """
    from ..configs.errors import ConfigError

    if text is None:
        return None
    model_names = tuple(name.strip() for name in text.split(",") if name.strip())
    if not model_names:
        raise ConfigError("--models: expected names of models, separated by commas, found none")
    return model_names
