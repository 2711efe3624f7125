"""Sheets that a person fills in: one row per cell, what the models said, the product's text, and an empty `value`.

Both `attrx gold sample` and the review queue write them, and `--gold` reads them back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..configs.settings import ABSENT_LABEL, Settings
from ..ensemble.arrays import ABSENT, IntArray
from ..ensemble.deciding import DecidedAttribute
from ..ensemble.votes import BucketVotes
from ..extraction.inputs.spreadsheet import spreadsheet_safe
from .files import open_rows

FIXED = ("product_id", "attribute", "value", "current")


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
    """

    product_id: str
    attribute: str
    current: str
    says: tuple[str, ...]
    text: Mapping[str, str]


def sheet_rows(bucket: BucketVotes, decided: DecidedAttribute, places: IntArray) -> list[SheetRow]:
    """Rows for some cells of one attribute in one bucket.

    Args:
        bucket: The bucket.
        decided: What was decided on the attribute.
        places: Which of its cells.
    """
    votes = decided.votes
    rows = votes.rows[places]
    ids = bucket.products.column("product_id").take(rows).to_pylist()
    fields = bucket.products.column("fields").take(rows).to_pylist()
    values = decided.value.take(places).to_pylist()
    return [
        SheetRow(
            product_id=ids[at],
            attribute=votes.attribute.name,
            current=ABSENT_LABEL if decided.decisions.code[place] == ABSENT else values[at] or "",
            says=tuple(
                _said(bucket, decided, place, model) for model in range(votes.codes.shape[1])
            ),
            text={field["name"]: field["text"] for field in fields[at]},
        )
        for at, place in enumerate(places.tolist())
    ]


def write_sheet(
    path: Path,
    rows: Iterable[SheetRow],
    settings: Settings,
    extra: Sequence[str],
    cells: Iterable[Sequence[str]],
) -> None:
    """Write a sheet, whole or not at all.

    Args:
        path: The file.
        rows: The cells to be labelled.
        settings: The configuration; names the models and the text columns.
        extra: Names of further columns.
        cells: Their cells, for each row.
    """
    taken = {*FIXED, *extra}
    text = [f"{name} (input)" if name in taken else name for name in settings.input.text]
    header = [*FIXED, *(f"{model.name} says" for model in settings.models), *text, *extra]
    with open_rows(path, [spreadsheet_safe(name) for name in header]) as writer:
        for row, more in zip(rows, cells, strict=True):
            fields = [row.text.get(name, "") for name in settings.input.text]
            shown = (row.attribute, "", row.current, *row.says, *fields, *more)
            writer.writerow([row.product_id, *map(spreadsheet_safe, shown)])


def _said(bucket: BucketVotes, decided: DecidedAttribute, place: int, model: int) -> str:
    votes = decided.votes
    if votes.codes[place, model] < ABSENT or votes.spelling[place, model] < 0:
        return ABSENT_LABEL if votes.codes[place, model] == ABSENT else ""
    spelling: str = bucket.spellings[int(votes.spelling[place, model])].as_py()
    return spelling
