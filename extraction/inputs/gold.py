"""Gold files: cells whose true value is known (docs/design.md#gold)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...configs.errors import InputError
from ...configs.languages import DecimalSign
from ...configs.normalization import bare_form, lookup_form
from ...configs.notices import Notice
from ...configs.settings import Settings
from ...configs.wording import quantity
from ...ensemble.gold.labels import Gold
from ...ensemble.groups import ALL
from ...prompts.asking.demonstrations import demonstrated_products
from ...prompts.reading.absence import is_absent
from ...prompts.reading.vocabulary import Vocabulary
from ..cache.gold_draws import find_draw, read_draws
from .gold_restoring import ValueRestorer, with_known_attributes, with_known_ids
from .gold_sheet import GoldRow, GoldSheet, read_gold_sheet
from .gold_weights import weigh

_DATE = re.compile(
    r"\d{4}-\d\d-\d\d|\d{1,2}[-. ]{1,2}[^\W\d_]{3,4}\.?|[^\W\d_]{3,4}\.?[- ]\d{2}"
    r"|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
)
"""What spreadsheets make of texts such as 1/2 and 10-12, for a hint."""
MOST_OFF_LIST = 5
"""Gold values off the list that are warned of one by one."""


def read_labels(path: Path, settings: Settings, decimal_sign: DecimalSign = "point") -> Gold:
    """Read a gold file that something is to be learned from or measured by.

    Raises:
        InputError: As `read_gold`, and where no cell is labelled yet.
    """
    gold = read_gold(path, settings, decimal_sign)
    if gold.why_empty:
        raise InputError(f"{path}: {gold.why_empty}")
    return gold


def read_gold(path: Path, settings: Settings, decimal_sign: DecimalSign = "point") -> Gold:
    """Read a gold file: columns product_id, attribute, value, and perhaps weight.

    Any format of a products file will do. Several rows of one cell are alternatives, n/a among
    them; a blank value is not labelled. Separator and encoding are found out, since spreadsheets
    save what the country they run in has; ids that one took for numbers are restored, and weights
    of cells that were drawn are those of the draw.

    Raises:
        CacheError: The cache is broken.
        InputError: The file or a column is missing, a row is broken, or a weight is not a positive
            number.
    """
    sheet = read_gold_sheet(path)
    gold = Gold()
    vocabularies = {}
    vocabularies_with_point = {}
    for attribute in settings.attributes:
        vocabularies[attribute.name] = Vocabulary(attribute, decimal_sign)
        vocabularies_with_point[attribute.name] = Vocabulary(attribute)
    rows = []
    for row in with_known_attributes(sheet.rows, settings):
        if row.attribute in vocabularies:
            rows.append(row)
        else:
            gold.unknown_attributes[row.attribute] += 1
    draws = read_draws(settings.paths.cache)
    rows = list(with_known_ids(rows, draws, settings, gold))
    draw = find_draw(draws, {row.cell: row.current or "" for row in rows})
    restorer = ValueRestorer(sheet, draw, settings, gold)
    labelled_rows = []
    for row in rows:
        vocabulary = vocabularies[row.attribute]
        value = restorer.restore(row, vocabulary)
        if value:
            label = replace(row, value=value)
            if _has_point_of_ours(row, value, sheet):
                vocabulary = vocabularies_with_point[row.attribute]
            _add_label(gold, label, vocabulary, settings)
            labelled_rows.append(label)
        else:
            gold.blank.add(row.cell)
    restorer.report()
    weigh(gold, sheet, labelled_rows, draw)
    _leave_out_shown(gold, settings)
    return gold


def _leave_out_shown(gold: Gold, settings: Settings) -> None:
    """Leave out the cells of products that the prompt shows: no label may do both."""
    if settings.prompt.demonstrations is None:
        return
    shown_products = demonstrated_products(settings.prompt.demonstrations)
    shown_cells = [cell for cell in gold.accepted_values if cell[0] in shown_products]
    for cell in shown_cells:
        for cells in (gold.accepted_values, gold.canonical, gold.weight):
            cells.pop(cell, None)
    if shown_cells:
        text = (
            f"{quantity(len(shown_cells), 'cell')} of products that the prompt shows to the models"
            " were left out: what they say of these is what they were told"
        )
        gold.sheet_notices.append(Notice("gold_shown", text))


def _has_point_of_ours(row: GoldRow, value: str, sheet: GoldSheet) -> bool:
    """Whether a number has its decimals behind a point, as attrx writes it, in any language."""
    return value != row.value or (sheet.is_ours and "," not in value)


def _add_label(gold: Gold, row: GoldRow, vocabulary: Vocabulary, settings: Settings) -> None:
    """Add a value that is right for a cell, as written and as the vocabulary reads it."""
    value: str | None = None
    canonical: str | None = None
    if not _is_absent(row.value, settings, row.attribute):
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
                    f" every answer will count as wrong{_about_date(value)}"
                )
                yield Notice("gold_off_list", text, groups=((ALL, name),))


def unreachable_notices(gold: Gold, settings: Settings) -> Iterator[Notice]:
    """Warnings of gold values that no answer can equal: of the first few, and how many more."""
    notices = list(off_the_list(gold, settings))
    for notice in notices[:MOST_OFF_LIST]:
        yield replace(notice, text=f"gold: {notice.text}")
    more = len(notices) - MOST_OFF_LIST
    if more > 0:
        text = f"gold: {more} more values that no answer can equal; `attrx gold check` names them"
        yield Notice("gold_off_list", text)


def _about_date(value: str | None) -> str:
    is_date = _DATE.fullmatch(value or "") is not None
    return "; a spreadsheet may have made a date of another text" if is_date else ""
