"""The cells of `review.csv` that a report shows, with what each model said and what that counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...configs.errors import InputError
from ...configs.settings import Settings
from ...extraction.inputs.gold_sheet import with_decimal_point
from ..cell_tables import rows_of_products
from ..commit_record import output_path
from ..read_back import EVERYTHING, as_number, read_rows
from ..review_reasons import SEPARATOR
from ..sheets import text_header
from ..votes import CANONICAL, canonical_column
from .facts import ReviewCard, ShownVote, WeightGroup

MOST_CARDS = 200

CellKey = tuple[str, str]
"""Product id and attribute."""
VoteRow = dict[str, str | None]
"""A row of `votes.parquet`."""


def review_cards(settings: Settings, groups: Iterable[WeightGroup]) -> tuple[ReviewCard, ...]:
    """The most doubtful cells, in the order of `review.csv`.

    Args:
        settings: The configuration; its output folder is read.
        groups: The weights. Where they differ by category, no weight is shown.

    Raises:
        InputError: A file cannot be read.
    """
    output = settings.paths.output
    text_columns = settings.input.text
    rows = list(islice(_rows_to_review(output_path(output, "review.csv")), MOST_CARDS))
    ids = {row["product_id"] for row in rows}
    votes = _votes_on(output_path(output, "votes.parquet"), ids)
    weights = {}
    for group in groups:
        weights[group.name] = {each.model: each.weight for each in group.weights}
    cards = []
    numbers = {each.name for each in settings.attributes if each.type == "number"}
    for row in rows:
        attribute = row["attribute"]
        cell_votes = votes.get((row["product_id"], attribute), {})
        cell_weights = weights.get(attribute) or weights.get(EVERYTHING, {})
        if attribute in numbers and "," in row["share"]:
            row["current"] = with_decimal_point(row["current"])
        card = _card(row, cell_votes, cell_weights, text_columns)
        cards.append(card)
    return tuple(cards)


def _rows_to_review(path: Path) -> Iterator[dict[str, str]]:
    """The rows of cells that need a look; sheets keep labels of others too."""
    for row in read_rows(path):
        if row["review"]:
            yield row


def _votes_on(path: Path, product_ids: set[str]) -> dict[CellKey, VoteRow]:
    """Cell -> what the models said, for these products."""
    votes = {}
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches():
                table = pa.Table.from_batches([batch])
                for row in rows_of_products(table, sorted(product_ids)).to_pylist():
                    cell = (row["product_id"], row["attribute"])
                    votes[cell] = row
    except (OSError, pa.ArrowException) as error:
        hint = "Run `attrx ensemble` again."
        raise InputError(f"{path}: cannot be read: {error}", hint=hint) from error
    return votes


def _card(
    row: Mapping[str, str],
    votes: VoteRow,
    weights: Mapping[str, float | None],
    text_columns: Iterable[str],
) -> ReviewCard:
    texts = []
    for name in text_columns:
        text = row.get(text_header(name)) or row.get(name, "")
        texts.append((name, text))
    return ReviewCard(
        product_id=row["product_id"],
        attribute=row["attribute"],
        value=row["current"],
        reasons=tuple(row["review"].split(SEPARATOR)),
        share=as_number(row["share"]),
        confidence=as_number(row["confidence"]),
        texts=tuple(texts),
        votes=tuple(_shown_votes(row["current"], votes, weights)),
    )


def _shown_votes(
    value: str, votes: VoteRow, weights: Mapping[str, float | None]
) -> Iterator[ShownVote]:
    models = []
    for column in votes:
        if column.endswith(CANONICAL):
            models.append(column.removesuffix(CANONICAL))
    # An open value is printed in the spelling of one of its backers; the others back what that
    # spelling counts as.
    backing = {value}
    for model in models:
        canonical = votes[canonical_column(model)]
        if votes[model] == value and canonical:
            backing.add(canonical)
    for model in models:
        canonical = votes[canonical_column(model)]
        yield ShownVote(
            model=model,
            spelling=votes[model],
            counts=canonical is not None,
            backs=bool(canonical) and canonical in backing,
            weight=weights.get(model),
        )
