"""The rows of a gold file, however a person's spreadsheet saved it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ...configs.errors import InputError
from ...configs.normalization import name_key
from .bad_rows import SKIP_HINT
from .formats import open_sheet
from .spreadsheet import from_spreadsheet
from .table import Row, Table

GOLD_COLUMNS = ("product_id", "attribute", "value")
EXPECTATION = f"A gold file has the columns {', '.join(GOLD_COLUMNS)}, and perhaps weight."
_NUMBERS_OF_OURS = ("weight", "share", "confidence")
"""Columns in which sheets hold numbers that attrx wrote, always with decimals."""
_WITH_COMMA = re.compile(r"\d+,\d+")
_VALUE_WITH_COMMA = re.compile(r"\d+,(?:\d{1,2}|\d{4,})")
"""A comma before three digits may also group thousands."""
_WITH_POINT = re.compile(r"\d+\.(?:\d{1,2}|\d{4,})")
_NUMBER = re.compile(
    r"(?P<whole>[+-]?(?:\d{1,3}(?:[.\s]\d{3})+|\d+))(?P<decimals>,\d+)?(?P<unit>(?![\d.,]).*)"
)


@dataclass(frozen=True)
class GoldRow:
    """One row of a gold file; texts, blank where there is no such column.

    Attributes:
        product_id: The product, as the file has it.
        attribute: The attribute.
        value: What a person filled in.
        current: What attrx proposed; None where the file has no such column.
        weight: The weight.
        stratum: The part of a sample that the cell was drawn from.
        where: The file and the number of the row, for messages.
        further: What stands in other columns: (column, text).
    """

    product_id: str
    attribute: str
    value: str
    current: str | None
    weight: str
    stratum: str
    where: str
    further: tuple[tuple[str, str], ...] = ()

    @property
    def cell(self) -> tuple[str, str]:
        """Product id and attribute."""
        return self.product_id, self.attribute

    @property
    def is_empty(self) -> bool:
        """Whether the row names neither product nor attribute nor value."""
        return not any((self.product_id, self.attribute, self.value))

    def read_weight(self) -> float:
        """The weight, 1 where there is none.

        Raises:
            InputError: It is not a positive number.
        """
        text = self.weight.strip()
        if "." not in text:
            text = text.replace(",", ".", 1)
        try:
            weight = float(text) if text else 1.0
        except ValueError:
            weight = -1.0
        if not 0 < weight < float("inf"):
            raise InputError(f"{self.where}: weight '{self.weight}' is not a positive number")
        return weight


@dataclass(frozen=True)
class GoldSheet:
    """A gold file.

    Attributes:
        rows: Its rows, without empty ones.
        is_sample: Whether it has the columns of `attrx gold sample`.
        is_ours: Whether it has columns that attrx writes, so that numbers have points.
        is_review: Whether it has the columns of the review queue.
        has_decimal_commas: Whether it was saved where decimals stand behind a comma.
    """

    rows: tuple[GoldRow, ...]
    is_sample: bool
    is_ours: bool
    is_review: bool
    has_decimal_commas: bool


def read_gold_sheet(path: Path) -> GoldSheet:
    """Read a gold file.

    Raises:
        InputError: It or a column is missing, or a row is broken.
    """
    try:
        table = open_sheet(path, GOLD_COLUMNS)
        places = _places_of_columns(table)
        for name in GOLD_COLUMNS:
            if name not in places:
                listing = ", ".join(table.columns)
                raise InputError(f"{path}: no column '{name}'; found: {listing}", hint=EXPECTATION)
        rows = list(table.rows)
    except InputError as error:
        raise InputError(error.message, hint=_about_gold(error.hint)) from error
    gold_rows = []
    for number, row in enumerate(rows, 1):
        gold_row = _gold_row(table, row, places, f"{path}: row {number}")
        if not gold_row.is_empty:  # spreadsheets save rows that were emptied
            gold_rows.append(gold_row)
    return GoldSheet(
        rows=tuple(gold_rows),
        is_sample="stratum" in places,
        is_ours="current" in places or "share" in places,
        is_review="review" in places,
        has_decimal_commas=_has_decimal_commas(table, rows, places),
    )


def _places_of_columns(table: Table) -> dict[str, int]:
    """Column -> its place; a name that was typed anew, such as `Product ID`, is the same."""
    places: dict[str, int] = {}
    names = (*GOLD_COLUMNS, "current", "stratum", "review", *_NUMBERS_OF_OURS)
    keys = list(map(name_key, table.columns))
    for name in names:
        if name in table.columns:
            places[name] = table.index(name, "gold")
        elif keys.count(name_key(name)) == 1:
            places[name] = keys.index(name_key(name))
    return places


def _gold_row(table: Table, row: Row, places: dict[str, int], where: str) -> GoldRow:
    texts = {name: row[place].strip() for name, place in places.items()}
    further = []
    for place, (name, text) in enumerate(zip(table.columns, row, strict=True)):
        if place not in places.values():
            further.append((from_spreadsheet(name), from_spreadsheet(text).strip()))
    current = texts.get("current")
    return GoldRow(
        product_id=texts["product_id"],
        attribute=texts["attribute"],
        value=from_spreadsheet(texts["value"]).strip(),
        current=None if current is None else from_spreadsheet(current),
        weight=texts.get("weight", ""),
        stratum=texts.get("stratum", ""),
        where=where,
        further=tuple(further),
    )


def _about_gold(hint: str) -> str:
    """The hint on a products file as it holds for gold, of which the config says nothing."""
    if "input.encoding" in hint:
        return "Save it as UTF-8."
    return EXPECTATION if "per product" in hint else hint.removesuffix(SKIP_HINT)


def _has_decimal_commas(table: Table, rows: Sequence[Row], places: dict[str, int]) -> bool:
    """What numbers of the sheet show, attrx's own or a person's; else what separates."""
    number_places = [places[name] for name in _NUMBERS_OF_OURS if name in places]
    has_point = False
    for row in rows:
        if _VALUE_WITH_COMMA.fullmatch(row[places["value"]].strip()):
            return True
        for place in number_places:
            if _WITH_COMMA.fullmatch(row[place].strip()):
                return True
            has_point |= _WITH_POINT.fullmatch(row[place].strip()) is not None
    if has_point or table.dialect is None:
        return False
    return table.dialect.separator == ";"


def with_decimal_point(text: str) -> str:
    """A number of a country with decimal commas as it is written with a point.

    `1.250` becomes 1250, `12,5 g` becomes 12.5 g; what is no such number stays as it is.
    """
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    whole = re.sub(r"[.\s]", "", match["whole"])
    decimals = (match["decimals"] or "").replace(",", ".")
    return f"{whole}{decimals}{match['unit']}"
