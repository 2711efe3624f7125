"""Gold files: cells whose true value is known (docs/design.md#gold)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ...configs.errors import InputError
from ...configs.normalization import bare_form, lookup_form
from ...configs.notices import Notice
from ...configs.settings import InputSettings, Settings
from ...ensemble.gold.labels import Gold
from ...ensemble.groups import ALL
from ...prompts.reading.absence import is_absent
from ...prompts.reading.vocabulary import Vocabulary
from .spreadsheet import from_spreadsheet
from .tables import open_table

COLUMNS = ("product_id", "attribute", "value")
_EXPECTED = f"A gold file has the columns {', '.join(COLUMNS)}, and perhaps weight."


def read_labels(path: Path, settings: Settings) -> Gold:
    """Read a gold file that something is to be learned from or measured by: at least one cell of it is labelled.

    Raises:
        InputError: As `read_gold`, and where no cell is labelled yet.
    """
    gold = read_gold(path, settings)
    if gold.nothing:
        raise InputError(f"{path}: {gold.nothing}")
    return gold


def read_gold(path: Path, settings: Settings) -> Gold:
    """Read a gold file: columns product_id, attribute, value, and perhaps weight; any format of a products file.

    Several rows of one cell are alternatives, n/a among them; a blank value is not labelled.
    Separator and encoding are found out, since spreadsheets save what the country they run in has.

    Raises:
        InputError: The file or a column is missing, a row is broken, or a weight is not a positive
            number.
    """
    vocabularies = {attribute.name: Vocabulary(attribute) for attribute in settings.attributes}
    gold = Gold()
    for number, (product_id, attribute, value, weight) in enumerate(_rows(path), 1):
        cell, said = (product_id.strip(), attribute.strip()), from_spreadsheet(value).strip()
        if not any((*cell, said)):
            continue  # spreadsheets save rows that were emptied
        if cell[1] not in vocabularies:
            gold.unknown_attributes[cell[1]] += 1
        elif said:
            text = None if _says_absent(said, settings, cell[1]) else said
            canonical = None if text is None else vocabularies[cell[1]].read(text).value or ""
            gold.accepted.setdefault(cell, []).append(text)
            gold.canonical.setdefault(cell, []).append(canonical)
            gold.weight[cell] = _weight(weight, f"{path}: row {number}")
        else:
            gold.blank.add(cell)
    return gold


def off_the_list(gold: Gold, settings: Settings) -> Iterator[Notice]:
    """Gold values that no answer can equal, in words."""
    readers = {a.name: Vocabulary(a) for a in settings.attributes if a.closed or a.type == "number"}
    for (product, name), values in gold.accepted.items():
        for value in values:
            if value is not None and name in readers and readers[name].read(value).value is None:
                what = (
                    "on the list of"
                    if settings.attribute(name).closed
                    else "a number that can be read for"
                )
                text = (
                    f"'{value}' is not {what} '{name}' (product {product}): every answer will count"
                    " as wrong"
                )
                yield Notice("gold_off_list", text, groups=((ALL, name),))


def _rows(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Product id, attribute, value and weight, blank where there is no such column."""
    try:
        table = open_table(path, InputSettings(id=COLUMNS[0], text=COLUMNS[1:]))
        for name in COLUMNS:
            if name not in table.columns:
                raise InputError(
                    f"{path}: no column '{name}'; found: {', '.join(table.columns)}", hint=_EXPECTED
                )
        first, second, third = (table.index(name, "gold") for name in COLUMNS)
        weight = table.index("weight", "gold") if "weight" in table.columns else None
        for row in table.rows:
            yield row[first], row[second], row[third], "" if weight is None else row[weight]
    except InputError as error:
        raise InputError(error.message, hint=_about_gold(error.hint)) from error


def _about_gold(hint: str) -> str:
    """The hint on a products file as it holds for gold, of which the config says nothing."""
    if "input.encoding" in hint:
        return "Save it as UTF-8."
    return _EXPECTED if "per product" in hint else hint


def _says_absent(value: str, settings: Settings, attribute: str) -> bool:
    """Whether a gold value is n/a; a value that is on the attribute's list never is."""
    section = settings.attribute(attribute)
    return value not in section.values and is_absent(
        bare_form(lookup_form(value)), listed=section.closed
    )


def _weight(text: str, where: str) -> float:
    try:
        weight = float(text) if text.strip() else 1.0
    except ValueError:
        weight = -1.0
    if not 0 < weight < float("inf"):
        raise InputError(f"{where}: weight '{text}' is not a positive number")
    return weight
