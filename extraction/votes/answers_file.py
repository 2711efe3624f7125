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

FILE_SOURCE, REPLACEMENT_SOURCE = "imported", "replaced"
"""`source` of answers from a file in `schema.ANSWERS`: behind all others, or in their place."""
COLUMNS_SHOWN = 20


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

    def add_category(self, product: str, category: str) -> None:
        """Take in the category of a product; a blank one says nothing."""
        if category.strip():
            self.categories[product] = category.strip()

    @property
    def products(self) -> list[str]:
        """Ids of all products in the file."""
        ids = {product: None for product, _ in self.raw}
        return list(ids)

    @property
    def models(self) -> list[str]:
        """Names of all models in the file."""
        names = {model: None for _, model in self.raw}
        return list(names)


def read_answers_file(path: Path) -> AnswersFile:
    """Read answers.

    The columns are product_id, model, raw; or product_id, attribute, model, value. `category` may
    be there too. A row of the second form whose value is empty says nothing (no vote); n/a has to
    be spelt.

    Raises:
        InputError: The file has neither set of columns, or a row without a product or a model.
    """
    table = open_table(path, InputSettings(id="product_id", text=("value",)))
    if "raw" in table.columns:
        return _read_raw(table)
    if {"attribute", "value"} <= set(table.columns):
        return _read_values(table)
    raise InputError(
        f"{path}: expected the columns product_id, model, raw or product_id, attribute, model,"
        f" value; found: {', '.join(table.columns[:COLUMNS_SHOWN])}"
    )


def _read_raw(table: Table) -> AnswersFile:
    file = AnswersFile()
    for product, model, raw in _rows(table, file, "raw"):
        if file.raw.get((product, model), raw) != raw:
            file.conflicts += 1
        file.raw[product, model] = raw
    return file


def _read_values(table: Table) -> AnswersFile:
    file = AnswersFile()
    values_of_answer: dict[tuple[str, str], dict[str, str]] = {}
    for product, model, attribute, value in _rows(table, file, "attribute", "value"):
        file.attributes[attribute] += 1
        if not value.strip():
            file.blanks += 1
            continue
        values = values_of_answer.setdefault((product, model), {})
        if values.get(attribute, value) != value:
            file.conflicts += 1
        values[attribute] = value
    for key, values in values_of_answer.items():
        file.raw[key] = orjson.dumps(values).decode()
    return file


def _rows(table: Table, file: AnswersFile, *columns: str) -> Iterator[tuple[str, ...]]:
    """Product, model and the columns of each row; counts rows, and takes in the categories."""
    names = ("product_id", "model", *columns)
    places = [table.index(name, "of an answers file") for name in names]
    has_category = "category" in table.columns
    category_place = table.columns.index("category") if has_category else 0
    for number, row in enumerate(table.rows, 1):
        product, model, *values = [row[place] for place in places]
        product = product.strip()
        model = model.strip()
        if not product:
            raise InputError(f"{table.path}: row {number} has no product_id")
        if not model:
            raise InputError(f"{table.path}: row {number} has no model")
        file.rows = number
        if has_category:
            file.add_category(product, row[category_place])
        yield (product, model, *values)


def unknown_attributes(file: AnswersFile, questionnaire: Questionnaire) -> Counter[str]:
    """Attributes of the file that no attribute of the config reads, and the rows about them."""
    everything = range(len(questionnaire.attributes))
    unknown: Counter[str] = Counter()
    for name, rows in file.attributes.items():
        raw = orjson.dumps({name: ABSENT_LABEL}).decode()
        votes = read_votes(raw, None, questionnaire, everything)
        if all(vote.state == "left_out" for vote in votes):
            unknown[name] = rows
    return unknown


def as_answers(
    file: AnswersFile, questionnaire: Questionnaire, *, replace: bool
) -> Iterator[Answer]:
    """Rows of `schema.ANSWERS`.

    They are known by the model's name, and hold whatever text the product has.

    Args:
        file: The file.
        questionnaire: What the config asks now.
        replace: Whether they stand before the answers that were paid for.
    """
    everything = range(len(questionnaire.attributes))
    for (product_id, model), raw in file.raw.items():
        entries = []
        for index, vote in enumerate(read_votes(raw, None, questionnaire, everything)):
            if vote.state != "left_out":
                entry = as_entry(vote, questionnaire, index, fingerprint=None, is_imported=True)
                entries.append(entry)
        yield {
            "product_id": product_id,
            "model": model,
            "source": REPLACEMENT_SOURCE if replace else FILE_SOURCE,
            "status": "answered",
            "raw": raw,
            "votes": entries,
        }


def as_products(ids: list[str], categories: dict[str, str]) -> pa.Table:
    """Rows of `schema.PRODUCTS` for products of which nothing but answers is known yet.

    Args:
        ids: Ids of the products.
        categories: product id -> category, where it has one.
    """
    rows: list[dict[str, object]] = []
    for product_id in ids:
        row: dict[str, object] = {
            "row": 0,
            "product_id": product_id,
            "category": categories.get(product_id),
            "fields": [],
            "text_digest": text_digest([]),
        }
        rows.append(row)
    return pa.Table.from_pylist(rows, schema=PRODUCTS)
