"""Tables. Every cell goes through `printable`, so that no product, model or vendor can act on the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table
from rich.text import Text

from . import formatting

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..ensemble.evaluation.gold_report import GoldReport
    from ..outputs.result import EnsembleResult
    from ..outputs.weights import WeightRow
    from ..runs.batch import BatchResult
    from ..runs.cache import CacheInfo
    from ..runs.check import ModelCheck
    from ..runs.dry_run import DryRun
    from ..runs.evaluate import EvaluationResult
    from ..runs.extract import ExtractResult
    from ..runs.status import OpenBatches, Status

MOST_GROUPS = 40
MOST_SHOWN = 6
ALL = "*"


def new_table(*columns: str) -> Table:
    """An empty table; a column whose name ends in `>` is right-aligned."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        table.add_column(
            Text(column.removesuffix(">")), justify="right" if column.endswith(">") else "left"
        )
    return table


def row(table: Table, *cells: str) -> None:
    """Add a row of texts, none of which is read as markup."""
    table.add_row(*(Text(formatting.printable(cell)) for cell in cells))


def extract_table(result: ExtractResult) -> Table:
    """What each model did in one `extract`."""
    table = new_table(
        "model",
        "to ask>",
        "sent>",
        "answered>",
        "unusable>",
        "failed>",
        "cells cached>",
        "tokens>",
        "cost>",
    )
    for tally in result.models:
        counts = (
            tally.requests,
            tally.attempts,
            tally.answers,
            tally.unusable,
            tally.failures,
            tally.cached_cells,
        )
        tokens = tally.input_tokens + tally.output_tokens
        row(
            table,
            tally.model,
            *map(formatting.count, counts),
            formatting.count(tokens),
            formatting.cost(tally.cost_usd),
        )
    return table


def batch_table(result: BatchResult) -> Table:
    """What each model did in one `extract --batch`, and what it has with its vendor."""
    table = new_table(
        "model",
        "answered>",
        "unusable>",
        "failed>",
        "cells cached>",
        "submitted>",
        "open>",
        "tokens>",
        "cost>",
    )
    for tally, batches in zip(result.models, result.batches, strict=True):
        counts = (
            tally.answers,
            tally.unusable,
            tally.failures,
            tally.cached_cells,
            batches.submitted,
            batches.requests,
        )
        tokens = tally.input_tokens + tally.output_tokens
        row(
            table,
            tally.model,
            *map(formatting.count, counts),
            formatting.count(tokens),
            formatting.cost(tally.cost_usd),
        )
    return table


def weights_table(rows: Sequence[WeightRow]) -> Table:
    """How much each model's vote counts: one line per group, one column per model.

    Groups beyond the first MOST_GROUPS are left to `weights.csv`; where all have the same weights,
    one line is enough.
    """
    models = list(dict.fromkeys(each.model for each in rows))
    groups = _groups_shown(rows)
    categories = any(category != ALL for category, _ in groups)
    table = new_table(
        *(["category"] if categories else []),
        "attribute",
        "cells>",
        *(f"{name}>" for name in models),
    )
    for (category, attribute), found in list(groups.items())[:MOST_GROUPS]:
        cells = formatting.count(found[models[0]].cells)
        weights = (formatting.fraction(found[name].weight) for name in models)
        row(table, *([category] if categories else []), attribute, cells, *weights)
    return table


def groups_left_out(rows: Sequence[WeightRow]) -> int:
    """How many groups `weights_table` leaves to `weights.csv`."""
    return max(0, len(_groups_shown(rows)) - MOST_GROUPS)


def _groups_shown(rows: Sequence[WeightRow]) -> dict[tuple[str, str], dict[str, WeightRow]]:
    """(category, attribute) -> model -> its row; one group for all where all have the same weights."""
    groups: dict[tuple[str, str], dict[str, WeightRow]] = {}
    for each in rows:
        groups.setdefault((each.category, each.attribute), {})[each.model] = each
    if (
        len(groups) == 1
        or len({tuple(each.weight for each in found.values()) for found in groups.values()}) > 1
    ):
        return groups
    first, *others = groups.values()
    cells = {
        name: each.cells + sum(found[name].cells for found in others)
        for name, each in first.items()
    }
    return {(ALL, ALL): {name: replace(each, cells=cells[name]) for name, each in first.items()}}


def evaluation_table(result: EvaluationResult) -> Table:
    """Everyone on the same gold cells: measures over all cells, and the mean F1 over categories and attributes."""
    by_level = {(each.who, each.level): each.measures for each in result.rows}
    table = new_table(
        "who", "cells>", "missing>", "accuracy>", "precision>", "recall>", "F1>", "macro F1>"
    )
    for who in dict.fromkeys(each.who for each in result.rows):
        micro, macro = by_level[who, "micro"], by_level[who, "macro"]
        measures = (micro.accuracy, micro.precision, micro.recall, micro.f1, macro.f1)
        row(
            table,
            who,
            formatting.count(micro.cells),
            formatting.count(micro.missing),
            *map(formatting.fraction, measures),
        )
    return table


def gold_table(gold: GoldReport) -> Table:
    """Everyone on the gold cells, the method in use last."""
    table = new_table("who", "cells>", "missing>", "accuracy>", "precision>", "recall>", "F1>")
    for who, each in gold.measures.items():
        measures = (each.accuracy, each.precision, each.recall, each.f1)
        row(
            table,
            who,
            formatting.count(each.cells),
            formatting.count(each.missing),
            *map(formatting.fraction, measures),
        )
    return table


def labelled_table(labelled: dict[str, int]) -> Table:
    """How many cells of each attribute are labelled."""
    table = new_table("attribute", "labelled cells>")
    for attribute, cells in labelled.items():
        row(table, attribute, formatting.count(cells))
    return table


def estimate_table(result: DryRun) -> Table:
    """What each model would be asked, and what it would cost."""
    table = new_table(
        "model",
        "requests>",
        "cells to ask>",
        "cells cached>",
        "tokens in>",
        "tokens out>",
        "cost, about>",
        "at most>",
    )
    for each in result.models:
        counts = (
            each.requests,
            each.cells,
            each.cached_cells,
            round(each.input_tokens),
            round(each.output_tokens),
        )
        row(
            table,
            each.model,
            *map(formatting.count, counts),
            formatting.cost(each.cost_usd),
            formatting.cost(each.most_cost_usd),
        )
    return table


def sample_table(result: EnsembleResult) -> Table:
    """The values of the first few products, each with its share."""
    names = list(dict.fromkeys(each["attribute"] for each in result.sample))[:MOST_SHOWN]
    products: dict[str, dict[str, str]] = {}
    for each in result.sample:
        share = "" if each["share"] is None else f" {each['share']:.2f}"
        value = (
            f"{each['value']}{share}"
            if each["value"] is not None
            else each["status"].replace("_", " ")
        )
        products.setdefault(each["product_id"], {})[each["attribute"]] = value
    table = new_table("product", *(f"{name} (share)" for name in names))
    for product, values in products.items():
        row(table, product, *(values.get(name, "") for name in names))
    return table


def status_table(status: Status) -> Table:
    """Where each model stands."""
    table = new_table(
        "model",
        "cells>",
        "cached>",
        "unusable>",
        "failed>",
        "to do>",
        "answers>",
        "tokens>",
        "cost>",
    )
    for model in status.models:
        counts = (
            model.cells,
            model.cached_cells,
            model.unusable_cells,
            model.failed_cells,
            model.to_do,
            model.answers,
        )
        tokens = model.input_tokens + model.output_tokens
        row(
            table,
            model.model,
            *map(formatting.count, counts),
            formatting.count(tokens),
            formatting.cost(model.cost_usd),
        )
    return table


def open_batches_table(batches: Iterable[OpenBatches]) -> Table:
    """What each model has with its vendor."""
    table = new_table("model", "open batches>", "requests>", "oldest>", "")
    for each in batches:
        counts = (formatting.count(each.batches), formatting.count(each.requests))
        row(
            table,
            each.model,
            *counts,
            formatting.duration(each.oldest_s),
            "" if each.configured else "not in the config",
        )
    return table


def cache_table(info: CacheInfo) -> Table:
    """What a cache holds, by model and by how the answers came in."""
    table = new_table("model", "source", "answers>")
    for (model, source), answers in info.by_model.items():
        row(table, model, source, formatting.count(answers))
    return table


def check_table(checks: Iterable[ModelCheck]) -> Table:
    """What each model did with one request."""
    table = new_table(
        "model",
        "state",
        "seconds>",
        "structured",
        "not taken",
        "usable",
        "requests/min>",
        "tokens/min>",
        "version",
    )
    for each in checks:
        if each.problem or not each.asked:
            row(table, each.model, "failed" if each.problem else "not asked", *[""] * 7)
            continue
        limits = (each.limits.requests_per_minute, each.limits.tokens_per_minute)
        row(
            table,
            each.model,
            "ok",
            f"{each.seconds:.2f}",
            each.form or "",
            ", ".join(each.dropped_options),
            "yes" if each.usable else "no",
            *("" if limit is None else f"{limit:,.0f}" for limit in limits),
            each.version or "",
        )
    return table
