"""The cells of `review.csv` that a report shows, with what each model said and how much that counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.settings import Settings
from ..read_back import EVERYTHING, as_number, read_rows
from .facts import DoubtfulCell, ShownVote, WeightGroup

MOST_SHOWN = 200
CANONICAL = " (canonical)"
"""Ends the name of a model's second column in `votes.parquet`."""

Votes = dict[str, str | None]
"""A row of `votes.parquet`."""


def doubtful_cells(settings: Settings, groups: Iterable[WeightGroup]) -> tuple[DoubtfulCell, ...]:
    """The most doubtful cells, in the order of `review.csv`.

    Args:
        settings: The configuration; its output folder is read.
        groups: The weights. Where they differ by category, no weight is shown.

    Raises:
        InputError: A file cannot be read.
    """
    output = settings.paths.output
    rows = list(islice(read_rows(output / "review.csv"), MOST_SHOWN))
    votes = _votes_on(output / "votes.parquet", {row["product_id"] for row in rows})
    weights = {group.name: {each.model: each.weight for each in group.weights} for group in groups}
    return tuple(_cell(row, votes, weights, settings) for row in rows)


def _votes_on(path: Path, product_ids: set[str]) -> dict[tuple[str, str], Votes]:
    """(product id, attribute) -> what the models said, for these products."""
    wanted = pa.array(sorted(product_ids), pa.string())
    found: dict[tuple[str, str], Votes] = {}
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                chosen = batch.filter(pc.is_in(batch.column("product_id"), value_set=wanted))
                found |= {(row["product_id"], row["attribute"]): row for row in chosen.to_pylist()}
    except (OSError, pa.ArrowException) as error:
        raise InputError(
            f"{path}: cannot be read: {error}", hint="Run `attrx ensemble` again."
        ) from error
    return found


def _cell(
    row: Mapping[str, str],
    votes: Mapping[tuple[str, str], Votes],
    weights: Mapping[str, Mapping[str, float]],
    settings: Settings,
) -> DoubtfulCell:
    attribute, value = row["attribute"], row["current"]
    said = votes.get((row["product_id"], attribute), {})
    models = [name.removesuffix(CANONICAL) for name in said if name.endswith(CANONICAL)]
    # An open value is printed in the spelling of one of its backers; the others back what that
    # spelling counts as.
    backed = {value, *(said[f"{model}{CANONICAL}"] for model in models if said[model] == value)} - {
        None,
        "",
    }
    weight = weights.get(attribute) or weights.get(EVERYTHING, {})
    return DoubtfulCell(
        product_id=row["product_id"],
        attribute=attribute,
        value=value,
        reasons=tuple(row["review"].split("; ")),
        share=as_number(row["share"]),
        confidence=as_number(row["confidence"]),
        texts=tuple(
            (name, row.get(f"{name} (input)") or row.get(name, "")) for name in settings.input.text
        ),
        votes=tuple(
            ShownVote(
                model=model,
                said=said[model],
                counts=said[f"{model}{CANONICAL}"] is not None,
                backs=said[f"{model}{CANONICAL}"] in backed,
                weight=weight.get(model),
            )
            for model in models
        ),
    )
