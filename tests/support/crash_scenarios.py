"""What attrx does when it is killed: one row for each command that writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Scenario:
    """A command that is killed before each of its operations on files, and then given again.

    Attributes:
        name: What is going on, in a few words.
        command: What follows `attrx`.
        before: Commands that went well before it.
        promise: What holds after a kill at any moment, beside what holds always.
        constants: Constants of attrx that are other than usual.
        code: Exit code of the command.
        done: What is said where the killed command had done all; empty where it is done again.
    """

    name: str
    command: str
    before: tuple[str, ...] = ()
    promise: str = ""
    constants: Mapping[str, Any] = field(default_factory=dict)
    code: int = 0
    done: str = ""


ALWAYS = (
    "The same command again goes through. No answer that had been committed is asked again; at most"
    " what was in flight is. Cache and outputs are in the end those of a run that nobody killed, to"
    " the byte, and no scratch stays."
)
_SMALL_BUCKETS = {"attrx.extraction.cache.writable_cache:PRODUCTS_A_BUCKET": 2}
_RUN = "run products.csv --quiet"

SCENARIOS = (
    Scenario("a first run", _RUN),
    Scenario(
        "a run by which the cache grows from one bucket to four",
        _RUN,
        before=("extract products.csv --quiet --limit 2",),
        constants=_SMALL_BUCKETS,
        promise="No answer is lost between the old buckets and the new.",
    ),
    Scenario(
        "`ensemble --compare` with its own outputs",
        "ensemble --quiet --compare out",
        before=(_RUN, "import imported.csv --quiet"),
        promise="`changes.csv` says what changed since the last whole run.",
    ),
    Scenario("`ensemble --gold`", "ensemble --quiet --gold gold.csv", before=(_RUN,)),
    Scenario(
        "`gold sample`",
        "gold sample --quiet --n 6 --to sheet.csv",
        before=(_RUN,),
        promise="Where the sheet was made, the same command says so; if the draw was not kept yet,"
        " the sheet's own weights hold.",
        done="sheet.csv: is there already",
    ),
    Scenario(
        "`import`",
        "import imported.csv --quiet",
        before=(_RUN,),
        promise="Imported answers are there once.",
    ),
    Scenario(
        "`cache prune`",
        "cache prune --quiet --drop-model bob",
        before=(_RUN,),
        promise="The answers of the other models stay.",
    ),
    Scenario("`cache export`", "cache export exported --quiet", before=(_RUN,)),
    Scenario("`report`", "report --quiet", before=(_RUN,)),
)
BATCH_SCENARIOS = (
    Scenario(
        "`extract --batch`, the call that submits",
        "extract products.csv --quiet --batch",
        promise="No batch is submitted twice.",
        code=7,
    ),
    Scenario(
        "`extract --batch`, the call that collects",
        "extract products.csv --quiet --batch",
        before=("extract products.csv --quiet --batch",),
        promise="No batch is submitted twice.",
    ),
)
