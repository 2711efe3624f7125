"""Sheets that a person fills in, one row per cell.

Each row has what the models said, the product's text, and an empty `value`. `attrx gold sample` and
the review queue write them, and `--gold` reads them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..configs.settings import ABSENT_LABEL, Settings
from ..ensemble.arrays import ABSENT, IntArray
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.votes import BucketVotes
from ..extraction.inputs.gold_restoring import CONFIRMATION
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from .csv_format import STANDARD, CsvFormat
from .files import open_rows

WORKBOOK = ".xlsx"
ADDED_SUFFIX = " (added)"
FIRST_COLUMNS = ("product_id", "attribute", "value", "current")


@dataclass(frozen=True)
class SheetRow:
    """One cell to be labelled.

    Attributes:
        product_id: The product.
        attribute: The attribute.
        current: The value decided now, `n/a` where it is absent, empty where there is none.
        says: What each model says, as it spelt it; empty where it gave no usable answer.
        text: The product's text, by the name of its column; empty for products that were imported
            without.
        value: What a person has filled in already, a number with a point before its decimals.
        further: Column that a person added -> what stands in it.
    """

    product_id: str
    attribute: str
    current: str
    says: tuple[str, ...]
    text: Mapping[str, str]
    value: str = ""
    further: tuple[tuple[str, str], ...] = ()


def sheet_rows(
    bucket: BucketVotes, attribute: DecidedAttribute, places: IntArray
) -> list[SheetRow]:
    """Rows for some cells of one attribute in one bucket.

    Args:
        bucket: The bucket.
        attribute: What was decided on the attribute.
        places: Which of its cells.
    """
    votes = attribute.votes
    products = bucket.products.take(votes.rows[places])
    ids = products.column("product_id").to_pylist()
    fields = products.column("fields").to_pylist()
    values = attribute.value.take(places).to_pylist()
    rows = []
    for place, product_id, texts, value in zip(places.tolist(), ids, fields, values, strict=True):
        is_absent = attribute.decisions.code[place] == ABSENT
        rows.append(
            SheetRow(
                product_id=product_id,
                attribute=votes.attribute.name,
                current=ABSENT_LABEL if is_absent else value or "",
                says=_spellings_of_models(bucket, attribute, place),
                text={text["name"]: text["text"] for text in texts},
            )
        )
    return rows


def _spellings_of_models(
    bucket: BucketVotes, attribute: DecidedAttribute, place: int
) -> tuple[str, ...]:
    codes = attribute.votes.codes[place].tolist()
    spellings = attribute.votes.spelling[place].tolist()
    says = []
    for code, spelling in zip(codes, spellings, strict=True):
        if code >= ABSENT and spelling >= 0:
            says.append(bucket.spellings[spelling].as_py())
        else:
            says.append(ABSENT_LABEL if code == ABSENT else "")
    return tuple(says)


def write_sheet(
    path: Path,
    rows: Sequence[SheetRow],
    settings: Settings,
    extra_columns: Sequence[str],
    extra_cells: Iterable[Sequence[str]],
    csv_format: CsvFormat = STANDARD,
) -> None:
    """Write a sheet, whole or not at all: a workbook where the file's name ends so, else CSV.

    Args:
        path: The file.
        rows: The cells to be labelled.
        settings: The configuration; names the models and the text columns.
        extra_columns: Names of further columns.
        extra_cells: Their cells, for each row.
        csv_format: How the input is written, which a sheet in CSV follows.
    """
    header = sheet_header(settings, extra_columns)
    text_headers = [_header_of_text(name, extra_columns) for name in settings.input.text]
    further_columns = _further_columns(rows)
    for name in further_columns:
        free_name = _free_name(name, header)
        header.append(free_name)
    if path.suffix.lower() == WORKBOOK:
        # openpyxl takes a moment to import
        from .sheet_workbook import WorkbookSheet, write_workbook  # noqa: PLC0415

        cells = _rows_of_texts(rows, settings, extra_cells, STANDARD, further_columns)
        choices = _choices(settings)
        write_workbook(path, WorkbookSheet(header, frozenset(text_headers), choices, cells))
        return
    csv_format = csv_format.for_sheets
    with open_rows(path, list(map(spreadsheet_safe, header)), csv_format) as writer:
        texts_of_rows = _rows_of_texts(rows, settings, extra_cells, csv_format, further_columns)
        for product_id, *texts in texts_of_rows:
            safe_texts = map(spreadsheet_safe, texts)
            writer.writerow([product_id, *safe_texts])


def sheet_header(settings: Settings, extra_columns: Sequence[str]) -> list[str]:
    """The columns of a sheet, without those that a person added."""
    header = [*FIRST_COLUMNS]
    for model in settings.models:
        name = model_header(model.name)
        header.append(name)
    for column in settings.input.text:
        name = _header_of_text(column, extra_columns)
        header.append(name)
    header += extra_columns
    return header


def _further_columns(rows: Iterable[SheetRow]) -> list[str]:
    """The columns that a person added, in the order in which they come."""
    columns: dict[str, None] = {}
    for row in rows:
        for name, _ in row.further:
            columns[name] = None
    return list(columns)


def _free_name(name: str, header: Sequence[str]) -> str:
    """The name of a person's column where attrx has one of that name by now."""
    while name in header:
        name += ADDED_SUFFIX
    return name


def _rows_of_texts(
    rows: Iterable[SheetRow],
    settings: Settings,
    extra_cells: Iterable[Sequence[str]],
    csv_format: CsvFormat,
    further_columns: Sequence[str],
) -> Iterator[list[str]]:
    """The rows of a sheet under its header."""
    numbers = {each.name for each in settings.attributes if each.type == "number"}
    for row, extra in zip(rows, extra_cells, strict=True):
        value = row.value
        current = row.current
        if row.attribute in numbers:
            value = csv_format.number(value)
            current = csv_format.number(current)
        texts = [row.product_id, row.attribute, value, current]
        says_nothing = [""] * len(settings.models)
        texts += row.says or says_nothing
        for name in settings.input.text:
            text = row.text.get(name, "")
            texts.append(text)
        texts += map(csv_format.number_of, extra)
        text_of_column = dict(row.further)
        for name in further_columns:
            text = text_of_column.get(name, "")
            texts.append(text)
        yield texts


def _choices(settings: Settings) -> dict[str, list[str]]:
    """Closed attribute -> what a person may fill in."""
    choices = {}
    for attribute in settings.attributes:
        if attribute.closed:
            values = [*attribute.values, ABSENT_LABEL]
            if CONFIRMATION not in values:
                values.insert(0, CONFIRMATION)
            choices[attribute.name] = list(dict.fromkeys(values))
    return choices


def _header_of_text(name: str, extra_columns: Sequence[str]) -> str:
    """Name of a text's column: another one where the sheet has a column of that name."""
    if name in FIRST_COLUMNS or name in extra_columns:
        return text_header(name)
    return name


def model_header(model: str) -> str:
    """Name of the column of what a model says."""
    return f"{model} says"


def text_header(name: str) -> str:
    """Name of a text's column where the sheet has a column of the text's own."""
    return f"{name} (input)"
