"""Answers from elsewhere -> rows of the answers cache."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pyarrow as pa

from ...configs.errors import InputError
from ...configs.settings import ABSENT_LABEL, InputSettings
from ..cache.digests import text_digest
from ..cache.journal import Answer
from ..cache.schema import PRODUCTS
from ..inputs.formats import open_table
from ..inputs.table import Table
from ..planning.questionnaire import Questionnaire
from .reading import as_entry, read_votes

IMPORTED, REPLACED = "imported", "replaced"


@dataclass
class AnswersFile:
    """What an answers file holds.

    Attributes:
        raw: (product id, model) -> the answer; the last row of the file wins.
        categories: product id -> category, where the file has that column.
        attributes: Attribute -> rows about it, where the file has such rows.
        conflicts: Rows that said something else than an earlier row on the same answer or cell.
        blanks: Rows without a value.
        rows: Rows read.
    """

    raw: dict[tuple[str, str], str] = field(default_factory=dict)
    categories: dict[str, str] = field(default_factory=dict)
    attributes: Counter[str] = field(default_factory=Counter)
    conflicts: int = 0
    blanks: int = 0
    rows: int = 0

    @property
    def products(self) -> list[str]:
        """Ids of all products in the file."""
        return list(dict.fromkeys(product for product, _ in self.raw))

    @property
    def models(self) -> list[str]:
        """Names of all models in the file."""
        return list(dict.fromkeys(model for _, model in self.raw))


def read_answers_file(path: Path) -> AnswersFile:
    """Read answers: columns product_id, model, raw; or product_id, attribute, model, value; `category` is optional.

    A row of the second form whose value is empty says nothing (no vote); n/a has to be spelt.

    Raises:
        InputError: The file has neither set of columns, or a row without a product or a model.
    """
    table = open_table(path, InputSettings(id="product_id", text=("value",)))
    if "raw" in table.columns:
        return _read_raw(table)
    if {"attribute", "value"} <= set(table.columns):
        return _read_values(table)
    raise InputError(
        f"{path}: expected the columns product_id, model, raw or product_id, attribute, model, value; "
        f"found: {', '.join(table.columns[:20])}"
    )


def _rows(table: Table, imported: AnswersFile, *columns: str) -> Iterator[tuple[str, ...]]:
    places = [table.index(name, "of an answers file") for name in ("product_id", "model", *columns)]
    category = table.columns.index("category") if "category" in table.columns else None
    for number, row in enumerate(table.rows, 1):
        product, model = row[places[0]].strip(), row[places[1]].strip()
        if not product or not model:
            raise InputError(
                f"{table.path}: row {number} has no {'model' if product else 'product_id'}"
            )
        imported.rows = number
        if category is not None and row[category].strip():
            imported.categories[product] = row[category].strip()
        yield (product, model, *(row[place] for place in places[2:]))


def _read_raw(table: Table) -> AnswersFile:
    imported = AnswersFile()
    for product, model, raw in _rows(table, imported, "raw"):
        imported.conflicts += imported.raw.get((product, model), raw) != raw
        imported.raw[product, model] = raw
    return imported


def _read_values(table: Table) -> AnswersFile:
    imported = AnswersFile()
    cells: dict[tuple[str, str], dict[str, str]] = {}
    for product, model, attribute, value in _rows(table, imported, "attribute", "value"):
        imported.attributes[attribute] += 1
        imported.blanks += not value.strip()
        if value.strip():
            said = cells.setdefault((product, model), {})
            imported.conflicts += said.get(attribute, value) != value
            said[attribute] = value
    imported.raw = {key: orjson.dumps(said).decode() for key, said in cells.items()}
    return imported


def unknown_attributes(imported: AnswersFile, questionnaire: Questionnaire) -> Counter[str]:
    """Attributes of the file that no attribute of the config reads, and the rows about them."""
    everything = range(len(questionnaire.attributes))

    def is_read(name: str) -> bool:
        votes = read_votes(
            orjson.dumps({name: ABSENT_LABEL}).decode(), None, questionnaire, everything
        )
        return any(vote.state != "left_out" for vote in votes)

    return Counter({name: rows for name, rows in imported.attributes.items() if not is_read(name)})


def as_answers(
    imported: AnswersFile, questionnaire: Questionnaire, *, replace: bool
) -> Iterator[Answer]:
    """Rows of `schema.ANSWERS`. Known by the model's name; they hold whatever text the product has."""
    everything = range(len(questionnaire.attributes))
    for (product_id, model), raw in imported.raw.items():
        votes = read_votes(raw, None, questionnaire, everything)
        entries = [
            as_entry(vote, questionnaire, index, fingerprint=None, imported=True)
            for index, vote in zip(everything, votes, strict=True)
            if vote.state != "left_out"
        ]
        yield {
            "product_id": product_id,
            "model": model,
            "source": REPLACED if replace else IMPORTED,
            "status": "answered",
            "raw": raw,
            "votes": entries,
        }


def as_products(ids: list[str], categories: dict[str, str]) -> pa.Table:
    """Rows of `schema.PRODUCTS` for products of which nothing but answers is known yet."""
    rows: list[dict[str, object]] = [
        {
            "row": 0,
            "product_id": product_id,
            "category": categories.get(product_id),
            "fields": [],
            "text_digest": text_digest([]),
        }
        for product_id in ids
    ]
    return pa.Table.from_pylist(rows, schema=PRODUCTS)
