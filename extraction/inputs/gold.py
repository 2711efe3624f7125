"""Gold files: cells whose true value is known (docs/design.md#gold)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...configs.errors import InputError
from ...configs.normalization import bare_form, lookup_form
from ...configs.notices import Notice
from ...configs.settings import InputSettings, Settings
from ...ensemble.gold.labels import Cell, Gold
from ...ensemble.groups import ALL
from ...prompts.reading.absence import is_absent
from ...prompts.reading.vocabulary import Vocabulary
from .formats import open_table
from .spreadsheet import from_spreadsheet

GOLD_COLUMNS = ("product_id", "attribute", "value")
_EXPECTATION = f"A gold file has the columns {', '.join(GOLD_COLUMNS)}, and perhaps weight."


def read_labels(path: Path, settings: Settings) -> Gold:
    """Read a gold file that something is to be learned from or measured by.

    Raises:
        InputError: As `read_gold`, and where no cell is labelled yet.
    """
    gold = read_gold(path, settings)
    if gold.why_empty:
        raise InputError(f"{path}: {gold.why_empty}")
    return gold


def read_gold(path: Path, settings: Settings) -> Gold:
    """Read a gold file: columns product_id, attribute, value, and perhaps weight.

    Any format of a products file will do. Several rows of one cell are alternatives, n/a among
    them; a blank value is not labelled. Separator and encoding are found out, since spreadsheets
    save what the country they run in has.

    Raises:
        InputError: The file or a column is missing, a row is broken, or a weight is not a positive
            number.
    """
    vocabularies = {attribute.name: Vocabulary(attribute) for attribute in settings.attributes}
    gold = Gold()
    for row in _rows(path):
        if row.is_empty:
            continue  # spreadsheets save rows that were emptied
        attribute = row.cell[1]
        if attribute not in vocabularies:
            gold.unknown_attributes[attribute] += 1
        elif not row.value:
            gold.blank.add(row.cell)
        else:
            weight = row.read_weight()
            _add_label(gold, row, vocabularies[attribute], settings)
            gold.weight[row.cell] = weight
    return gold


@dataclass(frozen=True)
class _GoldRow:
    """One row of a gold file; texts, blank where there is no such column.

    Attributes:
        cell: Product id and attribute.
        value: The value.
        weight: The weight.
        where: The file and the number of the row, for messages.
    """

    cell: Cell
    value: str
    weight: str
    where: str

    @property
    def is_empty(self) -> bool:
        """Whether the row names neither product nor attribute nor value."""
        return not any((*self.cell, self.value))

    def read_weight(self) -> float:
        """The weight, 1 where there is none.

        Raises:
            InputError: It is not a positive number.
        """
        try:
            weight = float(self.weight) if self.weight.strip() else 1.0
        except ValueError:
            weight = -1.0
        if not 0 < weight < float("inf"):
            raise InputError(f"{self.where}: weight '{self.weight}' is not a positive number")
        return weight


def _rows(path: Path) -> Iterator[_GoldRow]:
    try:
        table = open_table(path, InputSettings(id=GOLD_COLUMNS[0], text=GOLD_COLUMNS[1:]))
        for name in GOLD_COLUMNS:
            if name not in table.columns:
                raise InputError(
                    f"{path}: no column '{name}'; found: {', '.join(table.columns)}",
                    hint=_EXPECTATION,
                )
        product, attribute, value = (table.index(name, "gold") for name in GOLD_COLUMNS)
        weight = table.index("weight", "gold") if "weight" in table.columns else None
        for number, row in enumerate(table.rows, 1):
            yield _GoldRow(
                cell=(row[product].strip(), row[attribute].strip()),
                value=from_spreadsheet(row[value]).strip(),
                weight="" if weight is None else row[weight],
                where=f"{path}: row {number}",
            )
    except InputError as error:
        raise InputError(error.message, hint=_about_gold(error.hint)) from error


def _about_gold(hint: str) -> str:
    """The hint on a products file as it holds for gold, of which the config says nothing."""
    if "input.encoding" in hint:
        return "Save it as UTF-8."
    return _EXPECTATION if "per product" in hint else hint


def _add_label(gold: Gold, row: _GoldRow, vocabulary: Vocabulary, settings: Settings) -> None:
    """Add a value that is right for a cell, as written and as the vocabulary reads it."""
    value: str | None = None
    canonical: str | None = None
    if not _is_absent(row.value, settings, row.cell[1]):
        value = row.value
        canonical = vocabulary.read(value).value or ""
    gold.accepted_values.setdefault(row.cell, []).append(value)
    gold.canonical.setdefault(row.cell, []).append(canonical)


def _is_absent(value: str, settings: Settings, name: str) -> bool:
    """Whether a gold value is n/a; a value that is on the attribute's list never is."""
    attribute = settings.attribute(name)
    if value in attribute.values:
        return False
    return is_absent(bare_form(lookup_form(value)), listed=attribute.closed)


def off_the_list(gold: Gold, settings: Settings) -> Iterator[Notice]:
    """Gold values that no answer can equal, in words."""
    expectations = {}
    for attribute in settings.attributes:
        if attribute.closed:
            expectations[attribute.name] = "on the list of"
        elif attribute.type == "number":
            expectations[attribute.name] = "a number that can be read for"
    for (product_id, name), canonical_values in gold.canonical.items():
        for value, canonical in zip(
            gold.accepted_values[product_id, name], canonical_values, strict=True
        ):
            if canonical == "" and name in expectations:
                text = (
                    f"'{value}' is not {expectations[name]} '{name}' (product {product_id}):"
                    " every answer will count as wrong"
                )
                yield Notice("gold_off_list", text, groups=((ALL, name),))
