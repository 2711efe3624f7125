"""Tables. Every cell is made `printable`: no product, model or vendor acts on the terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..configs.wording import cost, sum_of_costs, thousands
from ..ensemble.groups import ALL
from . import formatting
from .wide_table import WideTable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..ensemble.evaluation.gold_report import GoldReport
    from ..ensemble.evaluation.measures import Measures
    from ..extraction.cache.verification import FileCheck
    from ..outputs.result import EnsembleResult
    from ..outputs.weights import WeightRow
    from ..runs.batch import BatchResult
    from ..runs.cache import CacheInfo
    from ..runs.check import ModelCheck
    from ..runs.dry_run import DryRun
    from ..runs.evaluate import EvaluationResult
    from ..runs.extract import ExtractResult
    from ..runs.status import OpenBatches, Status

TOTAL = "total"
MOST_GROUPS = 40
MOST_SHOWN = 6

GroupKey = tuple[str, str]
"""Category and attribute, `*` for all."""


def new_table(*columns: str, keys: int = 1) -> WideTable:
    """An empty table; a column whose name ends in `>` is right-aligned.

    Args:
        columns: Their names; what of them is a model's or an attribute's is made printable.
        keys: How many columns from the left name a row.
    """
    return WideTable(*map(formatting.printable, columns), keys=keys)


def add_row(table: WideTable, *cells: str) -> None:
    """Add a row of texts, none of which is read as markup."""
    table.add_row(*map(formatting.printable, cells))


def _add_total(table: WideTable, costs: Sequence[float | None]) -> None:
    """Add what all models cost together, where there are several, and any of it is money."""
    total = sum_of_costs(costs)
    if len(costs) > 1 and total != 0:
        blanks = [""] * (len(table.columns) - 2)
        add_row(table, TOTAL, *blanks, cost(total))


def extract_table(result: ExtractResult) -> WideTable:
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
        add_row(
            table,
            tally.model,
            thousands(tally.requests),
            thousands(tally.attempts),
            thousands(tally.answers),
            thousands(tally.unusable),
            thousands(tally.failures),
            thousands(tally.cached_cells),
            thousands(tally.tokens),
            cost(tally.cost_usd),
        )
    _add_total(table, [tally.cost_usd for tally in result.models])
    return table


def batch_table(result: BatchResult) -> WideTable:
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
        add_row(
            table,
            tally.model,
            thousands(tally.answers),
            thousands(tally.unusable),
            thousands(tally.failures),
            thousands(tally.cached_cells),
            thousands(batches.new_requests),
            thousands(batches.requests),
            thousands(tally.tokens),
            cost(tally.cost_usd),
        )
    _add_total(table, [tally.cost_usd for tally in result.models])
    return table


def weights_table(rows: Sequence[WeightRow]) -> WideTable:
    """How much each model's vote counts: one line per group, one column per model.

    Groups beyond the first MOST_GROUPS are left to `weights.csv`; where all have the same weights,
    one line is enough.
    """
    models = list(dict.fromkeys(row.model for row in rows))
    groups = _groups_to_show(rows)
    has_categories = any(category != ALL for category, _ in groups)
    keys = ["category", "attribute"] if has_categories else ["attribute"]
    columns = [*keys, "cells>", *(f"{name}>" for name in models)]
    table = new_table(*columns, keys=len(keys))
    first_model, *_ = models
    shown_groups = list(groups.items())[:MOST_GROUPS]
    for (category, attribute), row_of_model in shown_groups:
        cells = [category] if has_categories else []
        n_cells = row_of_model[first_model].cells
        cells += [attribute, thousands(n_cells)]
        for name in models:
            weight = row_of_model[name].weight
            cells.append(formatting.fraction(weight))
        add_row(table, *cells)
    return table


def count_more_groups(rows: Sequence[WeightRow]) -> int:
    """How many groups `weights_table` leaves to `weights.csv`."""
    return max(0, len(_groups_to_show(rows)) - MOST_GROUPS)


def _groups_to_show(rows: Sequence[WeightRow]) -> dict[GroupKey, dict[str, WeightRow]]:
    """Group -> model -> its row; one group for all where all have the same weights."""
    groups: dict[GroupKey, dict[str, WeightRow]] = {}
    for row in rows:
        groups.setdefault((row.category, row.attribute), {})[row.model] = row
    different_weights = set()
    for row_of_model in groups.values():
        different_weights.add(tuple(row.weight for row in row_of_model.values()))
    if len(groups) == 1 or len(different_weights) > 1:
        return groups
    return {(ALL, ALL): _over_all_groups(groups)}


def _over_all_groups(groups: dict[GroupKey, dict[str, WeightRow]]) -> dict[str, WeightRow]:
    """Model -> its row of the first group, with the cells of all."""
    rows, *other_groups = groups.values()
    for row_of_model in other_groups:
        rows = {
            name: replace(row, cells=row.cells + row_of_model[name].cells)
            for name, row in rows.items()
        }
    return rows


def evaluation_table(result: EvaluationResult) -> WideTable:
    """Everyone on the same gold cells.

    Measures over all cells, and the mean F1 over categories and attributes.
    """
    table = new_table(
        "who", "cells>", "missing>", "accuracy>", "precision>", "recall>", "F1>", "macro F1>"
    )
    macro_f1 = {row.who: row.measures.f1 for row in result.rows if row.level == "macro"}
    for row in result.rows:
        if row.level == "micro":
            macro = formatting.fraction(macro_f1[row.who])
            add_row(table, row.who, *_measures(row.measures), macro)
    return table


def gold_table(gold: GoldReport) -> WideTable:
    """Everyone on the gold cells, the method in use last."""
    table = new_table("who", "cells>", "missing>", "accuracy>", "precision>", "recall>", "F1>")
    for who, measures in gold.measures.items():
        add_row(table, who, *_measures(measures))
    return table


def _measures(measures: Measures) -> tuple[str, ...]:
    return (
        thousands(measures.cells),
        thousands(measures.missing),
        formatting.fraction(measures.accuracy),
        formatting.fraction(measures.precision),
        formatting.fraction(measures.recall),
        formatting.fraction(measures.f1),
    )


def labels_table(cells_of_attribute: dict[str, int]) -> WideTable:
    """How many cells of each attribute are labelled."""
    table = new_table("attribute", "labelled cells>")
    for attribute, cells in cells_of_attribute.items():
        add_row(table, attribute, thousands(cells))
    return table


def estimate_table(result: DryRun) -> WideTable:
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
    for estimate in result.models:
        add_row(
            table,
            estimate.model,
            thousands(estimate.requests),
            thousands(estimate.cells),
            thousands(estimate.cached_cells),
            thousands(round(estimate.input_tokens)),
            thousands(round(estimate.output_tokens)),
            cost(estimate.cost_usd),
            cost(estimate.most_cost_usd),
        )
    if len(result.models) > 1:
        total = result.total
        add_row(
            table,
            TOTAL,
            thousands(total.requests),
            thousands(total.cells),
            thousands(total.cached_cells),
            thousands(round(total.input_tokens)),
            thousands(round(total.output_tokens)),
            cost(total.cost_usd),
            cost(total.most_cost_usd),
        )
    return table


def sample_table(result: EnsembleResult) -> WideTable:
    """The values of the first few products, each with its share."""
    names: dict[str, None] = {}
    products: dict[str, dict[str, str]] = {}
    for row in result.sample:
        name = row["attribute"]
        names[name] = None
        values = products.setdefault(row["product_id"], {})
        values[name] = _value_and_share(row)
    attributes = list(names)[:MOST_SHOWN]
    columns = [f"{name} (share)" for name in attributes]
    table = new_table("product", *columns)
    for product, values in products.items():
        cells = [values.get(name, "") for name in attributes]
        add_row(table, product, *cells)
    return table


def _value_and_share(row: dict[str, Any]) -> str:
    if row["value"] is None:
        status: str = row["status"]
        return status.replace("_", " ")
    if row["share"] is None:
        return str(row["value"])
    return f"{row['value']} {row['share']:.2f}"


def status_table(status: Status) -> WideTable:
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
        add_row(
            table,
            model.model,
            thousands(model.cells),
            thousands(model.cached_cells),
            thousands(model.unusable_cells),
            thousands(model.failed_cells),
            thousands(model.to_do),
            thousands(model.usage.answers),
            thousands(model.usage.tokens),
            cost(model.usage.cost_usd),
        )
    _add_total(table, [model.usage.cost_usd for model in status.models])
    return table


def open_batches_table(batches: Iterable[OpenBatches]) -> WideTable:
    """What each model has with its vendor."""
    table = new_table("model", "open batches>", "requests>", "oldest>", "")
    for each in batches:
        add_row(
            table,
            each.model,
            thousands(each.batches),
            thousands(each.requests),
            formatting.duration(each.oldest_s),
            "" if each.in_config else "not in the config",
        )
    return table


def cache_table(info: CacheInfo) -> WideTable:
    """What a cache holds, by model and by how the answers came in."""
    table = new_table("model", "source", "answers>")
    for (model, source), answers in info.by_model.items():
        add_row(table, model, source, thousands(answers))
    return table


def verification_table(checks: Sequence[FileCheck]) -> WideTable:
    """What was read of each part of a cache."""
    table = new_table("part", "files>", "rows>", "size>", "damaged>")
    for part in dict.fromkeys(check.part for check in checks):
        of_part = [check for check in checks if check.part == part]
        n_damaged = sum(bool(check.problem) for check in of_part)
        rows = sum(check.rows for check in of_part)
        size_bytes = sum(check.size_bytes for check in of_part)
        size = formatting.size(size_bytes)
        add_row(table, part, str(len(of_part)), thousands(rows), size, str(n_damaged))
    return table


def check_table(checks: Iterable[ModelCheck]) -> WideTable:
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
        if each.problem or not each.is_asked:
            state = "failed" if each.problem else "not asked"
            add_row(table, each.model, state, *[""] * 7)
            continue
        add_row(
            table,
            each.model,
            "ok",
            f"{each.seconds:.2f}",
            each.form or "",
            ", ".join(each.dropped_options),
            "yes" if each.usable else "no",
            _limit(each.limits.requests_per_minute),
            _limit(each.limits.tokens_per_minute),
            each.version or "",
        )
    return table


def _limit(per_minute: float | None) -> str:
    return "" if per_minute is None else f"{per_minute:,.0f}"
