"""What a spreadsheet changed in a gold file, read as it was before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from ...configs.normalization import lookup_form, name_key
from ...configs.notices import Notice
from ...configs.settings import Settings
from ...configs.wording import quantity
from ...ensemble.gold.labels import Gold
from ...prompts.reading.vocabulary import Vocabulary
from ..cache.answers_cache import AnswersCache
from ..cache.gold_draws import Draw
from .gold_sheet import GoldRow, GoldSheet, with_decimal_point
from .spreadsheet_ids import restore_ids

CONFIRMATION = "ok"
"""In the column `value`: what was proposed is right."""
BOOLEANS = {
    "true": ("true", "wahr", "vrai", "prawda", "verdadero", "vero", "verdadeiro", "waar", "sant"),
    "false": ("false", "falsch", "faux", "fałsz", "falso", "onwaar", "falskt"),
}
"""What spreadsheets make of a typed `true` and `false`, by country."""


def with_known_attributes(rows: Iterable[GoldRow], settings: Settings) -> Iterator[GoldRow]:
    """The rows, with attributes spelt as the config has them."""
    names = {attribute.name for attribute in settings.attributes}
    name_by_key = {name_key(name): name for name in names}
    for row in rows:
        name = row.attribute
        if name not in names:
            name = name_by_key.get(name_key(name), name)
        yield replace(row, attribute=name)


def with_known_ids(
    rows: Sequence[GoldRow], draws: Iterable[Draw], settings: Settings, gold: Gold
) -> Iterator[GoldRow]:
    """The rows, with the ids that a spreadsheet took for numbers as the cache has them.

    Args:
        rows: The rows.
        draws: What was drawn; no other id is looked for where all are in there.
        settings: Names the cache.
        gold: Told which ids were restored.
    """
    unknown_ids = {row.product_id for row in rows}
    for product_id, _ in chain.from_iterable(draws):
        unknown_ids.discard(product_id)
    cached_ids = list(_cached_ids(settings)) if unknown_ids else []
    restored_ids = restore_ids(unknown_ids.difference(cached_ids), cached_ids)
    if restored_ids:
        one_id = min(restored_ids)
        gold.remarks.append(
            f"{quantity(len(restored_ids), 'product id')} became numbers in a spreadsheet, such as"
            f" '{one_id}', which is read as '{restored_ids[one_id]}'"
        )
    for row in rows:
        yield replace(row, product_id=restored_ids.get(row.product_id, row.product_id))


def _cached_ids(settings: Settings) -> Iterator[str]:
    cache = AnswersCache(settings.paths.cache)
    if not cache.exists:
        return
    for bucket in range(cache.buckets):
        yield from cache.product_ids(bucket)


@dataclass
class ValueRestorer:
    """Reads the column `value` of a sheet.

    Attributes:
        sheet: The sheet.
        draw: What is known of cells of it that were drawn.
        settings: The configuration.
        gold: Told what may be wrong.
    """

    sheet: GoldSheet
    draw: Draw
    settings: Settings
    gold: Gold
    _empty_confirmations: int = 0
    _has_decimal_commas: bool = field(init=False)

    def __post_init__(self) -> None:
        self._has_decimal_commas = self.sheet.has_decimal_commas
        if not self._has_decimal_commas:
            self._has_decimal_commas = any(map(self._has_comma, self.sheet.rows))

    def _has_comma(self, row: GoldRow) -> bool:
        """Whether the proposed number was one with a point when it was drawn."""
        drawn_cell = self.draw.get(row.cell)
        if drawn_cell is None or row.current is None or "," not in row.current:
            return False
        return with_decimal_point(row.current) == drawn_cell.current

    def restore(self, row: GoldRow, vocabulary: Vocabulary) -> str:
        """The value as the person meant it; empty where the row says none."""
        if self._is_confirmation(row, vocabulary):
            return self._proposed_value(row)
        attribute = self.settings.attribute(row.attribute)
        value = row.value
        if attribute.type == "number" and self._has_decimal_commas:
            return with_decimal_point(value)
        if attribute.closed and vocabulary.read(value).value is None:
            for english, spellings in BOOLEANS.items():
                is_listed = vocabulary.read(english).value is not None
                if is_listed and lookup_form(value) in spellings:
                    return english
        return value

    def _is_confirmation(self, row: GoldRow, vocabulary: Vocabulary) -> bool:
        if row.current is None or row.value.casefold() != CONFIRMATION:
            return False
        is_listed = vocabulary.closed and vocabulary.read(row.value).value is not None
        return not is_listed

    def _proposed_value(self, row: GoldRow) -> str:
        drawn_cell = self.draw.get(row.cell)
        value = drawn_cell.current if drawn_cell else ""
        if not value:
            value = row.current or ""
            attribute = self.settings.attribute(row.attribute)
            if attribute.type == "number" and self._has_decimal_commas:
                value = with_decimal_point(value)
        if not value:
            self._empty_confirmations += 1
        return value

    def report(self) -> None:
        """Say what could not be read, once all rows have been."""
        if self._empty_confirmations:
            cells = quantity(self._empty_confirmations, "cell")
            text = f"{cells} marked '{CONFIRMATION}' where no value was proposed: not labelled"
            self.gold.sheet_notices.append(Notice("gold_unproposed", text))
